package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

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
			p.ReportProblem(problem)
		}
	},
}
