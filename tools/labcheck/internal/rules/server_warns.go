package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// ServerWarns reports what the API server accepts, but warns of.
var ServerWarns = &check.Rule{
	ID:    "server-warns",
	Title: "The API server has nothing to warn of",
	Doc:   page("server_warns.md"),
	Check: func(p *check.Pass) {
		for i, verdict := range judgeByServerCode(p) {
			for _, w := range verdict.Warnings {
				p.Report(p.Objects[i], w.Path, w.Message)
			}
		}
	},
}
