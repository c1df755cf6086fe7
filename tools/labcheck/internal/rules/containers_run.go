package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// ContainersRun reports containers that end again and again.
var ContainersRun = &check.Rule{
	ID:    "containers-run",
	Title: "Every container stays up",
	Doc:   page("containers_run.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Exit, "pods"),
}
