package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// TextCounts reports text of kustomizations that changes nothing.
var TextCounts = &check.Rule{
	ID:       "text-counts",
	Title:    "Every entry, patch and operation of a kustomization changes something",
	Doc:      page("text_counts.md"),
	Requires: []*check.Rule{Builds},
	Check: func(p *check.Pass) {
		remarks := p.Remarks()
		for _, problem := range remarks.Idle {
			p.ReportProblem(problem)
		}
		for _, reason := range remarks.Unknown {
			p.Skip("%s", reason)
		}
	},
}
