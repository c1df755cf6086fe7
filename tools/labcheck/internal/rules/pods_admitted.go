package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// PodsAdmitted reports workloads whose Pods the API server refuses.
var PodsAdmitted = &check.Rule{
	ID:    "pods-admitted",
	Title: "Every Pod that a workload makes is taken by the API server",
	Doc:   page("pods_admitted.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Creation, "events"),
}
