package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drift"
)

// NoDrift reports fields that are not in the cluster as the repository says.
var NoDrift = &check.Rule{
	ID:    "no-drift",
	Title: "Every field that the repository sets is so in the cluster",
	Doc:   page("no_drift.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		for _, o := range p.Objects {
			live, ok := p.Live.Find(o.Ref)
			if !ok {
				continue // what is not there, or could not be read, is said by rolled-out
			}
			differences, _ := drift.Of(o, live)
			for _, d := range differences {
				p.ReportLive(o, d.Path, d.Message, []string{"$ " + p.Live.Kubectl("diff", "-k", p.Overlay)})
			}
		}
	},
}
