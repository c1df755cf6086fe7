package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

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
			related := almost(p, idle.Object, idle.Path)
			if idle.Object.Kind == "ValidatingAdmissionPolicyBinding" {
				related = append(related, namespacesInOthers(p)...)
			}
			p.Report(idle.Object, idle.Path, idle.Message, related...)
		}
	},
}

// namespacesInOthers leads to where other overlays have the namespaces from
// that objects of this one are in: of one that it lacks it knows no labels.
func namespacesInOthers(p *check.Pass) []manifest.Related {
	var related []manifest.Related
	seen := map[string]bool{"": true}
	for _, o := range p.Objects {
		if o.Kind == "Namespace" {
			seen[o.Name] = true
		}
	}
	for _, o := range p.Objects {
		if !seen[o.Namespace] {
			seen[o.Namespace] = true
			related = append(related, inOthers(p, graph.Name{Kind: "Namespace", Name: o.Namespace})...)
		}
	}
	return related
}
