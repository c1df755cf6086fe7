package trace

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

// rewritten explains a value that is not what its mark says, or has no mark:
// a field of a kustomization rewrote it. under is the mark, if there is one.
func (t *Tracer) rewritten(o *object, path manifest.Path, value any, under *mark) (manifest.Blame, bool) {
	made := t.maker(o)
	if under == nil {
		under = t.inOrigin(o, path)
	}
	if node := t.affix(o, path, value, under); node != nil {
		return blame(node.pos(), append(before(under), t.named(made)...)...), true
	}
	if under == nil {
		if found, ok := t.buildMetadata(path); ok {
			return found, true
		}
		if made != nil {
			if found, ok := generatorField(made, path); ok {
				return found, true
			}
		}
	} else if found, ok := t.substituted(under); ok {
		return found, true
	} else if says(under.node, value) || t.depends(o, path, under.doc.in, under.twin) || isOwnHash(o, path, under) {
		return blame(under.pos(), t.renamed(o, path, value)...), true
	}
	if found, ok := t.fromReplacement(o, path); ok {
		return found, true
	}
	return t.search(o, path, value)
}

// affix is the entry of a kustomization or plugin that put a prefix, a suffix
// or a namespace into the value at path, the last one to do so; nil if none
// did.
func (t *Tracer) affix(o *object, path manifest.Path, value any, under *mark) *mark {
	var undecided []*mark
	for _, field := range affixes(o, path) {
		for _, made := range t.trace.marks.all {
			if made.kind != candidate || !made.fills(field) {
				continue
			}
			if t.depends(o, path, made.doc.in, made.twin) {
				return made
			}
			if t.trace.changed[made.twin] == nil && completes(field, made.node.Value, under, show(value)) {
				undecided = append(undecided, made)
			}
		}
	}
	if len(undecided) != 1 || under != nil && says(under.node, value) && !t.without(o, path, under) {
		return nil
	}
	return undecided[0]
}

// without says whether changing a place changes nothing at path, although the
// overlay can be built.
func (t *Tracer) without(o *object, path manifest.Path, place *mark) bool {
	return !t.depends(o, path, place.doc.in, place.twin) && t.trace.changed[place.twin] != nil
}

// completes says whether a prefix, suffix or namespace is what a value has
// more than what was written under it. It decides where no experiment can be
// made, because a patch names the object with it.
func completes(field, affix string, under *mark, value string) bool {
	if field == "namespace" {
		return value == affix
	}
	if under == nil {
		return false
	}
	before, after, ok := strings.Cut(value, under.node.Value)
	if field == "namePrefix" {
		return ok && strings.Contains(before, affix)
	}
	return ok && strings.Contains(after, affix)
}

// fills says whether a candidate is the value of this field of a
// kustomization, or of the same field of a plugin.
func (m *mark) fills(field string) bool {
	above := m.doc.parents[m.node]
	if above.key == nil {
		return false
	}
	name := above.key.Value
	if above.parent == m.doc.root && name == field {
		return true
	}
	switch scalar(m.doc.root, "kind") {
	case "PrefixTransformer":
		return field == "namePrefix" && name == "prefix"
	case "SuffixTransformer":
		return field == "nameSuffix" && name == "suffix"
	case "PrefixSuffixTransformer":
		return field == "namePrefix" && name == "prefix" || field == "nameSuffix" && name == "suffix"
	case "NamespaceTransformer":
		return field == "namespace" && name == "namespace"
	}
	return false
}

// affixes are the fields of a kustomization that may rewrite the value at
// path, the last to do so first.
func affixes(o *object, path manifest.Path) []string {
	last := path[len(path)-1]
	switch {
	case len(path) == 2 && path[0] == "metadata" && last == "name" && textAt(o.fields, "kind") == "Namespace":
		return []string{"nameSuffix", "namePrefix", "namespace"}
	case len(path) == 2 && path[0] == "metadata" && last == "name":
		return []string{"nameSuffix", "namePrefix"}
	case last == "namespace":
		return []string{"namespace"}
	}
	return nil
}

// namespaced says whether a namespace field may have written a value although
// it is what its mark says.
func (t *Tracer) namespaced(o *object, path manifest.Path) bool {
	if !slices.Contains(affixes(o, path), "namespace") {
		return false
	}
	return slices.ContainsFunc(t.trace.marks.all, func(made *mark) bool {
		return made.kind == candidate && made.fills("namespace")
	})
}

// maker is the generator that made an object, nil if none did.
func (t *Tracer) maker(o *object) *mark {
	if origin, _ := t.origin(o); origin != nil {
		return nil
	}
	for _, note := range notes(o.node) {
		found := t.trace.marks.in(note)
		if found == nil {
			continue
		}
		if behavior := scalar(found.node, "behavior"); behavior != "merge" && behavior != "replace" {
			return found
		}
	}
	return nil
}

// named relates the name a generator gives.
func (t *Tracer) named(made *mark) []manifest.Related {
	if made == nil {
		return nil
	}
	if name, ok := plan.Lookup(made.node, "name"); ok {
		return []manifest.Related{{Message: "rewrites this value", Pos: made.doc.at(name)}}
	}
	return nil
}

