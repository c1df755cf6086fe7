package rules

import (
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// RolledOut reports objects that are not current in the cluster, by the cause.
var RolledOut = &check.Rule{
	ID:    "rolled-out",
	Title: "Every object does in the cluster what it was asked for",
	Doc:   page("rolled_out.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		for _, m := range p.Live.Misses {
			p.Skip("%s could not be read: %s", m.Resource, m.Reason)
		}
		for kind := range diagnosis.Rollout + 1 {
			causes(kind)(p)
		}
		for _, a := range diagnose(p).Accounts {
			if a.State == diagnosis.Current && a.Says != "there" && a.Says != "not read" {
				p.See(a.Object.Ref, a.Says, p.Live.Kubectl("--namespace", a.Object.Namespace, "get", strings.ToLower(a.Object.Kind), a.Object.Name))
			}
		}
	},
}
