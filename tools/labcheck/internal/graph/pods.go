package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Pods are Pods that are alike: a Pod, or those of the template of a workload.
type Pods struct {
	Object    int           // of Graph.Objects
	Path      manifest.Path // to the Pod or the template: what has metadata and spec
	Ref       manifest.Ref  // of the object
	Replicas  int64         // how many the object says; -1 where it says nothing
	BuiltIn   bool          // a kind of Kubernetes' own, which makes Pods of exactly this template
	Labels    map[string]string
	Spec      map[string]any
	First     int64    // the ordinal of the first, of a StatefulSet
	Templates []string // names of the claim templates, of a StatefulSet
}

// templatePaths lead to the template of the kinds that have one.
var templatePaths = map[string]manifest.Path{
	"Pod": {}, "PodTemplate": {"template"},
	"Deployment": {"spec", "template"}, "StatefulSet": {"spec", "template"}, "DaemonSet": {"spec", "template"},
	"ReplicaSet": {"spec", "template"}, "ReplicationController": {"spec", "template"}, "Job": {"spec", "template"},
	"CronJob": {"spec", "jobTemplate", "spec", "template"},
}

// podsOf are the Pods that an object is or makes. Of a kind that is not
// Kubernetes' own, whatever looks like a template of Pods is taken for one.
func podsOf(i int, o manifest.Object) []*Pods {
	if isBuiltIn(o.Group()) {
		path, ok := templatePaths[o.Kind]
		if !ok {
			return nil
		}
		template, _ := o.Field(path...)
		if pods := newPods(i, o, path, template); pods != nil {
			pods.BuiltIn = true
			return []*Pods{pods}
		}
		return nil
	}
	var all []*Pods
	everyMapping(o.Fields, nil, func(path manifest.Path, fields map[string]any) {
		if spec, _ := fields["spec"].(map[string]any); looksLikePod(spec) {
			all = append(all, newPods(i, o, path, fields))
		}
	})
	return all
}

func newPods(i int, o manifest.Object, path manifest.Path, template any) *Pods {
	spec, _ := manifest.Lookup(template, "spec")
	fields, ok := spec.(map[string]any)
	if !ok {
		return nil
	}
	pods := &Pods{Object: i, Path: path, Ref: o.Ref, Replicas: -1, Spec: fields, Labels: map[string]string{}}
	labels, _ := manifest.Lookup(template, "metadata", "labels")
	labelled, _ := labels.(map[string]any)
	for key, value := range labelled {
		pods.Labels[key], _ = value.(string)
	}
	if replicas, ok := o.Field("spec", "replicas"); ok {
		pods.Replicas, _ = replicas.(int64)
	}
	if first, ok := o.Field("spec", "ordinals", "start"); ok {
		pods.First, _ = first.(int64)
	}
	claims, _ := o.Field("spec", "volumeClaimTemplates")
	list, _ := claims.([]any)
	for _, claim := range list {
		name, _ := manifest.Lookup(claim, "metadata", "name")
		pods.Templates = append(pods.Templates, fmt.Sprint(name))
	}
	return pods
}

// looksLikePod says whether a mapping is most likely the spec of Pods.
func looksLikePod(spec map[string]any) bool {
	containers, _ := spec["containers"].([]any)
	return len(containers) > 0 && !slices.ContainsFunc(containers, func(c any) bool {
		container, _ := c.(map[string]any)
		return text(container, "name") == "" && text(container, "image") == ""
	})
}

// everyMapping calls do for each mapping at or below value.
func everyMapping(value any, path manifest.Path, do func(manifest.Path, map[string]any)) {
	switch node := value.(type) {
	case map[string]any:
		do(path, node)
		for _, key := range sortedKeys(node) {
			everyMapping(node[key], path.With(key), do)
		}
	case []any:
		for i, item := range node {
			everyMapping(item, path.With(strconv.Itoa(i)), do)
		}
	}
}

// isBuiltIn says whether an API group is one of Kubernetes' own.
func isBuiltIn(group string) bool {
	return !strings.Contains(group, ".") || strings.HasSuffix(group, ".k8s.io") && slices.Contains(ownGroups, group)
}

var ownGroups = []string{
	"admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io",
	"authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io",
	"flowcontrol.apiserver.k8s.io", "networking.k8s.io", "node.k8s.io", "rbac.authorization.k8s.io",
	"resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
}

// A Container is one container of Pods.
type Container struct {
	Name   string
	Path   manifest.Path
	Fields map[string]any
	Serves bool // beside the others: not an init container that ends before they start
	Ports  []Port
}

// A Port is a port that a container or a Service declares.
type Port struct {
	Name     string
	Number   int64
	Protocol string
	Path     manifest.Path
}

// Containers are the containers of the Pods, init containers first.
func (p *Pods) Containers() []Container {
	var all []Container
	for _, field := range []string{"initContainers", "containers"} {
		list, _ := p.Spec[field].([]any)
		for i, item := range list {
			fields, _ := item.(map[string]any)
			path := p.Path.With("spec", field, strconv.Itoa(i))
			all = append(all, Container{
				Name: text(fields, "name"), Path: path, Fields: fields,
				Serves: field == "containers" || text(fields, "restartPolicy") == "Always",
				Ports:  ports(fields["ports"], path.With("ports"), "containerPort"),
			})
		}
	}
	return all
}

// ports reads a list of ports, whose number is in field.
func ports(value any, path manifest.Path, field string) []Port {
	list, _ := value.([]any)
	var all []Port
	for i, item := range list {
		fields, _ := item.(map[string]any)
		number, _ := fields[field].(int64)
		port := Port{Name: text(fields, "name"), Number: number, Protocol: text(fields, "protocol"), Path: path.With(strconv.Itoa(i))}
		if port.Protocol == "" {
			port.Protocol = "TCP"
		}
		all = append(all, port)
	}
	return all
}
