package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// entries goes through every field of a kustomization that can hold a path,
// plans what it leads to and takes out what must not be followed.
func (p *Plan) entries(kust *Kust, stack []string) error {
	for _, field := range []string{"resources", "bases", "components"} {
		use := use{component: field == "components"}
		err := keep(kust.Fields, field, func(entry *yaml.Node) (bool, error) {
			return p.resource(kust, entry, use, stack)
		})
		if err != nil {
			return err
		}
	}
	for _, field := range []string{"generators", "transformers", "validators"} {
		err := keep(kust.Fields, field, func(entry *yaml.Node) (bool, error) {
			return p.plugin(kust, entry, stack)
		})
		if err != nil {
			return err
		}
	}
	refuseHelm(p, kust)
	return p.files(entryList{kust: kust, at: func(n *yaml.Node) manifest.Pos { return p.At(kust.File, n) }}, kust.Fields)
}

// resource plans an entry of resources, bases or components.
func (p *Plan) resource(kust *Kust, entry *yaml.Node, use use, stack []string) (bool, error) {
	if entry.Kind != yaml.ScalarNode {
		return true, nil
	}
	resolved, kind, problem, err := p.confine(kust.Dir, entry.Value)
	if err != nil {
		return false, err
	}
	switch {
	case problem != "":
	case kind == source.Dir:
		problem, err = p.visit(resolved, use, stack)
		if child := p.byDir[resolved]; child != nil && problem == "" {
			kust.takes(child)
		}
	case use.component:
		problem = fmt.Sprintf("%q is a file: a component is a directory", entry.Value)
	default:
		problem, err = p.loadFor(kust, resolved, entry.Value, true)
	}
	if err != nil {
		return false, err
	}
	if problem != "" && problem != known {
		p.Problems = append(p.Problems, manifest.Problem{Pos: p.At(kust.File, entry), Message: problem, Related: p.kindOf(p.byDir[resolved], use)})
	}
	entry.Value = local(entry.Value)
	return problem == "", nil
}

// kindOf leads to what a kustomization says that it is, where it is used as
// something else.
func (p *Plan) kindOf(kust *Kust, use use) []manifest.Related {
	if kust == nil || kust.Component == use.component {
		return nil
	}
	if kind, ok := Lookup(kust.Fields, "kind"); ok {
		return []manifest.Related{{Message: fmt.Sprintf("its kind is %s", kind.Value), Pos: p.At(kust.File, kind)}}
	}
	return []manifest.Related{{Message: "it says no kind", Pos: p.At(kust.File, kust.Fields)}}
}

// loadFor loads a file that kust names. A file that is over a limit is
// reported at its own line.
func (p *Plan) loadFor(kust *Kust, resolved, text string, asYAML bool) (problem string, err error) {
	if !below(resolved, kust.Dir) {
		return fmt.Sprintf("%q lies outside the directory of this kustomization, and kustomize reads files only in or below it", text), nil
	}
	_, over, err := p.load(resolved, asYAML)
	if err != nil || over == nil {
		return "", err
	}
	if over.Pos.Line == 0 {
		return fmt.Sprintf("%q: %s", text, over.Message), nil
	}
	return fmt.Sprintf("%q, line %d: %s", text, over.Pos.Line, over.Message), nil
}

// refuseHelm takes out charts: to inflate one is to download it and to run a
// process.
func refuseHelm(p *Plan, kust *Kust) {
	for _, field := range []string{"helmCharts", "helmChartInflationGenerator", "helmGlobals"} {
		value, ok := Lookup(kust.Fields, field)
		if !ok {
			continue
		}
		places := Items(kust.Fields, field)
		if len(places) == 0 {
			places = []*yaml.Node{value}
		}
		for _, place := range places {
			p.report(p.At(kust.File, place), "a Helm chart is not built: it takes a download and a process")
		}
		remove(kust.Fields, field)
	}
}

// entryList is a place where fields that name files are written.
type entryList struct {
	kust *Kust // relative to whose directory
	at   func(*yaml.Node) manifest.Pos
}

