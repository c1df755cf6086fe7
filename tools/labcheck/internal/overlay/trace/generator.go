package trace

import (
	"bytes"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// generatorNote begins the annotation that names the generators an object
// went through; the rest is a mark.
const generatorNote = "labcheck.generator/"

// generators marks the entries of ConfigMap and Secret generators: for each
// key a second one that holds its mark.
func (k *kustomization) generators() {
	if value, ok := plan.Lookup(k.kust.Fields, "generatorOptions"); ok {
		k.options(k.doc, value)
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, item := range plan.Items(k.kust.Fields, field) {
			if item.Kind == yaml.MappingNode {
				k.generator(k.doc, item)
			}
		}
	}
}

func (k *kustomization) generator(doc *document, item *yaml.Node) {
	twin := k.twins[item]
	literals := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	if own, ok := plan.Lookup(twin, "literals"); ok && own.Kind == yaml.SequenceNode {
		literals.Content = append(literals.Content, own.Content...)
	}
	entries := k.entries(doc, item)
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		literals.Content = append(literals.Content, text(key+suffix+"="+entries[key].text()))
	}
	drop(twin, "literals")
	twin.Content = append(twin.Content, text("literals"), literals)

	note := text(generatorNote + k.marks.add(mark{kind: generator, doc: doc, node: item}).text())
	if options, ok := plan.Lookup(item, "options"); ok && options.Kind == yaml.MappingNode {
		k.options(doc, options)
		annotate(k.twins[options], note)
		return
	}
	twin.Content = append(twin.Content, text("options"), fields(text("annotations"), fields(note, text(""))))
}

// options marks the labels and annotations of generated objects.
func (k *kustomization) options(doc *document, options *yaml.Node) {
	for _, field := range []string{"labels", "annotations"} {
		if value, ok := plan.Lookup(options, field); ok {
			k.shadowPairs(doc, value)
		}
	}
}

// entries are the keys a generator writes, each with its mark.
func (k *kustomization) entries(doc *document, item *yaml.Node) map[string]*mark {
	entries := map[string]*mark{}
	for _, literal := range plan.Items(item, "literals") {
		if key, _, ok := strings.Cut(literal.Value, "="); ok {
			entries[key] = k.marks.add(mark{kind: entry, doc: k.literal(doc, literal, key), node: literal, twin: k.twins[literal]})
		}
	}
	for _, source := range plan.Items(item, "files") {
		key, name, ok := strings.Cut(source.Value, "=")
		if !ok {
			key, name = path.Base(source.Value), source.Value
		}
		if file, ok := k.plan.Input(k.kust, name); ok {
			entries[key] = k.marks.add(mark{kind: entry, doc: doc, node: source, file: manifest.Pos{File: file, Line: 1, Column: 1}})
		}
	}
	envs := plan.Items(item, "envs")
	if env, ok := plan.Lookup(item, "env"); ok {
		envs = append(envs[:len(envs):len(envs)], env)
	}
	for _, source := range envs {
		if file, ok := k.plan.Input(k.kust, source.Value); ok {
			k.envLines(doc, entries, source, file)
		}
	}
	return entries
}

// literal is a document whose only node begins after key= in a literal.
func (k *kustomization) literal(doc *document, literal *yaml.Node, key string) *document {
	at := func(*yaml.Node) manifest.Pos { return doc.at(literal) }
	if doc == k.doc {
		in := plan.Inline{File: k.kust.File, Data: k.plan.Files[k.kust.File], Outer: literal}
		at = func(*yaml.Node) manifest.Pos { return in.At(&yaml.Node{Line: 1, Column: len([]rune(key)) + 2}) }
	}
	return &document{root: literal, in: doc.in, at: at}
}

// envLines marks the lines of an env file.
func (k *kustomization) envLines(doc *document, entries map[string]*mark, source *yaml.Node, file string) {
	for i, line := range bytes.Split(k.plan.Files[file], []byte("\n")) {
		trimmed := bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
		if len(trimmed) == 0 || trimmed[0] == '#' {
			continue
		}
		key, _, _ := bytes.Cut(trimmed, []byte("="))
		column := 1
		if at := bytes.IndexByte(line, '='); at >= 0 {
			column = at + 2
		}
		entries[string(key)] = k.marks.add(mark{
			kind: entry, doc: doc, node: source,
			file: manifest.Pos{File: file, Line: i + 1, Column: column},
		})
	}
}
