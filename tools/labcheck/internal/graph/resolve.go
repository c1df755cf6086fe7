package graph

import (
	"maps"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Target is what a name leads to.
type Target struct {
	Objects []int // of g.Objects; none where it is not described there
	Found   bool  // it is described, given, or in every cluster
	Keys    []string
	HasKeys bool // Keys are all of its keys
}

// Resolve says what name leads to.
func (g *Graph) Resolve(name Name) Target {
	if found := g.Find(name); len(found) > 0 {
		t := Target{Objects: found, Found: true, HasKeys: true}
		for _, i := range found {
			keys := dataKeys(g.Objects[i])
			t.Keys = append(t.Keys, keys...)
			t.HasKeys = t.HasKeys && len(keys) > 0
		}
		return t
	}
	for _, given := range g.given {
		if given.Kind == name.Kind && given.Name == name.Name && sameNamespace(given.Namespace, name.Namespace) {
			return Target{Found: true, Keys: given.Keys, HasKeys: given.Keys != nil}
		}
	}
	if g.isMade(name) {
		return Target{Found: true}
	}
	if isInEvery(name) {
		keys, known := keysInEvery[name.Name]
		return Target{Found: true, Keys: keys, HasKeys: known}
	}
	return Target{}
}

// isMade says whether a controller makes what name means for an object of g.
func (g *Graph) isMade(name Name) bool {
	return slices.ContainsFunc(g.made[name.Kind], func(made Name) bool {
		return made.Name == name.Name && sameNamespace(made.Namespace, name.Namespace)
	})
}

// dataKeys are the keys of a ConfigMap or Secret. One that is empty is often
// filled in the cluster, so that nothing is known of its keys.
func dataKeys(o manifest.Object) []string {
	var keys []string
	for _, field := range []string{"data", "binaryData", "stringData"} {
		data, _ := o.Fields[field].(map[string]any)
		keys = slices.AppendSeq(keys, maps.Keys(data))
	}
	slices.Sort(keys)
	return keys
}
