package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// CurrentFields reports fields that kustomize warns about, or silently reads
// for the sake of old files.
var CurrentFields = &check.Rule{
	ID:    "current-fields",
	Title: "No kustomization has a deprecated field",
	Doc:   page("current_fields.md"),
	Check: func(p *check.Pass) {
		for _, problem := range p.Remarks().Deprecated {
			p.ReportProblem(problem)
		}
	},
}
