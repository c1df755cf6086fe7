// Package graph knows how the objects of a build hang together: which field
// names which object, which selector matches which Pods, which port leads
// where. What names what is derived from Kubernetes' own Go types; a table
// says it of the plain strings among them, another one of custom resources.
// It says what is there and judges nothing.
package graph

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Name is what a field can say of an object. Group is "" also where it is
// not said. An object that says no namespace may be in any.
type Name struct {
	Group, Kind, Namespace, Name string
}

// String is the kind and the name, as in ConfigMap "mysql".
func (n Name) String() string { return fmt.Sprintf("%s %q", n.Kind, n.Name) }

// matches says whether an object named o may be the one that n names.
func (n Name) matches(o manifest.Ref) bool {
	return n.Kind == o.Kind && n.Name == o.Name && sameNamespace(n.Namespace, o.Namespace) &&
		(n.Group == "" || n.Group == o.Group())
}

func sameNamespace(a, b string) bool { return a == b || a == "" || b == "" }

// A Reference is a field of an object that names another one.
type Reference struct {
	From     int           // the object, of Graph.Objects
	Path     manifest.Path // to the name
	To       Name
	Keys     []Key // of To's data, that are named too
	Optional bool  // Kubernetes does without
}

// A Key is a key of the data of a ConfigMap or Secret, and the field that names it.
type Key struct {
	Name string
	Path manifest.Path
}

// A Graph is the objects of a build and what they refer to.
type Graph struct {
	Objects    []manifest.Object // those of the build, then those beside it
	Build      int               // how many are of the build
	References []Reference       // of the objects of the build, object by object
	Pods       []*Pods           // of all objects

	given     []manifest.Given
	byKind    map[string][]int
	made      map[string][]Name // by kind: what controllers make for the objects
	selectors []Selector
}

// New is the graph of the objects of a build. In the cluster there are, when
// it is applied, the objects beside it too, and those given.
func New(build, beside []manifest.Object, given []manifest.Given) *Graph {
	g := &Graph{Objects: slices.Concat(build, beside), Build: len(build), given: given, byKind: map[string][]int{}, made: map[string][]Name{}}
	for i, object := range g.Objects {
		g.byKind[object.Kind] = append(g.byKind[object.Kind], i)
		g.Pods = append(g.Pods, podsOf(i, object)...)
		for _, name := range made(object) {
			g.made[name.Kind] = append(g.made[name.Kind], name)
		}
	}
	for i, object := range build {
		g.read(i, object)
	}
	return g
}

// read notes what an object refers to: what its kind says and, in a custom
// resource, what in it looks like Pods.
func (g *Graph) read(from int, object manifest.Object) {
	note := func(r *reading, value any, path manifest.Path) {
		if reference, ok := r.reference(value, path, object.Namespace); ok {
			reference.From = from
			g.References = append(g.References, reference)
		}
	}
	shapeOf(object.Ref).visit(object.Fields, nil, note)
	for _, pods := range g.Pods {
		if pods.Object == from && !pods.BuiltIn {
			podSpec().visit(pods.Spec, pods.Path.With("spec"), note)
		}
	}
}

// Find returns the objects, by their place in g.Objects, that name may mean.
func (g *Graph) Find(name Name) []int {
	var found []int
	for _, i := range g.byKind[name.Kind] {
		if name.matches(g.Objects[i].Ref) {
			found = append(found, i)
		}
	}
	return found
}

// Names are the names of all objects of a kind that are in namespace or may
// be, of the build, beside it and given.
func (g *Graph) Names(kind, namespace string) []string {
	var names []string
	for _, i := range g.byKind[kind] {
		if object := g.Objects[i]; sameNamespace(object.Namespace, namespace) {
			names = append(names, object.Name)
		}
	}
	for _, given := range g.given {
		if given.Kind == kind && sameNamespace(given.Namespace, namespace) {
			names = append(names, given.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
