package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// ClaimsBound reports claims that are not bound, or not at their size.
var ClaimsBound = &check.Rule{
	ID:    "claims-bound",
	Title: "Every claim is bound, at the size that it asks for",
	Doc:   page("claims_bound.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Claim, "persistentvolumeclaims")(p)
		seeCurrent(p, "PersistentVolumeClaim")
	},
}
