package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PolicyHolds reports objects that break a promise written as a policy.
var PolicyHolds = &check.Rule{
	ID:    "policy-holds",
	Title: "Every object keeps what the policies promise",
	Doc:   page("policy_holds.md"),
	Check: func(p *check.Pass) {
		j := judgeByPolicies(p)
		if j.err != nil {
			p.Skip("%v", j.err)
		}
		for _, v := range j.Violations {
			p.Report(v.Object, v.Path, v.Message, manifest.Related{
				Message: "promised by " + v.Policy.Name, Pos: v.Policy.Locate(v.Expression...).Pos,
			})
		}
		if j.Policies > 0 {
			p.Note("%s", check.Count(j.Policies, "promise"))
		}
	},
}
