package graph

import (
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Fit says whether a port of a Service leads to a port of Pods.
type Fit int

const (
	Fits   Fit = iota
	MayFit     // no container declares it, but one that declares none may listen there
	NoName     // no container has a port of this name
	OtherProtocol
	NoPort // every container declares ports, and none this one
)

// ServicePorts are the ports of a Service; their paths lead to the port.
func ServicePorts(service manifest.Object) []Port {
	value, _ := service.Field("spec", "ports")
	return ports(value, manifest.Path{"spec", "ports"}, "port")
}

// TargetOf is what a port of a Service leads to: a name, or else a number.
func TargetOf(service manifest.Object, port Port) (name string, number int64) {
	value, _ := service.Field(port.Path.With("targetPort")...)
	switch target := value.(type) {
	case string:
		if n, err := strconv.ParseInt(target, 10, 32); err == nil {
			return "", n
		}
		return target, 0
	case int64:
		return "", target
	}
	return "", port.Number
}

// Leads says whether Pods have the port that a Service sends to.
func (p *Pods) Leads(name string, number int64, protocol string) Fit {
	fit, quiet := NoPort, false
	if name != "" {
		fit = NoName
	}
	for _, container := range p.Containers() {
		if !container.Serves {
			continue
		}
		quiet = quiet || !slices.ContainsFunc(container.Ports, func(port Port) bool { return port.Protocol == protocol })
		for _, port := range container.Ports {
			switch {
			case name != "" && port.Name != name, name == "" && port.Number != number:
			case port.Protocol == protocol:
				return Fits
			default:
				fit = OtherProtocol
			}
		}
	}
	if name == "" && quiet {
		return MayFit
	}
	return fit
}

// PortNames are the names of the ports that containers which serve declare.
func (p *Pods) PortNames() []string {
	var names []string
	for _, container := range p.Containers() {
		for _, port := range container.Ports {
			if container.Serves && port.Name != "" {
				names = append(names, port.Name)
			}
		}
	}
	return names
}

// BackendPort is the port by which a reference to a Service means it: a name
// or a number, and the path to it. The path is nil where it means none.
func BackendPort(from manifest.Object, ref Reference) (name string, number int64, path manifest.Path) {
	if len(ref.Path) == 0 {
		return "", 0, nil
	}
	backend := ref.Path[:len(ref.Path)-1]
	for _, steps := range []manifest.Path{{"port", "name"}, {"port", "number"}, {"port"}} {
		at := backend.With(steps...)
		switch value, _ := from.Field(at...); port := value.(type) {
		case string:
			if n, err := strconv.ParseInt(port, 10, 32); err == nil {
				return "", n, at
			}
			return port, 0, at
		case int64:
			return "", port, at
		}
	}
	return "", 0, nil
}
