package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// BudgetHolds reports overlays whose Pods request more than the budget that
// the overlay declares.
var BudgetHolds = &check.Rule{
	ID:    "budget-holds",
	Title: "The Pods of an overlay request no more than the budget that it declares",
	Doc:   page("budget_holds.md"),
	Check: func(p *check.Pass) {
		for _, a := range p.Annotations {
			if a.Name != "budget" {
				continue
			}
			budget, err := parseBudget(a.Value)
			if err != nil {
				p.ReportProblem(manifest.Problem{Pos: a.Pos, Message: err.Error()})
				continue
			}
			for _, limit := range budget {
				judgeRequests(p, a, limit)
			}
		}
	},
}

// limit is how much of a resource the Pods together may request.
type limit struct {
	resource string
	amount   resource.Quantity
}

var limitItem = regexp.MustCompile(`^([a-z][a-z0-9./-]*)=(\S+)$`)

// parseBudget reads cpu=1500m memory=2560Mi.
func parseBudget(text string) ([]limit, error) {
	var budget []limit
	for _, word := range strings.Fields(text) {
		item := limitItem.FindStringSubmatch(word)
		if item == nil {
			return nil, fmt.Errorf("expected resource=quantity in the budget, such as cpu=1500m, not %q", word)
		}
		amount, err := resource.ParseQuantity(item[2])
		if err != nil {
			return nil, fmt.Errorf("%q in the budget is no quantity, such as 1500m or 2Gi", item[2])
		}
		budget = append(budget, limit{item[1], amount})
	}
	if len(budget) == 0 {
		return nil, fmt.Errorf("the budget is empty: write resources and quantities, such as cpu=1500m memory=2Gi")
	}
	return budget, nil
}

// judgeRequests adds up what the Pods of the overlay request of one resource.
func judgeRequests(p *check.Pass, a manifest.Annotation, limit limit) {
	g := wiring(p)
	var total resource.Quantity
	var parts []share
	for _, pods := range g.Pods {
		if pods.Object >= g.Build {
			continue
		}
		for _, container := range pods.Containers() {
			if _, ok := requested(container, limit.resource); !ok {
				p.Report(g.Objects[pods.Object], container.Path.With("resources", "requests", limit.resource), fmt.Sprintf(
					"container %q says nothing of the %s it requests, so whether the budget of %s holds cannot be told", container.Name, limit.resource, limit.amount.String()))
			}
		}
		part := share{pods: pods, amount: requestOf(pods, limit.resource)}
		part.amount.Mul(copies(pods, g.Objects[pods.Object]))
		total.Add(part.amount)
		parts = append(parts, part)
	}
	if total.Cmp(limit.amount) <= 0 {
		p.Note("%s of %s %s requested", total.String(), limit.amount.String(), limit.resource)
		return
	}
	slices.SortStableFunc(parts, func(x, y share) int { return y.amount.Cmp(x.amount) })
	var related []manifest.Related
	for _, part := range parts[:min(3, len(parts))] {
		object := g.Objects[part.pods.Object]
		related = append(related, manifest.Related{
			Message: fmt.Sprintf("%s requests %s", object.Ref, part.amount.String()),
			Pos:     object.Locate(part.pods.Path.With("spec", "containers", "0", "resources", "requests", limit.resource)...).Pos,
		})
	}
	p.ReportProblem(manifest.Problem{
		Pos: a.Pos, Related: related,
		Message: fmt.Sprintf("the Pods request %s of %s, which is more than the budget of %s", total.String(), limit.resource, limit.amount.String()),
	})
}

// share is what the Pods of one object request together.
type share struct {
	pods   *graph.Pods
	amount resource.Quantity
}

// copies is how many Pods run at the same time; of a DaemonSet, on one node.
func copies(pods *graph.Pods, object manifest.Object) int64 {
	if pods.Ref.Kind == "Job" {
		if parallel, ok := object.Field("spec", "parallelism"); ok {
			count, _ := parallel.(int64)
			return count
		}
	}
	if pods.Replicas < 0 {
		return 1
	}
	return pods.Replicas
}

// requestOf is what the scheduler counts for one Pod: its containers and
// sidecars together, or an init container with the sidecars before it if that
// is more.
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers
func requestOf(pods *graph.Pods, name string) resource.Quantity {
	var sidecars, running, most resource.Quantity
	for _, container := range pods.Containers() {
		asked, _ := requested(container, name)
		switch {
		case isInit(container) && container.Serves:
			sidecars.Add(asked)
			running.Add(asked)
		case isInit(container):
			asked.Add(sidecars)
			if asked.Cmp(most) > 0 {
				most = asked
			}
		default:
			running.Add(asked)
		}
	}
	if most.Cmp(running) > 0 {
		return most
	}
	return running
}

func requested(container graph.Container, name string) (resource.Quantity, bool) {
	value, ok := manifest.Lookup(container.Fields, "resources", "requests", name)
	if !ok {
		return resource.Quantity{}, false
	}
	amount, err := resource.ParseQuantity(fmt.Sprint(value))
	return amount, err == nil
}

func isInit(container graph.Container) bool { return slices.Contains(container.Path, "initContainers") }
