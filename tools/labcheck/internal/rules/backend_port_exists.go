package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// BackendPortExists reports ports by which an Ingress, a route, a webhook or
// an APIService means a Service, and which the Service does not have.
var BackendPortExists = &check.Rule{
	ID:       "backend-port-exists",
	Title:    "Every port by which something means a Service is a port of the Service",
	Doc:      page("backend_port_exists.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, ref := range g.References {
			if ref.To.Kind != "Service" || ref.To.Group != "" {
				continue
			}
			for _, i := range g.Find(ref.To) {
				judgeBackend(p, ref, g.Objects[i])
			}
		}
	},
}

func judgeBackend(p *check.Pass, ref graph.Reference, service manifest.Object) {
	from := p.Objects[ref.From]
	name, number, path := graph.BackendPort(from, ref)
	if path == nil || service.Text("spec", "type") == "ExternalName" {
		return
	}
	ports := graph.ServicePorts(service)
	if slices.ContainsFunc(ports, func(port graph.Port) bool { return name != "" && port.Name == name || port.Number == number }) {
		return
	}
	related := manifest.Related{Message: fmt.Sprintf("the ports of %s", service.Ref), Pos: service.Locate("spec", "ports").Pos}
	var names []string
	var list string
	for _, port := range ports {
		names = append(names, port.Name)
		list += fmt.Sprintf(", %d", port.Number)
	}
	if name != "" {
		p.Report(from, path, fmt.Sprintf("%s has no port %q%s", service.Ref, name, spelling.DidYouMean(name, names)), related)
		return
	}
	p.Report(from, path, fmt.Sprintf("%s has no port %d, only %s", service.Ref, number, list[min(2, len(list)):]), related)
}
