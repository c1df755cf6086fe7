package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// PodsScheduled reports Pods that no node takes.
var PodsScheduled = &check.Rule{
	ID:    "pods-scheduled",
	Title: "Every Pod finds a node",
	Doc:   page("pods_scheduled.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Scheduling, "pods"),
}
