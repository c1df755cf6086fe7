package graph

import (
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Use says what an object selects Pods for.
type Use int

const (
	Traffic    Use = iota // of a Service
	Ownership             // of a workload
	Disruption            // of a PodDisruptionBudget
	Isolation             // of a NetworkPolicy
	Peers                 // of a NetworkPolicy: who may talk to whom
	Placement             // of Pods that spread over nodes, or seek or avoid others
)

// selectorsOf are the selectors of Pods that the object at place i has.
func (g *Graph) selectorsOf(i int, o manifest.Object) []Selector {
	at := func(use Use, requirements []Requirement, path manifest.Path) Selector {
		return Selector{From: i, Use: use, Path: path, Namespace: o.Namespace, Requirements: requirements}
	}
	labels := func(use Use, path ...string) []Selector {
		value, ok := o.Field(path...)
		if !ok || value == nil {
			return nil
		}
		return []Selector{at(use, labelSelector(value, path), path)}
	}
	var all []Selector
	for _, pods := range g.Pods {
		if pods.Object == i {
			all = append(all, pods.placements()...)
		}
	}
	if !isBuiltIn(o.Group()) {
		return all
	}
	switch o.Kind {
	case "Service":
		path := manifest.Path{"spec", "selector"}
		value, _ := o.Field(path...)
		if selector := at(Traffic, equalities(value, path), path); len(selector.Requirements) > 0 {
			all = append(all, selector)
		}
	case "ReplicationController":
		path := manifest.Path{"spec", "selector"}
		value, _ := o.Field(path...)
		all = append(all, at(Ownership, equalities(value, path), path))
	case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
		all = append(all, labels(Ownership, "spec", "selector")...)
	case "PodDisruptionBudget":
		all = append(all, labels(Disruption, "spec", "selector")...)
	case "NetworkPolicy":
		all = append(all, labels(Isolation, "spec", "podSelector")...)
		for _, direction := range [][2]string{{"ingress", "from"}, {"egress", "to"}} {
			everyPeer(o, direction, func(path manifest.Path) { all = append(all, labels(Peers, path...)...) })
		}
	}
	return all
}

// everyPeer calls do with the podSelector of every peer of a NetworkPolicy
// that is in its own namespace.
func everyPeer(o manifest.Object, direction [2]string, do func(manifest.Path)) {
	rules, _ := o.Field("spec", direction[0])
	list, _ := rules.([]any)
	for i, rule := range list {
		peers, _ := manifest.Lookup(rule, direction[1])
		peerList, _ := peers.([]any)
		for j, peer := range peerList {
			if _, other := manifest.Lookup(peer, "namespaceSelector"); !other {
				do(manifest.Path{"spec", direction[0], strconv.Itoa(i), direction[1], strconv.Itoa(j), "podSelector"})
			}
		}
	}
}

// placements are the selectors by which Pods say how they want to be placed.
// Terms that speak of other namespaces are left out.
func (p *Pods) placements() []Selector {
	var all []Selector
	add := func(term any, path manifest.Path) {
		fields, _ := term.(map[string]any)
		selector, ok := fields["labelSelector"].(map[string]any)
		if !ok || fields["namespaces"] != nil || fields["namespaceSelector"] != nil {
			return
		}
		path = path.With("labelSelector")
		all = append(all, Selector{
			From: p.Object, Use: Placement, Path: path, Namespace: p.Ref.Namespace, Requirements: labelSelector(selector, path),
		})
	}
	constraints, _ := p.Spec["topologySpreadConstraints"].([]any)
	for i, constraint := range constraints {
		add(constraint, p.Path.With("spec", "topologySpreadConstraints", strconv.Itoa(i)))
	}
	for _, affinity := range []string{"podAffinity", "podAntiAffinity"} {
		at := manifest.Path{"affinity", affinity, "requiredDuringSchedulingIgnoredDuringExecution"}
		required, _ := manifest.Lookup(p.Spec, at...)
		terms, _ := required.([]any)
		for i, term := range terms {
			add(term, p.Path.With("spec").With(at...).With(strconv.Itoa(i)))
		}
		at = manifest.Path{"affinity", affinity, "preferredDuringSchedulingIgnoredDuringExecution"}
		preferred, _ := manifest.Lookup(p.Spec, at...)
		terms, _ = preferred.([]any)
		for i, weighted := range terms {
			term, _ := manifest.Lookup(weighted, "podAffinityTerm")
			add(term, p.Path.With("spec").With(at...).With(strconv.Itoa(i), "podAffinityTerm"))
		}
	}
	return all
}
