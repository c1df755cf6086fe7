package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PortsApart reports ports that two Services want, of which only one can have it.
var PortsApart = &check.Rule{
	ID:    "ports-apart",
	Title: "No two Services want the same port of the nodes, or of one address",
	Doc:   page("ports_apart.md"),
	Check: func(p *check.Pass) { judgeServicePorts(p, wiring(p)) },
}

// judgeServicePorts reports ports of nodes, or of one address, that an
// earlier Service has.
func judgeServicePorts(p *check.Pass, g *graph.Graph) {
	first := map[string]manifest.Ref{}
	for i, service := range g.Objects {
		if service.Kind != "Service" || service.Group() != "" {
			continue
		}
		for _, port := range graph.ServicePorts(service) {
			for place, path := range places(service, port) {
				other, taken := first[place]
				if taken && other != service.Ref && i < g.Build {
					p.Report(service, path, fmt.Sprintf("%s has %s already", other, place))
				} else {
					first[place] = service.Ref
				}
			}
		}
	}
}

// places are what no other Service can have beside a port of one, with the
// field that says so.
func places(service manifest.Object, port graph.Port) map[string]manifest.Path {
	all := map[string]manifest.Path{}
	if number, _ := service.Field(port.Path.With("nodePort")...); number != nil && number != int64(0) {
		all[fmt.Sprintf("port %v/%s of every node", number, port.Protocol)] = port.Path.With("nodePort")
	}
	if address := service.Text("spec", "loadBalancerIP"); address != "" {
		all[fmt.Sprintf("port %d/%s of address %s", port.Number, port.Protocol, address)] = port.Path.With("port")
	}
	return all
}
