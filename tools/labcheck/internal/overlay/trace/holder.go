package trace

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// holder says where a mapping or list is written. Several documents may have
// written parts of it: the one that made the object goes first.
func (t *Tracer) holder(o *object, path manifest.Path) (manifest.Pos, bool) {
	origin, root := t.origin(o)
	if len(path) == 0 && origin != nil {
		return origin.at(root), true
	}
	value, _ := manifest.Lookup(o.fields, path...)
	var first *yaml.Node
	var in *document
	for _, below := range leaves(value, nil) {
		doc, node := t.above(o, path, below)
		if node == nil {
			continue
		}
		if doc == origin {
			return doc.holder(node), true
		}
		if first == nil {
			first, in = node, doc
		}
	}
	if origin != nil {
		if node := aligned(root, o.fields, path); node != nil {
			return origin.holder(node), true
		}
	}
	if first != nil {
		return in.holder(first), true
	}
	if empty := t.trace.shadowAt(o.node, path); empty != nil && empty.kind != replacement {
		return empty.doc.holder(empty.node), true
	}
	if made := t.maker(o); made != nil && len(path) <= 1 {
		if source := onlySource(made.node); source != nil && slices.Equal(path, manifest.Path{"data"}) {
			return made.doc.holder(source), true
		}
		return made.pos(), true
	}
	return manifest.Pos{}, false
}

// onlySource is the list of a generator's entry that all its data comes from,
// nil if there are several.
func onlySource(item *yaml.Node) *yaml.Node {
	var found *yaml.Node
	for _, field := range []string{"literals", "files", "envs"} {
		list := get(item, field)
		if list != nil && found != nil {
			return nil
		}
		found = cmp.Or(found, list)
	}
	return found
}

// otherHolders are the other documents that wrote a part of the mapping or list
// at path: what is missing there may be missing in one of them.
func (t *Tracer) otherHolders(o *object, path manifest.Path, pos manifest.Pos) []manifest.Related {
	var found []manifest.Related
	value, _ := manifest.Lookup(o.fields, path...)
	for _, below := range leaves(value, nil) {
		doc, node := t.above(o, path, below)
		if node == nil {
			continue
		}
		other := manifest.Related{Message: "a part of it is written here", Pos: doc.holder(node)}
		if other.Pos != pos && !slices.Contains(found, other) {
			found = append(found, other)
		}
	}
	return found
}

// origin is the document that made an object, and the mapping in it that
// did; nil if a generator made the object.
func (t *Tracer) origin(o *object) (*document, *yaml.Node) {
	for _, note := range append([]string{nodeText(o.node, objectField)}, notesOf(o.node, documentNote)...) {
		if found := t.trace.marks.in(note); found != nil {
			return found.doc, found.node
		}
	}
	return nil, nil
}

// maxLeaves bounds how many values are asked where their mapping is.
const maxLeaves = 200

// leaves are paths to scalars below a value, in the order of their keys.
func leaves(value any, at manifest.Path) []manifest.Path {
	var found []manifest.Path
	add := func(step string, child any) {
		if len(found) < maxLeaves {
			found = append(found, leaves(child, append(at[:len(at):len(at)], step))...)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			add(key, value[key])
		}
	case []any:
		for i, item := range value {
			add(strconv.Itoa(i), item)
		}
	default:
		return []manifest.Path{at}
	}
	if len(found) == 0 && len(at) > 0 {
		return []manifest.Path{at} // an empty mapping has a mark of its own
	}
	return found
}

// above is the mapping or list at path in the document that wrote the value
// below it, if that document wrote it too.
func (t *Tracer) above(o *object, path, below manifest.Path) (*document, *yaml.Node) {
	full := append(path[:len(path):len(path)], below...)
	found := t.trace.shadowAt(o.node, full)
	if found == nil || found.kind == setting && len(below) > 1 || found.kind != setting && found.kind != written {
		return nil, nil
	}
	node := found.node
	for i := len(below) - 1; i >= 0; i-- {
		above, ok := found.doc.parents[node]
		if !ok || above.key != nil && above.key.Value != below[i] {
			return nil, nil
		}
		node = above.parent
	}
	if above, ok := found.doc.parents[node]; !ok && node != found.doc.root || ok && !fits(found, above, path) {
		return nil, nil
	}
	return found.doc, node
}

// fits says whether a node that is written as above says can be the one at
// path. What operations and settings write has a name of theirs.
func fits(found *mark, above place, path manifest.Path) bool {
	if above.key == nil || found.kind == setting || found.doc.root.Kind == yaml.SequenceNode {
		return true
	}
	return len(path) > 0 && above.key.Value == path[len(path)-1]
}

// itemKeys are the fields by which an item of a list is known, in the order
// in which they are tried.
var itemKeys = []string{"name", "containerPort", "mountPath", "devicePath", "port", "ip", "topologyKey", "key", "type", "kind"}

// aligned is the node of a document at the path of an object, nil if it is not
// there. Items of lists are found by their keys, scalars by their value, the
// only item is the only one, and one in as long a list may stand at its place.
func aligned(node *yaml.Node, value any, path manifest.Path) *yaml.Node {
	for _, step := range path {
		next, ok := manifest.Lookup(value, step)
		if !ok {
			return nil
		}
		if list, isList := value.([]any); !isList {
			node = get(node, step)
		} else if len(list) == 1 && node.Kind == yaml.SequenceNode && len(node.Content) == 1 {
			node = node.Content[0]
		} else if found := alignedItem(node, next); found != nil {
			node = found
		} else {
			node = itemAt(node, len(list), step, next)
		}
		if node == nil {
			return nil
		}
		value = next
	}
	return node
}

// itemAt is the item at a place of a list that has length items, if it has the
// fields of item.
func itemAt(list *yaml.Node, length int, place string, item any) *yaml.Node {
	at, err := strconv.Atoi(place)
	fields, _ := item.(map[string]any)
	if err != nil || fields == nil || list.Kind != yaml.SequenceNode || len(list.Content) != length || 2*len(fields) != len(list.Content[at].Content) {
		return nil
	}
	for key := range fields {
		if get(list.Content[at], key) == nil {
			return nil
		}
	}
	return list.Content[at]
}

func alignedItem(list *yaml.Node, item any) *yaml.Node {
	if list.Kind != yaml.SequenceNode {
		return nil
	}
	fields, _ := item.(map[string]any)
	if fields == nil {
		return only(list, func(node *yaml.Node) bool { return isScalar(item) && says(node, item) })
	}
	for _, key := range itemKeys {
		value, ok := fields[key]
		found := only(list, func(node *yaml.Node) bool {
			other := get(node, key)
			return ok && other != nil && says(other, value)
		})
		if found != nil {
			return found
		}
	}
	return nil
}

// only is the one item of a list that fits, nil if none or several do.
func only(list *yaml.Node, fits func(*yaml.Node) bool) *yaml.Node {
	var found *yaml.Node
	for _, node := range list.Content {
		if !fits(node) {
			continue
		}
		if found != nil {
			return nil
		}
		found = node
	}
	return found
}
