package trace

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// A Tracer knows who wrote the fields of the objects of one overlay. It makes
// its trace when it is first asked, and is safe for concurrent use.
type Tracer struct {
	plan  *plan.Plan
	built []map[string]any

	mu      sync.Mutex
	made    bool
	trace   *trace // nil if there can be none
	objects []*object
	copies  []*mark // the replacements whose sources are being followed
}

// object is one object, as it was built and as it was traced.
type object struct {
	fields map[string]any
	node   *yaml.Node
	index  int // among the traced objects
}

// New prepares a trace of the objects that were built from p.
func New(p *plan.Plan, built []map[string]any) *Tracer {
	return &Tracer{plan: p, built: built}
}

// Locate says where the field at path of an object was last written, or else
// its nearest ancestor. A scalar is located at its value, a mapping or list at
// its key, an item of a list at its first token. Where nothing is known the
// position is the kustomization without a line.
func (t *Tracer) Locate(number int, path manifest.Path) manifest.Blame {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.made {
		t.made = true
		if trace, err := build(t.plan); err == nil {
			t.trace, t.objects = trace, pair(t.built, trace.objects)
		}
	}
	if t.trace == nil || t.objects[number] == nil {
		return t.unknown("this overlay could not be traced")
	}
	return t.blame(t.objects[number], path)
}

func (t *Tracer) unknown(why string) manifest.Blame {
	file := manifest.Pos{File: t.plan.Kusts[0].File}
	return manifest.Blame{Pos: file, Related: []manifest.Related{{Message: "somewhere from here: " + why, Pos: file}}}
}

// blame finds the deepest field on the way to path that is there.
func (t *Tracer) blame(o *object, path manifest.Path) manifest.Blame {
	for n := len(path); ; n-- {
		value, ok := manifest.Lookup(o.fields, path[:n]...)
		if !ok {
			continue
		}
		if isScalar(value) {
			return t.scalar(o, path[:n], value)
		}
		if pos, ok := t.holder(o, path[:n]); ok && n < len(path) {
			return blame(pos, t.otherHolders(o, path[:n], pos)...)
		} else if ok {
			return blame(pos)
		}
		if n == 0 {
			return t.unknown("nobody is known to have written this object")
		}
	}
}

func isScalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// scalar says who wrote a value.
func (t *Tracer) scalar(o *object, path manifest.Path, value any) manifest.Blame {
	under := t.trace.shadowAt(o.node, path)
	if over := t.trace.rewriter(o.node, path); over != nil {
		return blame(over.pos(), before(under)...)
	}
	if under != nil {
		switch {
		case under.kind == replacement:
			return t.replaced(o, path, under, value)
		case under.kind == entry:
			return generated(under)
		case says(under.node, value) && !t.namespaced(o, path):
			return blame(under.pos())
		}
	}
	if found, ok := t.rewritten(o, path, value, under); ok {
		return found
	}
	// A label or annotation that is a list or a mapping kustomize makes an empty text.
	if origin, root := t.origin(o); value == "" && origin != nil {
		if node := aligned(root, o.fields, path); node != nil && node.Kind != yaml.ScalarNode {
			return blame(origin.at(node))
		}
	}
	return t.unknown("which field wrote this is not known")
}

func blame(pos manifest.Pos, related ...manifest.Related) manifest.Blame {
	return manifest.Blame{Pos: pos, Related: related}
}

// before relates the value that was there before it was rewritten.
func before(under *mark) []manifest.Related {
	if under == nil {
		return nil
	}
	return []manifest.Related{{Message: "rewrites this value", Pos: under.pos()}}
}

// generated is the blame for a key of a generated ConfigMap or Secret.
func generated(by *mark) manifest.Blame {
	if by.file.File == "" {
		return blame(by.pos())
	}
	return blame(by.pos(), manifest.Related{Message: "read by this entry", Pos: by.doc.at(by.node)})
}

