package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// ContainersStart reports containers that cannot be started.
var ContainersStart = &check.Rule{
	ID:    "containers-start",
	Title: "Every container has what it needs to start",
	Doc:   page("containers_start.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Start, "pods", "events"),
}
