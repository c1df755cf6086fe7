package trace

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

// replacements adds, to every entry, those that write its mark beside each
// field the entry writes.
func (k *kustomization) replacements() {
	list, ok := plan.Lookup(k.kust.Fields, "replacements")
	if !ok || list.Kind != yaml.SequenceNode {
		return
	}
	var content []*yaml.Node
	for _, item := range list.Content {
		if entry, ok := plan.Lookup(item, "path"); ok {
			k.replacementFile(entry)
			content = append(content, k.twins[item])
			continue
		}
		content = append(content, k.withShadows(k.doc, item)...)
	}
	k.twins[list].Content = content
}

// replacementFile marks the replacements of a file, which holds one or a
// list.
func (k *kustomization) replacementFile(entry *yaml.Node) {
	file, ok := k.plan.Input(k.kust, entry.Value)
	docs := plan.Documents(k.plan.Files[file])
	if !ok || len(docs) != 1 || k.parsed[file] != nil {
		return
	}
	k.parsed[file] = docs
	made := &marked{file: file}
	doc := newDocument(docs[0], func(node *yaml.Node) manifest.Pos { return k.plan.At(file, node) })
	doc.in = made
	items := docs
	if docs[0].Kind == yaml.SequenceNode {
		items = docs[0].Content
	}
	all := list()
	for _, item := range items {
		k.twin(item)
		all.Content = append(all.Content, k.withShadows(doc, item)...)
	}
	made.docs = []*yaml.Node{all}
	k.texts = append(k.texts, made)
}

// withShadows is an entry among those that write its marks, one target and
// field at a time. The mark of a name comes before the entry: an object may be
// selected by the name that it loses.
func (k *kustomization) withShadows(doc *document, item *yaml.Node) []*yaml.Node {
	var before, after []*yaml.Node
	for _, target := range plan.Items(item, "targets") {
		for _, to := range writtenBy(target) {
			shadow := k.shadowTarget(doc, item, target, to)
			switch {
			case shadow == nil:
			case to.path == nameField:
				before = append(before, shadow)
			default:
				after = append(after, shadow)
			}
		}
	}
	return slices.Concat(before, []*yaml.Node{k.twins[item]}, after)
}

// field is one that a target of a replacement writes, and where that is said.
type field struct {
	path string
	node *yaml.Node
}

// nameField is what a replacement reads and writes where no path is said.
const nameField = "metadata.name"

func writtenBy(target *yaml.Node) []field {
	var all []field
	for _, path := range plan.Items(target, "fieldPaths") {
		all = append(all, field{path.Value, path})
	}
	if len(all) > 0 {
		return all
	}
	if empty, ok := plan.Lookup(target, "fieldPaths"); ok {
		return []field{{nameField, empty}}
	}
	return []field{{nameField, target}}
}

// shadowTarget writes the mark of one field of a target. One that is an item of
// a list has no place for it: nil.
func (k *kustomization) shadowTarget(doc *document, item, target *yaml.Node, to field) *yaml.Node {
	path, ok := besides(to.path)
	if !ok {
		k.marks.add(mark{kind: unmarked, doc: doc, node: to.node, twin: k.twins[item]})
		return nil
	}
	made := k.marks.add(mark{kind: replacement, doc: doc, node: to.node})
	shadow := fields(text("fieldPaths"), list(text(path)),
		text("options"), fields(text("create"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}))
	for _, field := range []string{"select", "reject"} {
		if value, ok := plan.Lookup(target, field); ok {
			shadow.Content = append(shadow.Content, text(field), value)
		}
	}
	return fields(text("sourceValue"), text(made.text()), text("targets"), list(shadow))
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

// besides is the fieldPath of the mark of a fieldPath. One that ends with an
// item of a list has none.
func besides(path string) (string, bool) {
	steps := kyaml.SmarterPathSplitter(path, ".")
	last := steps[len(steps)-1]
	if isItem(last) || last == "*" || strings.Contains(last, "=") && strings.HasPrefix(last, "[") {
		return "", false
	}
	if key, ok := strings.CutSuffix(path, "]"); ok {
		return key + suffix + "]", true
	}
	return path + suffix, true
}
