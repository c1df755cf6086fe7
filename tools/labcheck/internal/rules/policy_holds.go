package rules

import (
	"regexp"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
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
		misconfigured := map[string]bool{}
		for _, v := range j.Violations {
			if v.Misconfigured == nil {
				p.Report(v.Object, v.Path, v.Message, slices.Concat(promise(v), almostPromised(p, v))...)
				continue
			}
			message := v.Message + ", so that it denies objects such as " + v.Object.Ref.String()
			if once := v.Binding.Name + v.Message; !misconfigured[once] {
				misconfigured[once] = true
				p.Report(v.Binding, v.Misconfigured, message, manifest.Related{Message: "denied", Pos: v.Object.Locate().Pos})
			}
		}
		if j.Policies > 0 {
			p.Note("%s", check.Count(j.Policies, "promise"))
		}
	},
}

// promise leads to what was broken, and to the parameter it was broken for.
func promise(v apiserver.Violation) []manifest.Related {
	related := []manifest.Related{{Message: "promised by " + v.Policy.Name, Pos: v.Policy.Locate(v.Expression...).Pos}}
	if name := failedVariable.FindAllStringSubmatch(v.Message, -1); name != nil {
		related = append(related, variableOf(v.Policy, name[len(name)-1][1])...)
	}
	if v.Param != nil {
		related = append(related, manifest.Related{Message: "with the parameters of " + v.Param.Ref.String(), Pos: v.Param.Locate().Pos})
	}
	return related
}

// failedVariable are the variables that a message says cannot be evaluated: each reads the next.
var failedVariable = regexp.MustCompile(`composited variable "(\w+)" fails to evaluate`)

// variableOf leads to the expression of a variable of a policy.
func variableOf(policy manifest.Object, name string) []manifest.Related {
	for _, at := range policy.Items("spec", "variables") {
		if policy.Text(at.With("name")...) == name {
			return []manifest.Related{{Message: "this cannot be evaluated", Pos: policy.Locate(at.With("expression")...).Pos}}
		}
	}
	return nil
}
