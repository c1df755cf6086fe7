package trace

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
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
		if found, ok := t.fromReplacement(o, path, value); ok {
			return found, true
		}
		if made != nil {
			if found, ok := generatorField(made, path); ok {
				return found, true
			}
		}
	} else if found, ok := t.substituted(under); ok {
		return found, true
	} else if found, ok := t.fromReplacement(o, path, value); ok {
		if was := before(under)[0]; !slices.Contains(found.Related, was) {
			found.Related = append(found.Related, was)
		}
		return found, true
	} else if says(under.node, value) || t.depends(o, path, under.doc.in, under.twin) || isOwnHash(o, path, under) {
		return blame(under.pos(), t.renamed(o, path, value)...), true
	}
	return t.search(o, path, value)
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
// kustomize changed that name and so the value. The name of an object refers to
// none.
func (t *Tracer) renamed(o *object, path manifest.Path, value any) []manifest.Related {
	name, ok := value.(string)
	ok = ok && path.String() != nameField
	for _, other := range t.objects {
		if !ok || other == nil || other == o || textAt(other.fields, "metadata", "name") != name {
			continue
		}
		found := t.scalar(other, manifest.Path{"metadata", "name"}, name)
		return []manifest.Related{{Message: "kustomize follows the name given here", Pos: found.Pos}}
	}
	return nil
}
