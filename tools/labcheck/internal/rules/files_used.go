package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// FilesUsed reports manifests beside a kustomization that none uses.
var FilesUsed = &check.Rule{
	ID:       "files-used",
	Title:    "Every manifest beside a kustomization is used by one",
	Doc:      page("files_used.md"),
	Requires: []*check.Rule{Builds},
	Check: func(p *check.Pass) {
		for _, problem := range p.Remarks().Unused {
			p.ReportProblem(problem)
		}
	},
}
