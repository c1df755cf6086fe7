package trace

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

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
