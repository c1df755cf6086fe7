package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// SelectorMatches reports selectors that no Pod has the labels for.
var SelectorMatches = &check.Rule{
	ID:       "selector-matches",
	Title:    "Every selector of Pods matches some",
	Doc:      page("selector_matches.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g, unknown := wiring(p), doubts{}
		for _, s := range g.Selectors() {
			if s.From >= g.Build || s.Use == graph.Ownership || len(s.Requirements) == 0 || isSystem(s.Namespace) || matchesSome(p, g, s) {
				continue // the API server itself holds a workload's selector against its template
			}
			if maker, ok := g.MayMake("Pod", s.Namespace); ok {
				unknown.add(maker, "Pods for "+g.Objects[s.From].Ref.String())
				continue
			}
			reportSelector(p, g, s)
		}
		unknown.skip(p)
	},
}

// isSystem says whether the cluster itself runs Pods in a namespace.
func isSystem(namespace string) bool { return strings.HasPrefix(namespace, "kube-") }

func matchesSome(p *check.Pass, g *graph.Graph, s graph.Selector) bool {
	return len(g.Selected(s)) > 0 ||
		slices.ContainsFunc(neighbours(p), func(n *graph.Graph) bool { return len(n.Selected(s)) > 0 })
}

func reportSelector(p *check.Pass, g *graph.Graph, s graph.Selector) {
	from := g.Objects[s.From]
	nearest, unmet := g.Nearest(s)
	if nearest == nil {
		p.Report(from, s.Path, "selects no Pod: nothing in this overlay runs any")
		return
	}
	first := unmet[0]
	message := fmt.Sprintf("selects no Pod: none has the label %s", first)
	if len(unmet) < len(s.Requirements) {
		message = fmt.Sprintf("selects no Pod: %s, the closest, lacks the label %s", nearest.Ref, first)
	}
	values, keys := g.LabelsIn(s.Namespace, first.Key)
	switch {
	case first.Operator != "In":
	case len(values) == 0:
		message += spelling.DidYouMean(first.Key, keys)
	default:
		message += spelling.DidYouMean(first.Values[0], values)
	}
	label := manifest.Path{"metadata", "labels", cmp.Or(spelling.Closest(first.Key, sortedKeys(nearest.Labels)), first.Key)}
	p.Report(from, first.Path, message, manifest.Related{
		Message: fmt.Sprintf("the labels of %s", nearest.Ref), Pos: g.Objects[nearest.Object].Locate(nearest.Path.With(label...)...).Pos,
	})
}