// shadowAt is the mark that stands beside the value at path.
func (t *trace) shadowAt(root *yaml.Node, path manifest.Path) *mark {
	if len(path) == 0 {
		return nil
	}
	last := path[len(path)-1]
	parent := walk(root, path[:len(path)-1])
	if parent == nil {
		return nil
	}
	if parent.Kind == yaml.SequenceNode {
		return t.shadowOfItem(root, path)
	}
	for _, suffix := range []string{suffix, keySuffix} {
		if shadow := get(parent, last+suffix); shadow != nil && shadow.Kind == yaml.ScalarNode {
			return t.marks.inEncoded(shadow.Value)
		}
	}
	if path[0] == "binaryData" && len(path) == 2 {
		if shadow := get(get(root, "data"), last+suffix); shadow != nil {
			return t.marks.inEncoded(shadow.Value)
		}
	}
	return nil
}

// shadowOfItem is the mark of an item of a list, which stands at the same
// place in the list of marks. Where lists were merged their marks were not:
// then the item is looked up in the documents that wrote those.
func (t *trace) shadowOfItem(root *yaml.Node, path manifest.Path) *mark {
	at := len(path) - 1
	for at > 0 && walk(root, path[:at]).Kind == yaml.SequenceNode {
		at--
	}
	list, shadows := walk(root, path[:at+1]), get(walk(root, path[:at]), path[at]+suffix)
	for _, step := range path[at+1:] {
		number, err := strconv.Atoi(step)
		if shadows == nil || err != nil || number >= len(list.Content) {
			return nil
		}
		if len(shadows.Content) != len(list.Content) {
			return t.merged(root, shadows, path[:at+1], list.Content[number])
		}
		list, shadows = list.Content[number], shadows.Content[number]
	}
	return t.marks.in(shadows.Value)
}

// merged is the mark of an item that a list was merged from: the one with its
// value, in the document of one of these marks or in that of the object.
func (t *trace) merged(root, shadows *yaml.Node, path manifest.Path, item *yaml.Node) *mark {
	docs := map[*document]bool{}
	for _, shadow := range shadows.Content {
		if found := t.marks.in(shadow.Value); found != nil {
			docs[found.doc] = true
		}
	}
	if origin := t.marks.in(nodeText(root, objectField)); origin != nil {
		docs[origin.doc] = true
	}
	var found *mark
	for _, made := range t.marks.all {
		if made.kind == written && docs[made.doc] && made.node.Value == item.Value && slices.Equal(made.doc.path(made.node), path) {
			found = made
		}
	}
	return found
}

// rewriter is the mark that an entry of images or replicas left in the value
// itself.
func (t *trace) rewriter(root *yaml.Node, path manifest.Path) *mark {
	node := walk(root, path)
	if node == nil || node.Kind != yaml.ScalarNode {
		return nil
	}
	if found := t.marks.in(node.Value); found != nil && found.kind == image {
		return found
	}
	return t.marks.counted(node.Value)
}

// walk follows a path through nodes.
func walk(node *yaml.Node, path manifest.Path) *yaml.Node {
	for _, step := range path {
		switch {
		case node == nil:
			return nil
		case node.Kind == yaml.SequenceNode:
			number, err := strconv.Atoi(step)
			if err != nil || number < 0 || number >= len(node.Content) {
				return nil
			}
			node = node.Content[number]
		default:
			node = get(node, step)
		}
	}
	return node
}

// says tells whether a node says a value.
func says(node *yaml.Node, value any) bool {
	text := show(value)
	if node.Value == text {
		return true
	}
	var decoded any
	if node.Kind != yaml.ScalarNode || node.Decode(&decoded) != nil {
		return false
	}
	if _, ok := value.(string); ok {
		return false
	}
	return show(decoded) == text
}

// show is a value as one would write it.
func show(value any) string {
	if value == nil {
		return "null"
	}
	if float, ok := value.(float64); ok {
		return strconv.FormatFloat(float, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}

// plain is the text of a value of a Secret.
func plain(text string) string {
	if decoded, err := base64.StdEncoding.DecodeString(text); err == nil {
		return string(decoded)
	}
	return text
}
