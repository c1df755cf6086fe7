package dead

import (
	"fmt"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// patches collects the entries of a field that holds patches.
func (c *collector) patches(field string) {
	for _, item := range c.items(field) {
		entry, outer := item, item // patchesStrategicMerge has paths and texts as they are
		if item.Kind == yaml.MappingNode {
			entry, _ = plan.Lookup(item, "path")
			outer, _ = plan.Lookup(item, "patch")
		}
		whole := c.item(field, item, "this patch")
		switch {
		case outer != nil && outer.Kind == yaml.ScalarNode && (item != outer || plan.IsInline(outer.Value)):
			c.patch(whole, inlinePatch(c.plan, c.kust, outer))
		case entry != nil:
			whole.place = entry
			whole.what = fmt.Sprintf("patch %q", strings.TrimPrefix(entry.Value, "./"))
			c.patch(whole, patchFile(c.plan, c.kust, entry.Value))
		}
		if target, ok := plan.Lookup(item, "target"); ok && target.Kind == yaml.MappingNode {
			whole.aims = &aim{selector: target}
		}
		c.all = append(c.all, whole)
	}
}

// patch collects what a patch is made of: documents to merge, or operations.
func (c *collector) patch(whole *piece, text *text) {
	if text == nil {
		return
	}
	if len(text.docs) == 1 {
		whole.body = func() manifest.Pos { return text.at(text.docs[0]) }
	}
	for _, doc := range text.docs {
		switch {
		case doc.Kind == yaml.SequenceNode:
			whole.inner = append(whole.inner, operations(text, doc)...)
		case doc.Kind == yaml.MappingNode && len(text.docs) == 1:
			whole.inner = append(whole.inner, mergePieces(text, doc)...)
		case doc.Kind == yaml.MappingNode:
			one := &piece{text: text, node: doc, place: doc, what: "this document of the patch", inner: mergePieces(text, doc)}
			one.says, one.takes = sumOf(one.inner)
			whole.inner = append(whole.inner, one)
		}
		if textOf(doc, "$patch") == "delete" {
			whole.shows = func(d difference) bool { return d.gone[identityOf(doc)] > 0 }
		}
	}
	whole.says, whole.takes = sumOf(whole.inner)
}

// sumOf is what pieces say and take together.
func sumOf(pieces []*piece) (says []Value, takes []shape) {
	for _, p := range pieces {
		says, takes = append(says, p.says...), append(takes, p.takes...)
	}
	return says, takes
}

// operations are the pieces of a list of JSON 6902 operations. One that tests
// has no effect, which is what it is for.
func operations(text *text, list *yaml.Node) []*piece {
	var found []*piece
	for _, op := range list.Content {
		name, pointer := textOf(op, "op"), textOf(op, "path")
		if name == "test" {
			continue
		}
		p := &piece{text: text, from: list, node: op, place: op, what: fmt.Sprintf("operation %s %s", name, pointer)}
		at := pointed(pointer)
		if value, ok := plan.Lookup(op, "value"); ok && name != "remove" {
			p.says = leaves(value, at, "")
			if value.Kind == yaml.ScalarNode {
				p.place = value
			}
		}
		if name == "remove" {
			p.takes = []shape{at}
		}
		found = append(found, p)
	}
	return found
}

// pointed is the shape that a JSON pointer leads to.
func pointed(pointer string) shape {
	var to shape
	for _, step := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if selectedItem.MatchString(step) {
			step = "#"
		}
		to = to.then(strings.NewReplacer("~1", "/", "~0", "~").Replace(step))
	}
	return to
}

// mergePieces are the fields of a document to be merged, but for those that
// name the object.
func mergePieces(text *text, doc *yaml.Node) []*piece {
	var found []*piece
	for i := 0; i+1 < len(doc.Content); i += 2 {
		key, value := doc.Content[i], doc.Content[i+1]
		switch key.Value {
		case "apiVersion", "kind":
		case "metadata":
			for _, inner := range fieldPieces(text, value, shapeOf("metadata"), "") {
				if inner.key != "name" && inner.key != "namespace" {
					found = append(found, inner)
				}
			}
		default:
			found = append(found, fieldPiece(text, doc, key, value, "")...)
		}
	}
	return found
}

