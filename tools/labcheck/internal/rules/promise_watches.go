package rules

import (
	"fmt"
	"path"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PromiseWatches reports policies that are declared as promises about objects
// of the overlay and could be got round, or reach beyond those objects.
var PromiseWatches = &check.Rule{
	ID:       "promise-watches",
	Title:    "Every policy that is declared a promise sees all that could break it, and nothing else",
	Doc:      page("promise_watches.md"),
	Requires: []*check.Rule{PolicyCompiles},
	Check: func(p *check.Pass) {
		for _, a := range p.Annotations {
			if a.Name == "promises" {
				judgePromises(p, a)
			}
		}
	},
}

func judgePromises(p *check.Pass, a manifest.Annotation) {
	promised := func(policy string) bool {
		ok, _ := path.Match(a.Value, policy)
		return ok
	}
	if !slices.ContainsFunc(p.Objects, func(o manifest.Object) bool {
		return o.Kind == "ValidatingAdmissionPolicy" && promised(o.Name)
	}) {
		p.ReportProblem(manifest.Problem{Pos: a.Pos, Message: fmt.Sprintf("no policy of this overlay has a name like %q", a.Value)})
		return
	}
	lapses, err := apiserver.Lapses(defaultedObjects(p), definitions(p), promised)
	if err != nil {
		p.Skip("%v", err)
	}
	for _, lapse := range lapses {
		p.Report(lapse.Object, lapse.Path, lapse.Message, almost(p, lapse.Object, lapse.Path)...)
	}
}
