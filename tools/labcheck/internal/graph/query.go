package graph

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Uses says whether an object of g is in a namespace, or is the namespace.
func (g *Graph) Uses(namespace string) bool {
	return slices.ContainsFunc(g.Objects, func(o manifest.Object) bool {
		return o.Namespace == namespace || o.Kind == "Namespace" && o.Name == namespace
	})
}

// Selectors are the selectors of Pods that the objects have, object by object.
func (g *Graph) Selectors() []Selector {
	if g.selectors == nil {
		for i, object := range g.Objects {
			g.selectors = append(g.selectors, g.selectorsOf(i, object)...)
		}
	}
	return g.selectors
}

// Nearest returns, of the Pods in the namespace of a selector, those that lack
// the fewest of the labels it asks for, and what they lack; of several, those
// of the same name as the object that has the selector. nil where there are no
// Pods.
func (g *Graph) Nearest(s Selector) (nearest *Pods, unmet []Requirement) {
	for _, pods := range g.Pods {
		if !sameNamespace(s.Namespace, pods.Ref.Namespace) {
			continue
		}
		lacks := slices.DeleteFunc(slices.Clone(s.Requirements), func(r Requirement) bool { return r.Holds(pods) })
		namesake := pods.Ref.Name == g.Objects[s.From].Name
		if nearest == nil || len(lacks) < len(unmet) || len(lacks) == len(unmet) && namesake {
			nearest, unmet = pods, lacks
		}
	}
	return nearest, unmet
}

// LabelsIn are the values that Pods in a namespace have for a label, and the
// keys of all their labels.
func (g *Graph) LabelsIn(namespace, key string) (values, keys []string) {
	for _, pods := range g.Pods {
		if sameNamespace(namespace, pods.Ref.Namespace) {
			keys = slices.AppendSeq(keys, maps.Keys(pods.Labels))
			if value, ok := pods.Labels[key]; ok {
				values = append(values, value)
			}
		}
	}
	return sortedSet(values), sortedSet(keys)
}

func sortedSet[T cmp.Ordered](items []T) []T {
	slices.Sort(items)
	return slices.Compact(items)
}

// Limit is the most replicas that an autoscaler may give the workload at a
// place of g.Objects; 0 where none scales it.
func (g *Graph) Limit(workload int) int64 {
	var limit int64
	for _, ref := range g.References {
		scaler := g.Objects[ref.From]
		if scaler.Kind == "HorizontalPodAutoscaler" && ref.To.matches(g.Objects[workload].Ref) {
			replicas, _ := scaler.Field("spec", "maxReplicas")
			n, _ := replicas.(int64)
			limit = max(limit, n)
		}
	}
	return limit
}
