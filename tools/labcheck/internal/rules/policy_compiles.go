package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// PolicyCompiles reports policies and bindings that cannot be evaluated.
var PolicyCompiles = &check.Rule{
	ID:    "policy-compiles",
	Title: "Every ValidatingAdmissionPolicy compiles, and is bound",
	Doc:   page("policy_compiles.md"),
	Check: func(p *check.Pass) {
		j := judgeByPolicies(p)
		if j.err != nil {
			p.Skip("%v", j.err)
		}
		for _, fault := range j.Faults {
			if fault.Skipped {
				p.Skip("%s: %s", fault.Object.Ref, fault.Message)
				continue
			}
			p.Report(fault.Object, fault.Path, fault.Message)
		}
	},
}
