package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// DeletionWritten reports fields that a patch deletes without saying so.
var DeletionWritten = &check.Rule{
	ID:    "deletion-written",
	Title: "A patch deletes only what it says that it deletes",
	Doc:   page("deletion_written.md"),
	Check: func(p *check.Pass) {
		for _, problem := range p.Remarks().Bare {
			p.ReportProblem(problem)
		}
	},
}
