package rules

import (
	"path"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// whole is what rules require that judge by what is not there: of an overlay
// that was not built whole, that says nothing.
var whole = []*check.Rule{Builds}

type wiringKey struct{}

// wiring is how the objects of the overlay hang together, with what is beside
// them in the cluster: the overlays named by annotation labcheck/beside, and
// what is declared as provided.
func wiring(p *check.Pass) *graph.Graph {
	return check.Memo(p, wiringKey{}, func() *graph.Graph {
		given := slices.Clone(p.Given)
		var beside []manifest.Object
		for _, a := range p.Annotations {
			switch {
			case a.Name == "provided":
				objects, _ := manifest.ParseGiven(a.Value) // declaration-holds reports the error
				given = append(given, objects...)
			case a.Name == "beside" && p.Repository != nil:
				objects, _ := p.Repository.Objects(path.Join(a.Dir, a.Value))
				beside = append(beside, objects...)
			}
		}
		return graph.New(defaultedObjects(p), beside, given)
	})
}

// Graph is how the objects of an overlay hang together.
func Graph(s *check.Subject) *graph.Graph {
	var g *graph.Graph
	draw := &check.Rule{ID: "graph", Check: func(p *check.Pass) { g = wiring(p) }}
	check.Run([]*check.Rule{draw}, []*check.Subject{s}, check.Some)
	return g
}