// generatorField is the field of a generator that says what is at path of the
// object it makes.
func generatorField(made *mark, path manifest.Path) (manifest.Blame, bool) {
	last := path[len(path)-1]
	if len(path) == 1 && (last == "kind" || last == "apiVersion") {
		if list, ok := made.doc.parents[made.node]; ok {
			return blame(made.doc.holder(list.parent)), true
		}
		return blame(made.doc.at(get(made.node, "kind"))), true
	}
	if node, ok := plan.Lookup(made.node, last); ok && node.Kind == yaml.ScalarNode {
		return blame(made.doc.at(node)), true
	}
	if metadata, ok := plan.Lookup(made.node, "metadata"); ok && len(path) == 2 && path[0] == "metadata" {
		if node := get(metadata, last); node != nil && node.Kind == yaml.ScalarNode {
			return blame(made.doc.at(node)), true
		}
	}
	options, _ := plan.Lookup(made.node, "options")
	global, _ := plan.Lookup(made.doc.root, "generatorOptions")
	for _, from := range []*yaml.Node{options, global} {
		if node, ok := plan.Lookup(from, last); ok {
			return blame(made.doc.at(node)), true
		}
	}
	if len(path) == 1 && last == "type" {
		at := made.pos()
		return blame(at, manifest.Related{Message: "a default of kustomize: a type can be written here", Pos: at}), true
	}
	return manifest.Blame{}, false
}

// isOwnHash says whether the name of an object is what was written and a hash.
func isOwnHash(o *object, path manifest.Path, under *mark) bool {
	name := textAt(o.fields, path...)
	return len(notes(o.node)) > 0 && path.String() == "metadata.name" && beforeHash(name) == under.node.Value
}

// inOrigin is the mark of the value at path in the document that made an
// object, for an object that lost its marks when it was merged.
func (t *Tracer) inOrigin(o *object, path manifest.Path) *mark {
	doc, root := t.origin(o)
	if doc == nil || nodeText(o.node, objectField) != "" {
		return nil
	}
	node := aligned(root, o.fields, path)
	for _, made := range t.trace.marks.all {
		if made.kind == written && made.node == node {
			return made
		}
	}
	return nil
}

// buildMetadata explains what the field of this name adds to every object.
func (t *Tracer) buildMetadata(path manifest.Path) (manifest.Blame, bool) {
	if len(path) < 3 {
		return manifest.Blame{}, false
	}
	option := map[string]string{
		"config.kubernetes.io/origin":                "originAnnotations",
		"alpha.config.kubernetes.io/transformations": "transformerAnnotations",
		"app.kubernetes.io/managed-by":               "managedByLabel",
	}[path[2]]
	top := t.trace.plan.Kusts[0]
	for _, item := range plan.Items(top.Fields, "buildMetadata") {
		if item.Value == option {
			return blame(t.plan.At(top.File, item)), true
		}
	}
	return manifest.Blame{}, false
}

// renamed relates the name of the object that a value refers to, where
// kustomize changed that name and so the value.
func (t *Tracer) renamed(o *object, path manifest.Path, value any) []manifest.Related {
	name, ok := value.(string)
	for _, other := range t.objects {
		if !ok || other == nil || other == o || textAt(other.fields, "metadata", "name") != name {
			continue
		}
		found := t.scalar(other, manifest.Path{"metadata", "name"}, name)
		return []manifest.Related{{Message: "kustomize follows the name given here", Pos: found.Pos}}
	}
	return nil
}

// replaced explains a value that an entry of replacements wrote: the place to
// edit is the source; the target is related.
func (t *Tracer) replaced(o *object, path manifest.Path, by *mark, value any) manifest.Blame {
	related := []manifest.Related{{Message: "copied by this replacement", Pos: by.pos()}}
	if origin, root := t.origin(o); origin != nil {
		if node := aligned(root, o.fields, path); node != nil {
			related = append(related, manifest.Related{Message: "rewrites this value", Pos: origin.at(node)})
		}
	}
	item := by.doc.ancestor(by.node, 4)
	if node, ok := plan.Lookup(item, "sourceValue"); ok {
		return blame(by.doc.at(node), related...)
	}
	source, ok := plan.Lookup(item, "source")
	if !ok {
		return blame(by.pos())
	}
	if found, ok := t.copied(source, value); ok {
		found.Related = append(related, found.Related...)
		return found
	}
	if node, ok := plan.Lookup(source, "fieldPath"); ok {
		return blame(by.doc.at(node), related...)
	}
	return blame(by.doc.holder(source), related...)
}

// fromReplacement explains a value that has no place for the mark of a
// replacement, such as an item of a list: it changes the source of each entry
// and sees whether the value changes.
func (t *Tracer) fromReplacement(o *object, path manifest.Path) (manifest.Blame, bool) {
	for _, made := range t.trace.marks.all {
		if made.kind != unmarked {
			continue
		}
		source, _ := plan.Lookup(made.doc.ancestor(made.node, 4), "source")
		for _, other := range t.objects {
			from, ok := t.sourceIn(other, source)
			if !ok {
				continue
			}
			under := t.trace.shadowAt(other.node, from)
			if under != nil && t.depends(o, path, under.doc.in, under.twin) {
				return blame(under.pos(), manifest.Related{Message: "copied by this replacement", Pos: made.pos()}), true
			}
		}
	}
	return manifest.Blame{}, false
}

// sourceIn is the path of the source of a replacement in an object, if the
// source is that object.
func (t *Tracer) sourceIn(o *object, source *yaml.Node) (manifest.Path, bool) {
	if o == nil || source == nil || !t.selected(o, source) {
		return nil, false
	}
	field := scalar(source, "fieldPath")
	if field == "" {
		field = "metadata.name"
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
