package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// RolledOut reports what is not current for no other reason.
var RolledOut = &check.Rule{
	ID:    "rolled-out",
	Title: "Every object does in the cluster what it was asked for",
	Doc:   page("rolled_out.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Rollout)(p)
		seeCurrent(p, "Deployment", "StatefulSet", "DaemonSet", "Pod", "Job")
	},
}
