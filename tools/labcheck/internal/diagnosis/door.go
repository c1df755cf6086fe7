package diagnosis

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Door is a TCP port of a Service of the overlay that leads to Ready Pods.
type Door struct {
	Service   manifest.Ref // in the cluster
	Port      int32
	NodePort  int32    // where the overlay chooses one, else 0
	ClusterIP string   // "" where the Service is headless
	External  []string // the addresses or names that a load balancer gave
	HTTP      bool     // whether HTTP is spoken there
}

// Doors are those of all Services of the overlay, in its order.
func Doors(declared []manifest.Object, s *check.Snapshot) []Door {
	v := newView(declared, s)
	var doors []Door
	for _, o := range declared {
		live, ok := s.Find(o.Ref)
		if !ok || o.Group() != "" || o.Kind != "Service" {
			continue
		}
		service := typed[corev1.Service](live)
		for _, port := range service.Spec.Ports {
			if port.Protocol != corev1.ProtocolTCP || len(service.Spec.Selector) == 0 || len(v.readyAddresses(live.Ref, port.Name)) == 0 {
				continue
			}
			door := Door{Service: live.Ref, Port: port.Port, HTTP: v.speaksHTTP(service, port)}
			if ip := service.Spec.ClusterIP; ip != corev1.ClusterIPNone {
				door.ClusterIP = ip
			}
			if hasNodePort(o) {
				door.NodePort = port.NodePort
			}
			for _, ingress := range service.Status.LoadBalancer.Ingress {
				door.External = append(door.External, ingress.IP+ingress.Hostname)
			}
			doors = append(doors, door)
		}
	}
	return doors
}

// speaksHTTP reports whether HTTP is spoken at a port: its name says so, or
// the kubelet asks for it there.
func (v *view) speaksHTTP(s *corev1.Service, port corev1.ServicePort) bool {
	if port.AppProtocol != nil {
		return *port.AppProtocol == "http"
	}
	if port.Name == "http" || strings.HasPrefix(port.Name, "http-") {
		return true
	}
	return slices.ContainsFunc(v.selected(s.Namespace, s.Spec.Selector), func(p *corev1.Pod) bool {
		return slices.ContainsFunc(p.Spec.Containers, func(c corev1.Container) bool { return probesHTTP(c, port) })
	})
}

func probesHTTP(c corev1.Container, port corev1.ServicePort) bool {
	for _, probe := range []*corev1.Probe{c.ReadinessProbe, c.LivenessProbe, c.StartupProbe} {
		if probe != nil && probe.HTTPGet != nil && probe.HTTPGet.Scheme != corev1.URISchemeHTTPS &&
			number(c, probe.HTTPGet.Port) == number(c, targetOf(port)) {
			return true
		}
	}
	return false
}

func targetOf(port corev1.ServicePort) intstr.IntOrString {
	if port.TargetPort == (intstr.IntOrString{}) {
		return intstr.FromInt32(port.Port)
	}
	return port.TargetPort
}

// number is the port of a container that a name or number means, or 0.
func number(c corev1.Container, port intstr.IntOrString) int32 {
	if port.Type == intstr.Int {
		return port.IntVal
	}
	for _, p := range c.Ports {
		if p.Name == port.StrVal {
			return p.ContainerPort
		}
	}
	return 0
}
