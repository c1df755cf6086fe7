package rules

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Builds reports why an overlay cannot be built from the repository alone.
var Builds = &check.Rule{
	ID:    "builds",
	Title: "Every overlay builds, from this repository alone",
	Doc:   page("builds.md"),
	Needs: check.Problems,
	Check: func(p *check.Pass) {
		if p.Err != nil {
			p.Skip("%v", p.Err)
		}
		for _, problem := range p.Problems {
			if ref := problem.Missing; ref != (manifest.Ref{}) {
				missing := graph.Name{Group: ref.Group(), Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name}
				problem.Related = slices.Concat(problem.Related, inOthers(p, missing))
			}
			p.ReportProblem(problem)
		}
	},
}
