package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// HeadlessService reports Services that a StatefulSet names as the home of its
// Pods' DNS names, and that do not give them any.
var HeadlessService = &check.Rule{
	ID:       "headless-service",
	Title:    "The Service that a StatefulSet names is headless and selects its Pods",
	Doc:      page("headless_service.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, ref := range g.References {
			set := p.Objects[ref.From]
			if set.Kind != "StatefulSet" || ref.Path.String() != "spec.serviceName" {
				continue
			}
			for _, i := range g.Find(ref.To) {
				judgeHome(p, g, ref, i)
			}
		}
	},
}

// judgeHome judges the Service at place i, which the StatefulSet that ref is
// of names.
func judgeHome(p *check.Pass, g *graph.Graph, ref graph.Reference, i int) {
	set, service := p.Objects[ref.From], g.Objects[i]
	report := func(path manifest.Path, message string) {
		p.Report(service, path, message, manifest.Related{Message: fmt.Sprintf("named by %s", set.Ref), Pos: set.Locate(ref.Path...).Pos})
	}
	if service.Text("spec", "clusterIP") != "None" {
		report(manifest.Path{"spec", "clusterIP"},
			fmt.Sprintf("%s has a cluster address, so the Pods of %s get no DNS names: clusterIP must be None", service.Ref, set.Ref))
	}
	for _, s := range g.Selectors() {
		if s.From != i || s.Use != graph.Traffic {
			continue
		}
		selected := g.Selected(s)
		owns := func(pods *graph.Pods) bool { return pods.Object == ref.From }
		if len(selected) > 0 && !slices.ContainsFunc(selected, owns) { // one that selects nothing is reported as such
			report(s.Path, fmt.Sprintf("selects no Pod of %s, so those get no DNS names", set.Ref))
		}
	}
}
