package trace

import (
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// operations is a JSON 6902 patch whose operations write, beside each value,
// where it was written. mirrored says whether those that only move or remove
// do so for the marks as well.
func (t *trace) operations(doc *document, list *yaml.Node, mirrored bool) *yaml.Node {
	twin := *list
	twin.Content = nil
	for _, op := range list.Content {
		twin.Content = append(twin.Content, t.operation(doc, op, mirrored)...)
	}
	return &twin
}

// operation is what stands for one operation in the trace build.
func (t *trace) operation(doc *document, op *yaml.Node, mirrored bool) []*yaml.Node {
	name, path := scalar(op, "op"), scalar(op, "path")
	cut := strings.LastIndexByte(path, '/')
	if cut < 0 {
		return []*yaml.Node{op}
	}
	parent, last := path[:cut], path[cut+1:]
	switch name {
	case "test":
		return nil // it would see the marks
	case "add", "replace":
		return t.write(doc, op, parent, last, mirrored)
	case "remove":
		if mirrored && isItem(last) && t.shapes.lists[shapePath(parent)] {
			return []*yaml.Node{op, opNode("remove", parent+suffix+"/"+last)}
		}
	case "move", "copy":
		from := scalar(op, "from")
		if mirrored && !isItem(last) && t.shapes.scalars[shapePath(from)] && !strings.HasSuffix(shapePath(from), "#") {
			return []*yaml.Node{op, opNode(name, path+suffix, text("from"), text(from+suffix))}
		}
	}
	return []*yaml.Node{op}
}

// write is an operation that writes a value, with the marks of that value.
func (t *trace) write(doc *document, op *yaml.Node, parent, last string, mirrored bool) []*yaml.Node {
	value, ok := plan.Lookup(op, "value")
	if !ok {
		return []*yaml.Node{op}
	}
	twinValue := t.shadowed(doc, value, written)
	twin := *op
	twin.Content = append([]*yaml.Node(nil), op.Content...)
	for i := 1; i < len(twin.Content); i += 2 {
		if twin.Content[i] == value {
			twin.Content[i] = twinValue
		}
	}
	result := []*yaml.Node{&twin}
	if isItem(last) {
		if mirrored && value.Kind == yaml.ScalarNode && t.shapes.lists[shapePath(parent)] {
			made := t.marks.add(mark{kind: written, doc: doc, node: value, twin: twinValue})
			result = append(result, opNode(scalar(op, "op"), parent+suffix+"/"+last, text("value"), text(made.text())))
		}
		return result
	}
	if shadow := t.shadow(doc, value, twinValue, written); shadow != nil {
		result = append(result, opNode("add", parent+"/"+last+suffix, text("value"), shadow))
	}
	return result
}

func opNode(name, path string, more ...*yaml.Node) *yaml.Node {
	return fields(append([]*yaml.Node{text("op"), text(name), text("path"), text(path)}, more...)...)
}

// learnOperations adds the shapes of the values a patch writes.
func (s shapes) learnOperations(list *yaml.Node) {
	for _, op := range list.Content {
		if value, ok := plan.Lookup(op, "value"); ok {
			s.learn(value, shapePath(scalar(op, "path")))
		}
	}
}

// scalar is the text of a field, "" if it has none.
func scalar(mapping *yaml.Node, field string) string {
	if value, ok := plan.Lookup(mapping, field); ok && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}
