package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// SelectorsApart reports two objects that both take charge of the same Pods.
var SelectorsApart = &check.Rule{
	ID:       "selectors-apart",
	Title:    "Every Pod belongs to one workload, one disruption budget and one autoscaler",
	Doc:      page("selectors_apart.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, s := range g.Selectors() {
			switch {
			case s.From >= g.Build:
			case s.Use == graph.Ownership:
				reportForeignPods(p, g, s)
			case s.Use == graph.Disruption:
				reportSharedBudget(p, g, s)
			case s.Use == graph.Traffic:
				reportShortLived(p, g, s)
			}
		}
		reportSharedTarget(p, g)
	},
}

// reportForeignPods reports a workload whose selector matches Pods of another
// one. Pods of Jobs are left alone by other controllers.
func reportForeignPods(p *check.Pass, g *graph.Graph, s graph.Selector) {
	for _, pods := range g.Selected(s) {
		if pods.Object != s.From && !endsByItself(pods) && pods.BuiltIn && pods.Ref.Kind != "PodTemplate" {
			p.Report(g.Objects[s.From], s.Path, fmt.Sprintf("selects the Pods of %s too", pods.Ref), manifest.Related{
				Message: fmt.Sprintf("the labels of %s", pods.Ref), Pos: labelsOf(g, pods),
			})
		}
	}
}

func endsByItself(pods *graph.Pods) bool { return pods.Ref.Kind == "Job" || pods.Ref.Kind == "CronJob" }

func labelsOf(g *graph.Graph, pods *graph.Pods) manifest.Pos {
	return g.Objects[pods.Object].Locate(pods.Path.With("metadata", "labels")...).Pos
}

// reportSharedBudget reports Pods that an earlier PodDisruptionBudget selects
// too: the API server refuses to evict them.
func reportSharedBudget(p *check.Pass, g *graph.Graph, s graph.Selector) {
	for _, other := range g.Selectors() {
		if other.Use != graph.Disruption || other.From >= s.From {
			continue
		}
		for _, pods := range g.Selected(s) {
			if other.Matches(pods) {
				budget := g.Objects[other.From]
				p.Report(g.Objects[s.From], s.Path, fmt.Sprintf("selects Pods of %s, and so does %s: Pods with two budgets cannot be evicted", pods.Ref, budget.Ref),
					manifest.Related{Message: budget.Ref.String(), Pos: budget.Locate(other.Path...).Pos})
				break
			}
		}
	}
}

// reportShortLived reports a Service that sends to Pods of a Job beside those
// of what serves.
func reportShortLived(p *check.Pass, g *graph.Graph, s graph.Selector) {
	selected := g.Selected(s)
	for _, pods := range selected {
		if endsByItself(pods) && slices.ContainsFunc(selected, func(other *graph.Pods) bool { return !endsByItself(other) }) {
			p.Report(g.Objects[s.From], s.Path, fmt.Sprintf("selects the Pods of %s too, which are there to end", pods.Ref), manifest.Related{
				Message: fmt.Sprintf("the labels of %s", pods.Ref), Pos: labelsOf(g, pods),
			})
		}
	}
}

// reportSharedTarget reports what an earlier HorizontalPodAutoscaler scales too.
func reportSharedTarget(p *check.Pass, g *graph.Graph) {
	first := map[graph.Name]manifest.Ref{}
	for _, ref := range g.References {
		scaler := g.Objects[ref.From]
		if scaler.Kind != "HorizontalPodAutoscaler" || ref.Path.String() != "spec.scaleTargetRef.name" {
			continue
		}
		if other, ok := first[ref.To]; ok {
			p.Report(scaler, ref.Path, fmt.Sprintf("%s is scaled by %s already", ref.To, other))
		} else {
			first[ref.To] = scaler.Ref
		}
	}
}
