package trace

import (
	"maps"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// depends finds out by experiment whether the value at path comes from a node
// of a marked text: it changes the node and builds again.
func (t *Tracer) depends(o *object, path manifest.Path, in *marked, node *yaml.Node) bool {
	if in == nil || node == nil {
		return false
	}
	others, ok := t.trace.changed[node]
	if !ok {
		others = t.trace.rerun(in, node)
		t.trace.changed[node] = others
	}
	other := counterpart(t.trace.objects, o.index, others)
	now, then := walk(o.node, path), walk(other, path)
	return now != nil && then != nil && now.Value != then.Value
}

// rerun is the objects with one node changed, none if that cannot be built.
func (t *trace) rerun(in *marked, node *yaml.Node) []*yaml.Node {
	files := maps.Clone(t.files)
	was := *node
	change(node)
	err := in.rewrite(files)
	*node = was
	if err != nil {
		return nil
	}
	objects, err := t.runWith(files)
	if restored := in.rewrite(maps.Clone(t.files)); restored != nil || err != nil {
		return nil
	}
	return objects
}

// rewrite writes a text and what holds it.
func (m *marked) rewrite(files map[string][]byte) error {
	if err := m.write(files); err != nil || m.host == nil {
		return err
	}
	return m.host.rewrite(files)
}

// change makes a value another one of the same type, and a replacement one with
// a value of its own for its source.
func change(node *yaml.Node) {
	if node.Kind == yaml.MappingNode {
		drop(node, "source", "sourceValue")
		node.Content = append(node.Content, text("sourceValue"), text("another"))
		return
	}
	node.Value, node.Style = otherThan(node.Value), 0
}

// otherThan is a value of the same type as the one text stands for.
func otherThan(text string) string {
	if number, err := strconv.Atoi(text); err == nil {
		return itoa(number + 1)
	}
	switch text {
	case "true":
		return "false"
	case "false":
		return "true"
	}
	return text + "q"
}

func itoa(number int) string { return strconv.Itoa(number) }

// maxExperiments bounds the builds spent on one value.
const maxExperiments = 60

// search tries the scalars of all kustomizations that the value could be made
// of.
func (t *Tracer) search(o *object, path manifest.Path, value any) (manifest.Blame, bool) {
	tried := 0
	for _, made := range t.trace.marks.all {
		if made.kind != candidate || made.node.Value == "" || !strings.Contains(plain(show(value)), made.node.Value) {
			continue
		}
		if tried++; tried > maxExperiments {
			break
		}
		if t.depends(o, path, made.doc.in, made.twin) {
			return blame(made.pos()), true
		}
	}
	return manifest.Blame{}, false
}
