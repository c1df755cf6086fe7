package dead

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
	"go.yaml.in/yaml/v3"
)

// needed is what an item of a list must have to be one, besides the key it is
// merged by: one of these fields, or, for "*", any.
var needed = map[string][]string{
	"containers": {"image"}, "initContainers": {"image"}, "ephemeralContainers": {"image"},
	"env": {"value", "valueFrom"}, "volumes": {"*"}, "volumeMounts": {"name"}, "volumeDevices": {"name"}, "ports": {"name"},
}

// besides are the items of lists in patches that became new items, are not
// complete, and have almost the name of one that was there.
func besides(pieces []*piece, s signs, built []*yaml.Node) []manifest.Problem {
	var found []manifest.Problem
	for _, p := range pieces {
		if p.list != "" {
			if problem, ok := beside(p, s, built); ok {
				found = append(found, problem)
			}
		}
		found = append(found, besides(p.inner, s, built)...)
	}
	return found
}

func beside(p *piece, s signs, built []*yaml.Node) (manifest.Problem, bool) {
	name := textOf(p.node, p.key)
	new := func(v Value) bool { return v.text == name && v.shape.ends(p.list, "#", p.key) }
	if needed[p.list] == nil || complete(p) || textOf(p.node, "$patch") != "" || !s.added.any(new) {
		return manifest.Problem{}, false
	}
	for _, object := range built {
		meant := spelling.Closest(name, siblings(object, p.list, p.key, name))
		if meant == "" {
			continue
		}
		node, _ := plan.Lookup(p.node, p.key)
		return manifest.Problem{
			Pos:     p.text.at(node),
			Message: fmt.Sprintf("%s %q is not in the list %s, so a new item was added beside %q; did you mean that one?", p.key, name, p.list, meant),
		}, true
	}
	return manifest.Problem{}, false
}

// complete says whether an item could stand for itself.
func complete(p *piece) bool {
	return slices.ContainsFunc(needed[p.list], func(field string) bool {
		_, ok := plan.Lookup(p.node, field)
		return ok || field == "*" && len(p.node.Content) > 2
	})
}

// siblings are the names of the other items of each list in this field, below
// node, that holds an item of this name.
func siblings(node *yaml.Node, list, key, name string) []string {
	var found []string
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		found = append(found, siblings(child, list, key, name)...)
		if node.Kind != yaml.MappingNode || node.Content[i-1].Value != list || child.Kind != yaml.SequenceNode {
			continue
		}
		var names []string
		for _, item := range child.Content {
			names = append(names, textOf(item, key))
		}
		if at := slices.Index(names, name); at >= 0 && !slices.Contains(found, name) {
			found = append(found, slices.Delete(names, at, at+1)...)
		}
	}
	return found
}