// files plans the fields that name a file and nothing else. fields is a
// kustomization or the configuration of a builtin plugin, which has the same
// fields.
func (p *Plan) files(list entryList, fields *yaml.Node) error {
	for _, field := range []string{"crds", "configurations", "patchesStrategicMerge", "paths"} {
		holds := yamlFile
		if field == "patchesStrategicMerge" || field == "paths" {
			holds = yamlFileOrText
		}
		err := keep(fields, field, func(entry *yaml.Node) (bool, error) {
			return p.file(list, entry, entry.Value, holds)
		})
		if err != nil {
			return err
		}
	}
	for _, field := range []string{"patches", "patchesJson6902", "replacements"} {
		err := keep(fields, field, func(item *yaml.Node) (bool, error) {
			if text, ok := Lookup(item, "patch"); ok && !p.text(list, text) {
				return false, nil
			}
			entry, ok := Lookup(item, "path")
			if !ok || entry.Value == "" {
				return true, nil
			}
			return p.file(list, entry, entry.Value, yamlFile)
		})
		if err != nil {
			return err
		}
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, generator := range Items(fields, field) {
			if err := p.dataFiles(list, generator); err != nil {
				return err
			}
		}
	}
	schema, ok := Lookup(fields, "openapi")
	if !ok {
		return nil
	}
	p.OwnSchema = true
	return p.fileField(list, schema, "path", yamlFile)
}

// dataFiles plans the files a ConfigMap or Secret is generated from.
func (p *Plan) dataFiles(list entryList, generator *yaml.Node) error {
	for _, field := range []string{"files", "envs"} {
		err := keep(generator, field, func(entry *yaml.Node) (bool, error) {
			return p.dataFile(list, entry)
		})
		if err != nil {
			return err
		}
	}
	return p.fileField(list, generator, "env", dataFile)
}

// dataFile plans path or key=path.
func (p *Plan) dataFile(list entryList, entry *yaml.Node) (bool, error) {
	key, text, ok := strings.Cut(entry.Value, "=")
	if !ok || remote.MatchString(entry.Value) {
		key, text = "", entry.Value
	}
	pathOnly := *entry
	keep, err := p.file(list, &pathOnly, text, dataFile)
	if key != "" {
		pathOnly.Value = key + "=" + pathOnly.Value
	}
	entry.Value = pathOnly.Value
	return keep, err
}

// fileField plans a field of a mapping that names a file, and takes it out
// if it cannot stay.
func (p *Plan) fileField(list entryList, mapping *yaml.Node, field string, holds content) error {
	entry, ok := Lookup(mapping, field)
	if !ok || entry.Value == "" {
		return nil
	}
	keep, err := p.file(list, entry, entry.Value, holds)
	if !keep {
		remove(mapping, field)
	}
	return err
}

// content is what an entry leads to.
type content int

const (
	dataFile       content = iota // any bytes
	yamlFile                      // what kustomize parses
	yamlFileOrText                // the same, or its text in the place of a path
)

// file plans one entry that names a file. It says whether the entry can stay,
// and reports why not.
func (p *Plan) file(list entryList, entry *yaml.Node, text string, holds content) (bool, error) {
	if entry.Kind != yaml.ScalarNode {
		return true, nil
	}
	if holds == yamlFileOrText && IsInline(text) {
		return p.text(list, entry), nil
	}
	resolved, kind, problem, err := p.confine(list.kust.Dir, text)
	if err != nil {
		return false, err
	}
	switch {
	case problem != "":
	case kind == source.Dir:
		problem = fmt.Sprintf("%q is a directory", text)
	default:
		problem, err = p.loadFor(list.kust, resolved, text, holds != dataFile)
	}
	if err != nil {
		return false, err
	}
	if problem != "" {
		p.report(list.at(entry), problem)
		return false, nil
	}
	if entry.Value = local(text); entry.Value != text {
		p.rewrote++
	}
	return true, nil
}

// text says whether YAML in a scalar is within the limits, and reports it if
// it is not.
func (p *Plan) text(list entryList, scalar *yaml.Node) bool {
	line, problem := overLimit([]byte(scalar.Value))
	if problem != "" {
		p.report(list.at(scalar), fmt.Sprintf("line %d of this text: %s", line, problem))
	}
	return problem == ""
}

// IsInline tells YAML text from a path.
func IsInline(text string) bool {
	if !strings.ContainsAny(text, "\n:{[") {
		return false
	}
	var doc yaml.Node
	return yaml.Unmarshal([]byte(text), &doc) == nil && len(doc.Content) == 1 && doc.Content[0].Kind != yaml.ScalarNode
}

// keep drops the items of a list for which stays is false.
func keep(mapping *yaml.Node, field string, stays func(*yaml.Node) (bool, error)) error {
	value, ok := Lookup(mapping, field)
	if !ok || value.Kind != yaml.SequenceNode {
		return nil
	}
	var failed error
	value.Content = slices.DeleteFunc(value.Content, func(item *yaml.Node) bool {
		if failed != nil {
			return false
		}
		ok, err := stays(item)
		failed = err
		return !ok
	})
	return failed
}

// remove takes a field out of a mapping.
func remove(mapping *yaml.Node, field string) {
	for i := len(mapping.Content) - 2; i >= 0; i -= 2 {
		if strings.EqualFold(mapping.Content[i].Value, field) {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
		}
	}
}
