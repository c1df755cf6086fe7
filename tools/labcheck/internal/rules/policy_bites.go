package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// PolicyBites reports policies that match no object: promises about nothing.
var PolicyBites = &check.Rule{
	ID:    "policy-bites",
	Title: "Every ValidatingAdmissionPolicy matches an object of its overlay",
	Doc:   page("policy_bites.md"),
	Check: func(p *check.Pass) {
		j := judgeByPolicies(p)
		if j.err != nil {
			p.Skip("%v", j.err)
		}
		for _, idle := range j.Idle {
			p.Report(idle.Object, idle.Path, idle.Message, almost(p, idle.Object, idle.Path)...)
		}
	},
}
