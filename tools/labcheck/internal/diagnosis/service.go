package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// service says whether every port of a Service leads to a Pod that is Ready
// and, where it is to have one, whether it has an external address.
func (v *view) service(o, live manifest.Object) found {
	s := typed[corev1.Service](live)
	if len(s.Spec.Selector) == 0 || s.Spec.Type == corev1.ServiceTypeExternalName {
		return current("there")
	}
	ready := map[string]bool{}
	for i, port := range s.Spec.Ports {
		addresses := v.readyAddresses(live.Ref, port.Name)
		if len(addresses) == 0 {
			return v.noEndpoint(o, live, s, i)
		}
		for _, a := range addresses {
			ready[a] = true
		}
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(s.Status.LoadBalancer.Ingress) == 0 && !hasNodePort(o) {
		return stuck(&Cause{
			Kind: Address, Object: o, Path: manifest.Path{"spec", "type"}, Seen: []manifest.Ref{live.Ref},
			Message:  "the load balancer of this cluster gives no address",
			Observed: []string{"minikube gives one while this runs: minikube tunnel", "kind gives one while this runs: cloud-provider-kind"},
		})
	}
	return current("every port leads to %s", check.Count(len(ready), "Pod"))
}

// hasNodePort reports whether the overlay itself chooses a node port, by which
// the Service is reached where there is no load balancer.
func hasNodePort(o manifest.Object) bool {
	ports, _ := o.Field("spec", "ports")
	list, _ := ports.([]any)
	return slices.ContainsFunc(list, func(port any) bool { _, ok := manifest.Lookup(port, "nodePort"); return ok })
}

// readyAddresses are the addresses behind a port of a Service that may get traffic.
func (v *view) readyAddresses(service manifest.Ref, port string) []string {
	var addresses []string
	for _, slice := range v.slices(service) {
		if !slices.ContainsFunc(slice.Ports, func(p discoveryv1.EndpointPort) bool { return p.Name != nil && *p.Name == port && p.Port != nil }) {
			continue
		}
		for _, e := range slice.Endpoints {
			if e.Conditions.Ready == nil || *e.Conditions.Ready {
				addresses = append(addresses, e.Addresses...)
			}
		}
	}
	return addresses
}

func (v *view) slices(service manifest.Ref) []*discoveryv1.EndpointSlice {
	var found []*discoveryv1.EndpointSlice
	for _, o := range v.owned(service, "EndpointSlice") {
		found = append(found, typed[discoveryv1.EndpointSlice](o))
	}
	return found
}

// noEndpoint says why port i of a Service leads nowhere.
func (v *view) noEndpoint(o, live manifest.Object, s *corev1.Service, i int) found {
	port := s.Spec.Ports[i]
	cause := func(path manifest.Path, format string, args ...any) found {
		return stuck(&Cause{Kind: Endpoints, Object: o, Path: path, Seen: []manifest.Ref{live.Ref}, Message: fmt.Sprintf(format, args...)})
	}
	selected := v.selected(live.Namespace, s.Spec.Selector)
	if len(selected) == 0 {
		if f, ok := v.makerOf(live.Namespace, s.Spec.Selector); ok {
			return f
		}
		return cause(manifest.Path{"spec", "selector"}, "the Service selects no Pod: none has the labels %s", labels.FormatLabels(s.Spec.Selector))
	}
	f := found{state: Stuck, says: "none of its Pods is Ready"}
	for _, p := range selected {
		pod := v.podOfWorkload(p)
		if pod.state == Current {
			if port.TargetPort.StrVal != "" && !namesPort(p, port) {
				return cause(manifest.Path{"spec", "ports", itoa(i), "targetPort"}, "no container of the selected Pods has a port named %q", port.TargetPort.StrVal)
			}
			return progressing(nil, "its endpoints are not published yet")
		}
		f.causes = append(f.causes, pod.causes...)
		if pod.state == Progressing {
			f.state = Progressing
		}
	}
	return f
}

// podOfWorkload says how far a Pod is: where its workload is not current, as
// far as that, whose Pods may wait for each other.
func (v *view) podOfWorkload(p *corev1.Pod) found {
	pod := v.pod(p)
	for _, owner := range v.owners(podKey(p)) {
		o, ok := v.declared[key{manifest.Ref{APIVersion: owner.APIVersion}.Group(), owner.Kind, p.Namespace, owner.Name}]
		if !ok || pod.state == Current {
			continue
		}
		if workload := v.account(o); workload.state != Current {
			return workload
		}
	}
	return pod
}

func namesPort(p *corev1.Pod, port corev1.ServicePort) bool {
	for _, c := range slices.Concat(p.Spec.Containers, p.Spec.InitContainers) {
		for _, declared := range c.Ports {
			if declared.Name == port.TargetPort.StrVal && declared.Protocol == port.Protocol {
				return true
			}
		}
	}
	return false
}

// selected are the Pods that a selector chooses.
func (v *view) selected(namespace string, selector map[string]string) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, p := range v.sortedPods() {
		if p.Namespace == namespace && labels.SelectorFromSet(selector).Matches(labels.Set(p.Labels)) {
			pods = append(pods, p)
		}
	}
	return pods
}

// makerOf is what is known of a workload whose Pods a selector would choose,
// while it has none.
func (v *view) makerOf(namespace string, selector map[string]string) (found, bool) {
	for _, k := range v.order {
		o, ok := v.declared[k]
		if !ok || k.namespace != namespace || !strings.Contains("Deployment StatefulSet DaemonSet", k.kind) {
			continue
		}
		value, _ := v.live[k].Field("spec", "template", "metadata", "labels")
		template := labels.Set{}
		given, _ := value.(map[string]any)
		for name, label := range given {
			template[name], _ = label.(string)
		}
		if labels.SelectorFromSet(selector).Matches(template) {
			if f := v.account(o); f.state != Current {
				return f, true
			}
			return stuck(&Cause{
				Kind: Endpoints, Object: o, Path: manifest.Path{"spec", "replicas"}, Seen: []manifest.Ref{v.live[k].Ref},
				Message: fmt.Sprintf("the Service has no Pod behind it, because %s is to run none", o.Ref),
			}), true
		}
	}
	return found{}, false
}
