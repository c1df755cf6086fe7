package trace

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

// replaced explains a value that an entry of replacements wrote: the place to
// edit is the source; the target is related. Where values are copied in a circle
// the place is that of the one which was written as it is; until that is found
// the answer is none.
func (t *Tracer) replaced(o *object, path manifest.Path, by *mark, value any) manifest.Blame {
	if slices.Contains(t.copies, by) {
		return manifest.Blame{}
	}
	t.copies = append(t.copies, by)
	defer func() { t.copies = t.copies[:len(t.copies)-1] }()
	related := []manifest.Related{{Message: "copied by this replacement", Pos: by.pos()}}
	origin, root := t.origin(o)
	node := aligned(root, o.fields, path)
	if node != nil {
		related = append(related, manifest.Related{Message: "rewrites this value", Pos: origin.at(node)})
	}
	item := by.doc.replacement(by.node)
	if node, ok := plan.Lookup(item, "sourceValue"); ok {
		return blame(by.doc.at(node), related...)
	}
	source, ok := plan.Lookup(item, "source")
	if !ok {
		return blame(by.pos())
	}
	if _, ok := plan.Lookup(source, "fieldPath"); !ok {
		related = append(related, manifest.Related{Message: "as no fieldPath is said here, the name is copied", Pos: by.doc.holder(source)})
	}
	found, ok := t.copied(source, value)
	switch {
	case ok && found.Pos.File != "":
		found.Related = append(related, found.Related...)
		return found
	case ok && node != nil && says(node, value):
		return blame(origin.at(node), related[:1]...)
	case ok && len(t.copies) > 1:
		return manifest.Blame{}
	}
	if node, ok := plan.Lookup(source, "fieldPath"); ok {
		return blame(by.doc.at(node), related...)
	}
	return blame(by.doc.holder(source), related...)
}

// replacement is the entry of replacements that a node is in.
func (d *document) replacement(node *yaml.Node) *yaml.Node {
	for node != nil && get(node, "targets") == nil {
		node = d.ancestor(node, 1)
	}
	return node
}

// fromReplacement explains a value that has no place for the mark of a
// replacement, such as an item of a list: it gives each entry another source and
// sees whether the value changes.
func (t *Tracer) fromReplacement(o *object, path manifest.Path, value any) (manifest.Blame, bool) {
	for _, made := range t.trace.marks.all {
		if made.kind == unmarked && writes(made.node.Value, o, path) && t.depends(o, path, made.doc.in, made.twin) {
			return t.replaced(o, path, made, value), true
		}
	}
	return manifest.Blame{}, false
}

// writes says whether a fieldPath leads to the field at path of an object.
func writes(fieldPath string, o *object, path manifest.Path) bool {
	steps := kyaml.SmarterPathSplitter(fieldPath, ".")
	for i, step := range steps {
		if i < len(path) && (step == "*" || step == "-") {
			steps[i] = path[i]
		}
	}
	leads, ok := follow(o.fields, steps)
	return ok && slices.Equal(leads, path)
}

// sourceIn is the path of the source of a replacement in an object, if the
// source is that object.
func (t *Tracer) sourceIn(o *object, source *yaml.Node) (manifest.Path, bool) {
	if o == nil || source == nil || !t.selected(o, source) {
		return nil, false
	}
	field := scalar(source, "fieldPath")
	if field == "" {
		field = nameField
	}
	return follow(o.fields, kyaml.SmarterPathSplitter(field, "."))
}

// copied says who wrote the source of a replacement, if that is still what
// the replacement copied.
func (t *Tracer) copied(source *yaml.Node, value any) (manifest.Blame, bool) {
	for _, other := range t.objects {
		path, ok := t.sourceIn(other, source)
		if !ok {
			continue
		}
		if under := t.trace.shadowAt(other.node, path); under != nil && says(under.node, value) {
			return blame(under.pos()), true
		}
		if made := t.maker(other); made != nil && path.String() == "metadata.name" && scalar(made.node, "name") == show(value) {
			name, _ := plan.Lookup(made.node, "name")
			return blame(made.doc.at(name)), true
		}
		from, _ := manifest.Lookup(other.fields, path...)
		text := show(from)
		if isScalar(from) && (text == show(value) || partOf(text, show(value), source)) {
			return t.scalar(other, path, from), true
		}
	}
	return manifest.Blame{}, false
}

// selected says whether a source names an object, by its name now or by the
// one it was written with.
func (t *Tracer) selected(o *object, source *yaml.Node) bool {
	name, kind := scalar(source, "name"), scalar(source, "kind")
	if kind != "" && kind != textAt(o.fields, "kind") {
		return false
	}
	if name == "" || name == textAt(o.fields, "metadata", "name") {
		return true
	}
	under := t.trace.shadowAt(o.node, manifest.Path{"metadata", "name"})
	made := t.maker(o)
	return under != nil && under.node.Value == name || made != nil && scalar(made.node, "name") == name
}

// partOf says whether a value was made with a delimiter and holds a part of
// the text.
func partOf(text, value string, source *yaml.Node) bool {
	options, _ := plan.Lookup(source, "options")
	delimiter := scalar(options, "delimiter")
	if delimiter == "" {
		return strings.Contains(value, text)
	}
	for _, part := range strings.Split(text, delimiter) {
		if strings.Contains(value, part) {
			return true
		}
	}
	return false
}

// follow turns the steps of a fieldPath into a path of an object.
func follow(fields any, steps []string) (manifest.Path, bool) {
	var path manifest.Path
	for _, step := range steps {
		list, isList := fields.([]any)
		if key, want, ok := strings.Cut(strings.Trim(step, "[]"), "="); isList && ok {
			for i, item := range list {
				if found, _ := manifest.Lookup(item, key); found != nil && show(found) == want {
					step = itoa(i)
				}
			}
		}
		next, ok := manifest.Lookup(fields, step)
		if !ok {
			return nil, false
		}
		path, fields = append(path, step), next
	}
	return path, true
}