// fieldPieces are the fields of a mapping in a patch. list is the field of
// the list that the mapping is an item of, or "".
func fieldPieces(text *text, mapping *yaml.Node, at shape, list string) []*piece {
	var found []*piece
	for i := 0; mapping.Kind == yaml.MappingNode && i+1 < len(mapping.Content); i += 2 {
		if key := mapping.Content[i].Value; list == "" || !identifies(list, key, mapping) {
			found = append(found, fieldPiece(text, mapping, mapping.Content[i], mapping.Content[i+1], at)...)
		}
	}
	return found
}

// identifies says whether a field of an item tells it from others of its list.
func identifies(list, key string, item *yaml.Node) bool {
	return key == plan.MergeKey(list, item) || key == secondKey[list]
}

// secondKey is the other field by which items of these lists are told apart.
var secondKey = map[string]string{"ports": "protocol", "topologySpreadConstraints": "whenUnsatisfiable"}

// fieldPiece is a field of a patch; a directive of the merge is none by
// itself.
func fieldPiece(text *text, mapping, key, value *yaml.Node, above shape) []*piece {
	if strings.HasPrefix(key.Value, "$") {
		return nil
	}
	at := above.then(key.Value)
	p := &piece{text: text, from: mapping, node: value, place: value, key: key.Value, what: at.String() + " in this patch"}
	if value.Kind != yaml.ScalarNode {
		p.place = key
	}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		p.takes = []shape{at}
	case value.Kind == yaml.MappingNode:
		p.inner = fieldPieces(text, value, at, "")
	case value.Kind == yaml.SequenceNode:
		p.inner = itemPieces(text, value, key.Value, at)
	}
	p.says = leaves(value, at, key.Value)
	if textOf(value, "$patch") != "" {
		p.takes = append(p.takes, at)
	}
	for _, inner := range p.inner {
		p.takes = append(p.takes, inner.takes...)
	}
	return []*piece{p}
}

// itemPieces are the items of a list of mappings in a patch. Other lists are
// taken as a whole.
func itemPieces(text *text, list *yaml.Node, field string, at shape) []*piece {
	var found []*piece
	for _, item := range list.Content {
		if item.Kind != yaml.MappingNode {
			return nil
		}
		merged := plan.MergeKey(field, item)
		p := &piece{
			text: text, from: list, node: item, place: item, key: merged, list: field,
			what: fmt.Sprintf("item %s %q of %s in this patch", merged, textOf(item, merged), at),
			says: leaves(item, at.then("#"), field), inner: fieldPieces(text, item, at.then("#"), field),
		}
		if textOf(item, "$patch") != "" {
			p.takes = []shape{at.then("#")}
		}
		for _, inner := range p.inner {
			p.takes = append(p.takes, inner.takes...)
		}
		found = append(found, p)
	}
	return found
}

// leaves are the values that a node of a patch writes at a place. field is
// that of the node, or of the list that it is an item of.
func leaves(node *yaml.Node, at shape, field string) []Value {
	var all []Value
	switch {
	case node.Kind == yaml.SequenceNode && len(node.Content) > 0:
		for _, item := range node.Content {
			all = append(all, leaves(item, at.then("#"), field)...)
		}
	case node.Kind == yaml.MappingNode && len(node.Content) > 0:
		merged := ""
		if at.ends("#") {
			merged = plan.MergeKey(field, node)
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i].Value, node.Content[i+1]
			if !strings.HasPrefix(key, "$") && key != merged && value.Tag != "!!null" {
				all = append(all, leaves(value, at.then(key), key)...)
			}
		}
		if merged != "" {
			all = append(all, Value{at.then(merged), textOf(node, merged)})
		}
	case node.Tag != "!!null":
		all = append(all, Value{at, node.Value})
	}
	return all
}
