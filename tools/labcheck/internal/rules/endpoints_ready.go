package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// EndpointsReady reports ports of Services that lead to no Pod.
var EndpointsReady = &check.Rule{
	ID:    "endpoints-ready",
	Title: "Every port of every Service leads to a Pod that is Ready",
	Doc:   page("endpoints_ready.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Endpoints, "pods", "endpointslices")(p)
		seeCurrent(p, "Service")
	},
}
