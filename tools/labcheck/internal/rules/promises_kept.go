package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PromisesKept reports objects that break a promise in the cluster, where the
// repository keeps it.
var PromisesKept = &check.Rule{
	ID:    "promises-kept",
	Title: "Every object in the cluster keeps what the policies promise",
	Doc:   page("promises_kept.md"),
	Needs: check.Live,
	Check: promisesKept,
}

func promisesKept(p *check.Pass) {
	r := findRoots(p)
	if r.unjudged != nil {
		p.Skip("%v", r.unjudged)
	}
	for _, v := range r.broken {
		p.Report(v.Object, v.Path, v.Message, manifest.Related{
			Message: "promised by " + v.Policy.Name, Pos: v.Policy.Locate(v.Expression...).Pos,
		})
	}
	if len(r.promises.Violations) == 0 && r.promises.Evaluated > 0 {
		p.SeeAll(check.Count(r.promises.Policies, "promise")+" hold in the cluster", p.Live.Kubectl("get", "validatingadmissionpolicies"))
	}
}
