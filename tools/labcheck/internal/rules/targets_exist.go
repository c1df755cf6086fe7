package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// TargetsExist reports entries of kustomizations that aim at an object, an
// image or a list item that is not there.
var TargetsExist = &check.Rule{
	ID:       "targets-exist",
	Title:    "What a patch, a replacement or an entry of images aims at is there",
	Doc:      page("targets_exist.md"),
	Requires: []*check.Rule{Builds},
	Check: func(p *check.Pass) {
		remarks := p.Remarks()
		for _, problem := range remarks.Unmatched {
			p.ReportProblem(problem)
		}
		for _, problem := range remarks.Beside {
			p.ReportProblem(problem)
		}
		for _, reason := range remarks.Unknown {
			p.Skip("%s", reason)
		}
	},
}
