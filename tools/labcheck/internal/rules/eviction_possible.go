package rules

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// EvictionPossible reports PodDisruptionBudgets that never let a Pod go.
var EvictionPossible = &check.Rule{
	ID:       "eviction-possible",
	Title:    "Every disruption budget lets at least one Pod be evicted",
	Doc:      page("eviction_possible.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, s := range g.Selectors() {
			if s.Use != graph.Disruption || s.From >= g.Build {
				continue
			}
			selected := g.Selected(s)
			if i := slices.IndexFunc(selected, isBare); i >= 0 {
				judgeBareBudget(p, g.Objects[s.From], selected[i])
			} else if replicas, known := mostReplicas(g, selected); known && replicas > 0 {
				judgeBudget(p, g.Objects[s.From], replicas)
			}
		}
	},
}

func isBare(pods *graph.Pods) bool { return pods.Ref.Kind == "Pod" }

// judgeBareBudget reports a budget that has to know how many Pods there ought
// to be, of Pods that no controller keeps: nothing says how many.
func judgeBareBudget(p *check.Pass, budget manifest.Object, pods *graph.Pods) {
	for _, field := range []string{"minAvailable", "maxUnavailable"} {
		value, ok := budget.Field("spec", field)
		if _, isNumber := value.(int64); ok && (field == "maxUnavailable" || !isNumber) {
			p.Report(budget, manifest.Path{"spec", field},
				fmt.Sprintf("no controller keeps %s, so only a minAvailable that is a number can protect it, and none can be evicted", pods.Ref))
		}
	}
}

// judgeBudget reckons as the disruption controller does (getExpectedPodCount
// in k8s.io/kubernetes/pkg/controller/disruption): percentages are of the
// replicas that the workloads ask for, and rounded up.
func judgeBudget(p *check.Pass, budget manifest.Object, replicas int64) {
	for _, field := range []string{"minAvailable", "maxUnavailable"} {
		path := manifest.Path{"spec", field}
		value, ok := budget.Field(path...)
		if !ok {
			continue
		}
		n, ok := scaled(value, replicas)
		switch {
		case !ok:
		case field == "minAvailable" && n >= replicas:
			p.Report(budget, path, fmt.Sprintf("keeps %d of %s, so none can be evicted and no node that runs one can be drained", n, check.Count(int(replicas), "Pod")))
		case field == "maxUnavailable" && n == 0:
			p.Report(budget, path, fmt.Sprintf("lets no Pod of %d be unavailable, so none can be evicted and no node that runs one can be drained", replicas))
		}
	}
}

// scaled is a number, or that percentage of total, rounded up.
func scaled(value any, total int64) (int64, bool) {
	switch v := value.(type) {
	case int64:
		return v, true
	case string:
		percent, err := strconv.ParseInt(strings.TrimSuffix(v, "%"), 10, 32)
		return int64(math.Ceil(float64(percent) * float64(total) / 100)), err == nil && strings.HasSuffix(v, "%")
	}
	return 0, false
}

// mostReplicas is how many Pods there are at most, as far as the overlay says:
// an autoscaler may raise what a workload asks for.
func mostReplicas(g *graph.Graph, selected []*graph.Pods) (total int64, known bool) {
	for _, pods := range selected {
		if pods.Replicas < 0 {
			return 0, false
		}
		total += max(pods.Replicas, g.Limit(pods.Object))
	}
	return total, true
}
