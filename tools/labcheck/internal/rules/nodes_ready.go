package rules

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// NodesReady reports nodes that do not work, where Pods of the overlay wait for them.
var NodesReady = &check.Rule{
	ID:    "nodes-ready",
	Title: "Every node that Pods of the overlay need is Ready",
	Doc:   page("nodes_ready.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Node, "nodes", "pods")(p)
		if nodes := p.Live.OfKind("Node"); len(nodes) > 0 && allReady(nodes) {
			p.SeeAll(check.Count(len(nodes), "node")+", all Ready", p.Live.Kubectl("get", "nodes"))
		}
	},
}

// allReady reports whether every node works.
func allReady(nodes []manifest.Object) bool {
	for _, node := range nodes {
		conditions, _ := node.Field("status", "conditions")
		list, _ := conditions.([]any)
		if !slices.ContainsFunc(list, func(c any) bool {
			kind, _ := manifest.Lookup(c, "type")
			status, _ := manifest.Lookup(c, "status")
			return kind == "Ready" && status == "True"
		}) {
			return false
		}
	}
	return true
}
