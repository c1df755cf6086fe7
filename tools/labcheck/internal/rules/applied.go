package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// Applied reports objects of the overlay that the cluster does not hold.
var Applied = &check.Rule{
	ID:    "applied",
	Title: "Every object of the overlay is in the cluster",
	Doc:   page("applied.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Absent)(p)
		skipped := map[string]bool{}
		for _, a := range findRoots(p).Accounts {
			if a.State == diagnosis.Unknown && !skipped[a.Object.Kind] {
				skipped[a.Object.Kind] = true
				p.Skip("%s %s", a.Object.Kind, a.Says)
			}
		}
		if there := len(asTheyAre(p)); there == len(p.Objects) {
			p.SeeAll(check.Count(there, "object")+" of the overlay are in the cluster", p.Live.Kubectl("get", "-k", p.Overlay))
		}
	},
}
