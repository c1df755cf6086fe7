package rules

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

type neighboursKey struct{}

// neighbours are the other overlays of the repository that may stand in the
// same cluster: those that describe no object that this one describes too,
// since then they would be alternatives. Most overlays never ask for them.
func neighbours(p *check.Pass) []*graph.Graph {
	return check.Memo(p, neighboursKey{}, func() []*graph.Graph {
		if p.Repository == nil {
			return nil
		}
		own := map[manifest.Ref]bool{}
		for _, o := range p.Objects {
			own[identity(o)] = true
		}
		var all []*graph.Graph
		overlays, _ := p.Repository.Overlays()
		for _, dir := range overlays {
			objects, ok := p.Repository.Objects(dir)
			alternative := slices.ContainsFunc(objects, func(o manifest.Object) bool { return own[identity(o)] })
			if ok && dir != p.Overlay && !alternative {
				all = append(all, check.Shared(p, neighbourKey{dir}, func() *graph.Graph { return graph.New(nil, objects, nil) }))
			}
		}
		return all
	})
}

type neighbourKey struct{ dir string }

// identity is what two overlays share where they cannot stand side by side. A
// Namespace may be described by everyone who is in it.
func identity(o manifest.Object) manifest.Ref {
	if o.Kind == "Namespace" {
		return manifest.Ref{Kind: "Namespace", Name: o.Name, Namespace: "of this overlay"}
	}
	return manifest.Ref{APIVersion: o.Group(), Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
}

// isElsewhere says whether a neighbour of the overlay has what name means.
func isElsewhere(p *check.Pass, name graph.Name) bool {
	return slices.ContainsFunc(neighbours(p), func(g *graph.Graph) bool { return g.Resolve(name).Found })
}
