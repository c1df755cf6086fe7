package rules

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/check"

// WaiverHolds reports waivers that name no rule, give no reason, or allow
// nothing. The engine judges it when all other rules have run.
var WaiverHolds = &check.Rule{
	ID:    "waiver-holds",
	Title: "Every waiver names a rule, gives a reason and is needed",
	Doc:   page("waiver_holds.md"),
	Needs: check.Waivers,
}
