package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// ContainersReady reports containers whose probes fail.
var ContainersReady = &check.Rule{
	ID:    "containers-ready",
	Title: "Every container passes the probes that it declares",
	Doc:   page("containers_ready.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Probe, "pods", "events"),
}
