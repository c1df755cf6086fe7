package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// NoDrift reports fields that are not in the cluster as the repository says.
var NoDrift = &check.Rule{
	ID:    "no-drift",
	Title: "Every field that the repository sets is so in the cluster",
	Doc:   page("no_drift.md"),
	Needs: check.Live,
	Check: noDrift,
}

func noDrift(p *check.Pass) {
	r := findRoots(p)
	diff := p.Live.Kubectl("diff", "-k", p.Overlay)
	for _, d := range r.drifts {
		var observed []string
		for _, message := range d.explains {
			observed = append(observed, "so: "+message)
		}
		p.ReportLive(d.object, d.Path, d.Message, append(observed, "$ "+diff))
	}
	if len(r.drifts) == 0 {
		p.SeeAll(fmt.Sprintf("%s are as the repository says", check.Count(r.compared, "field")), diff)
	}
}
