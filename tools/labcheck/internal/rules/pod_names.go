package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PodNames reports Pods of StatefulSets without the name that cluster DNS is to give them.
var PodNames = &check.Rule{
	ID:       "pod-names",
	Title:    "Every Pod of a StatefulSet has its DNS name",
	Doc:      page("pod_names.md"),
	Needs:    check.Live,
	Requires: []*check.Rule{EndpointsReady, RolledOut},
	Check:    podNames,
}

func podNames(p *check.Pass) {
	skipMissed(p, "pods", "endpointslices")
	for _, o := range p.Objects {
		live, ok := p.Live.Find(o.Ref)
		service := o.Text("spec", "serviceName")
		if o.Kind != "StatefulSet" || !ok || service == "" {
			continue
		}
		published := hostnames(p.Live, live.Namespace, service)
		var lacking, has []string
		for _, pod := range podsOf(p.Live, live.Ref) {
			if pod.Text("status", "podIP") == "" {
				continue // it waits for something else, and DNS has nothing to answer yet
			}
			name := pod.Name + "." + service
			if slices.Contains(published, pod.Name) {
				has = append(has, name)
			} else {
				lacking = append(lacking, name)
			}
		}
		if len(lacking) > 0 {
			p.ReportLive(o, manifest.Path{"spec", "serviceName"}, fmt.Sprintf("Service %q publishes no name for %s", service, strings.Join(lacking, ", ")),
				[]string{"$ " + slicesOf(p.Live, live.Namespace, service)})
		} else if len(has) > 0 {
			p.See(o.Ref, "has the names "+strings.Join(has, ", "), slicesOf(p.Live, live.Namespace, service))
		}
	}
}

const serviceLabel = "kubernetes.io/service-name"

func slicesOf(s *check.Snapshot, namespace, service string) string {
	return s.Kubectl("-n", namespace, "get", "endpointslices", "-l", serviceLabel+"="+service, "-o", "yaml")
}

// hostnames are the names below its own that a Service gives to Pods: what
// cluster DNS answers for comes from its EndpointSlices.
func hostnames(s *check.Snapshot, namespace, service string) []string {
	var names []string
	for _, o := range s.Objects {
		if o.Kind != "EndpointSlice" || o.Namespace != namespace || o.Text("metadata", "labels", serviceLabel) != service {
			continue
		}
		endpoints, _ := o.Field("endpoints")
		list, _ := endpoints.([]any)
		for _, endpoint := range list {
			ready, known := manifest.Lookup(endpoint, "conditions", "ready")
			if name, ok := manifest.Lookup(endpoint, "hostname"); ok && (!known || ready == true) {
				names = append(names, name.(string))
			}
		}
	}
	return names
}

// podsOf are the live Pods that a workload owns itself.
func podsOf(s *check.Snapshot, owner manifest.Ref) []manifest.Object {
	var pods []manifest.Object
	for _, o := range s.Objects {
		owners, _ := o.Field("metadata", "ownerReferences")
		list, _ := owners.([]any)
		if o.Kind == "Pod" && o.Namespace == owner.Namespace && slices.ContainsFunc(list, func(item any) bool {
			kind, _ := manifest.Lookup(item, "kind")
			name, _ := manifest.Lookup(item, "name")
			return kind == owner.Kind && name == owner.Name
		}) {
			pods = append(pods, o)
		}
	}
	return pods
}
