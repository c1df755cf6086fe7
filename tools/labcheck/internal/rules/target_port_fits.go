package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// TargetPortFits reports ports of Services that lead to no port of the Pods.
var TargetPortFits = &check.Rule{
	ID:       "target-port-fits",
	Title:    "Every port of a Service leads to a port of its Pods",
	Doc:      page("target_port_fits.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, s := range g.Selectors() {
			if s.From < g.Build && s.Use == graph.Traffic {
				for _, port := range graph.ServicePorts(g.Objects[s.From]) {
					judgeTarget(p, g, s, port)
				}
			}
		}
	},
}

// judgeTarget judges one port of a Service. A named port may be that of only
// some of the Pods: the others get nothing of it. A number is for all.
func judgeTarget(p *check.Pass, g *graph.Graph, s graph.Selector, port graph.Port) {
	service := g.Objects[s.From]
	name, number := graph.TargetOf(service, port)
	selected := g.Selected(s)
	if name != "" {
		for _, pods := range selected {
			if pods.Leads(name, number, port.Protocol) == graph.Fits {
				return
			}
		}
	}
	for _, pods := range selected {
		if message := misfit(pods, name, number, port.Protocol); message != "" {
			p.Report(g.Objects[s.From], port.Path.With("targetPort"), message, manifest.Related{
				Message: fmt.Sprintf("the containers of %s", pods.Ref), Pos: g.Objects[pods.Object].Locate(pods.Path.With("spec", "containers")...).Pos,
			})
			return
		}
	}
}

// misfit says why a port leads to none of the Pods' ports, or "".
func misfit(pods *graph.Pods, name string, number int64, protocol string) string {
	target := fmt.Sprintf("port %q", name)
	if name == "" {
		target = fmt.Sprintf("port %d", number)
	}
	switch pods.Leads(name, number, protocol) {
	case graph.NoName:
		return fmt.Sprintf("no container of %s has a %s%s", pods.Ref, target, spelling.DidYouMean(name, pods.PortNames()))
	case graph.OtherProtocol:
		return fmt.Sprintf("%s of %s is not for %s, which this Service sends", target, pods.Ref, protocol)
	case graph.NoPort:
		return fmt.Sprintf("no container of %s has %s, only %s", pods.Ref, target, portList(pods, protocol))
	}
	return ""
}

func portList(pods *graph.Pods, protocol string) string {
	var list string
	for _, container := range pods.Containers() {
		for _, port := range container.Ports {
			if container.Serves && port.Protocol == protocol {
				list += fmt.Sprintf(", %d", port.Number)
			}
		}
	}
	return list[min(2, len(list)):]
}
