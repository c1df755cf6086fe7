package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// ProbePortExists reports probes and lifecycle handlers that aim at a port by
// a name that their container does not give to any.
var ProbePortExists = &check.Rule{
	ID:       "probe-port-exists",
	Title:    "Every port that a probe or a lifecycle handler names is a port of its container",
	Doc:      page("probe_port_exists.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, pods := range g.Pods {
			if pods.Object >= g.Build {
				continue
			}
			for _, container := range pods.Containers() {
				for _, handler := range handlers {
					judgeHandler(p, p.Objects[pods.Object], container, handler)
				}
			}
		}
	},
}

// handlers are where a container may say a port to be called at.
var handlers = func() []manifest.Path {
	var all []manifest.Path
	for _, caller := range []manifest.Path{{"livenessProbe"}, {"readinessProbe"}, {"startupProbe"}, {"lifecycle", "postStart"}, {"lifecycle", "preStop"}} {
		for _, way := range []string{"httpGet", "tcpSocket"} {
			all = append(all, caller.With(way, "port"))
		}
	}
	return all
}()

func judgeHandler(p *check.Pass, o manifest.Object, container graph.Container, handler manifest.Path) {
	value, _ := manifest.Lookup(container.Fields, handler...)
	name, isName := value.(string)
	if !isName || slices.ContainsFunc(container.Ports, func(port graph.Port) bool { return port.Name == name }) {
		return
	}
	var names []string
	for _, port := range container.Ports {
		names = append(names, port.Name)
	}
	p.Report(o, container.Path.With(handler...), fmt.Sprintf("container %s has no port %q%s", container.Name, name, spelling.DidYouMean(name, names)))
}
