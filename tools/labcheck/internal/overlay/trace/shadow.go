package trace

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// role is what a document is there for.
type role int

const (
	whole role = iota // it says all there is
	patch             // it is merged into an object
)

// shadowed is a copy of a node of doc in which every field has a second one
// beside it that says where it was written. Merges, patches and copies carry
// both along.
func (t *trace) shadowed(doc *document, node *yaml.Node, kind markKind) *yaml.Node {
	return t.shadowedIn(doc, node, kind, "")
}

// shadowedIn is shadowed for an item of the list in this field.
func (t *trace) shadowedIn(doc *document, node *yaml.Node, kind markKind, list string) *yaml.Node {
	twin := *node
	twin.Content = nil
	field := list
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 {
			field = node.Content[i-1].Value
		}
		twin.Content = append(twin.Content, t.shadowedIn(doc, child, kind, field))
	}
	if node.Kind != yaml.MappingNode {
		return &twin
	}
	if doc.role == whole && isObject(node) {
		note := t.marks.add(mark{kind: written, doc: doc, node: node}).text()
		twin.Content = append(twin.Content, text(objectField), text(note))
		if kind := get(node, "kind").Value; kind == "ConfigMap" || kind == "Secret" {
			annotate(get(&twin, "metadata"), text(documentNote+note))
		}
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if key.Kind != yaml.ScalarNode || isDirective(key.Value) || doc.identifies(node, key.Value) {
			continue
		}
		if shadow := t.shadow(doc, node.Content[i+1], twin.Content[i+1], kind); shadow != nil {
			twin.Content = append(twin.Content, text(key.Value+doc.suffix(node, key.Value, list)), shadow)
		}
	}
	return &twin
}

// isDirective says whether a field tells how to merge and is no part of the
// object.
func isDirective(key string) bool {
	return key == "$patch" || strings.HasPrefix(key, "$setElementOrder/") || strings.HasPrefix(key, "$deleteFromPrimitiveList/") || key == "$retainKeys"
}

// objectField holds the mark of the document an object was made from.
const objectField = "__labcheckobject"

// documentNote begins an annotation that says the same: of an object that is
// merged into a generated one, only labels, annotations and data stay.
const documentNote = "labcheck.document/"

// annotate adds an annotation to a mapping that may have some.
func annotate(mapping, note *yaml.Node) {
	if mapping.Kind != yaml.MappingNode {
		return
	}
	if annotations := get(mapping, "annotations"); annotations != nil && annotations.Kind == yaml.MappingNode {
		annotations.Content = append(annotations.Content, note, text(""))
		return
	}
	mapping.Content = append(mapping.Content, text("annotations"), fields(note, text("")))
}

func isObject(node *yaml.Node) bool {
	return get(node, "apiVersion") != nil && get(node, "kind") != nil && get(node, "metadata") != nil
}

// identifies says whether a field of a patch only names the object to patch.
func (d *document) identifies(node *yaml.Node, key string) bool {
	if d.role == whole {
		return false
	}
	if node == d.root {
		return key == "apiVersion" || key == "kind" && !d.changesKind
	}
	above := d.parents[node]
	return above.parent == d.root && above.key.Value == "metadata" && (key == "name" && !d.changesName || key == "namespace")
}

// suffix is what the field for the mark of key is called. A key by which an
// item of a patch is merged names the item first of all: it counts as written
// there only if nobody else wrote it.
func (d *document) suffix(node *yaml.Node, key, list string) string {
	if above := d.parents[node]; d.role == patch && above.parent != nil && above.parent.Kind == yaml.SequenceNode && key == plan.MergeKey(list, node) {
		return keySuffix
	}
	return suffix
}

// get is the value of a field of a mapping, nil if it has none.
func get(mapping *yaml.Node, field string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == field {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// shadow is what stands beside a value: its mark, or the marks of its items.
// It is nil for what is known from the fields inside.
func (t *trace) shadow(doc *document, node, twin *yaml.Node, kind markKind) *yaml.Node {
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null" && doc.role == patch:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	case node.Kind == yaml.ScalarNode, node.Kind == yaml.MappingNode && len(node.Content) == 0:
		return text(t.marks.add(mark{kind: kind, doc: doc, node: node, twin: twin}).text())
	case node.Kind == yaml.SequenceNode && !onlyMappings(node):
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i, item := range node.Content {
			shadow := t.shadow(doc, item, twin.Content[i], kind)
			if shadow == nil {
				shadow = text("")
			}
			list.Content = append(list.Content, shadow)
		}
		return list
	}
	return nil
}

// onlyMappings says whether the items of a list know for themselves where
// they were written.
func onlyMappings(list *yaml.Node) bool {
	for _, item := range list.Content {
		if item.Kind != yaml.MappingNode {
			return false
		}
	}
	return len(list.Content) > 0
}

func text(value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: value}
}

func fields(pairs ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: pairs}
}

// shapes knows, by paths without the numbers of items, what all documents
// together hold: operations name places without saying what is there.
type shapes struct{ scalars, lists map[string]bool }

// learn adds the shape of node, which is written at path.
func (s shapes) learn(node *yaml.Node, path string) {
	switch node.Kind {
	case yaml.ScalarNode:
		s.scalars[path] = true
	case yaml.SequenceNode:
		if len(node.Content) > 0 && !onlyMappings(node) {
			s.lists[path] = true
		}
		for _, item := range node.Content {
			s.learn(item, path+"/#")
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			s.learn(node.Content[i+1], path+"/"+escapePointer(node.Content[i].Value))
		}
	}
}

// shapePath is a JSON pointer without the numbers of items.
func shapePath(pointer string) string {
	steps := strings.Split(pointer, "/")
	for i, step := range steps {
		if isItem(step) {
			steps[i] = "#"
		}
	}
	return strings.Join(steps, "/")
}

// isItem says whether a step of a JSON pointer is the number of an item.
func isItem(step string) bool {
	_, err := strconv.ParseUint(step, 10, 31)
	return err == nil || step == "-"
}

func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
