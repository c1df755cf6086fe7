package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/hosts"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// dns is what the cluster's DNS will know of the objects of an overlay and
// those beside it.
type dns struct {
	all      []*service
	sets     []*set
	declared []string // the namespaces that the overlay itself makes
}

// A service is a Service and the ports that answer under its name.
type service struct {
	manifest.Ref
	ports []int64 // nil where any may
}

// A set is a StatefulSet, whose Pods have names.
type set struct {
	manifest.Ref
	service     string
	first, last int64
	scaled      bool // by something else: there may be more Pods
	ports       []int64
}

func dnsOf(g *graph.Graph) dns {
	var n dns
	for _, pods := range g.Pods {
		if pods.Ref.Kind == "StatefulSet" && pods.BuiltIn {
			count := pods.Replicas
			if count < 0 {
				count = 1
			}
			n.sets = append(n.sets, &set{
				Ref: pods.Ref, service: g.Objects[pods.Object].Text("spec", "serviceName"),
				first: pods.First, last: pods.First + count - 1, ports: declaredPorts(pods),
			})
		}
	}
	for i, object := range g.Objects {
		switch object.Kind {
		case "Service":
			n.all = append(n.all, n.serviceOf(object))
		case "Namespace":
			if i < g.Build {
				n.declared = append(n.declared, object.Name)
			}
		case "HorizontalPodAutoscaler", "ScaledObject":
			for _, s := range n.sets {
				s.scaled = s.scaled || object.Text("spec", "scaleTargetRef", "name") == s.Name
			}
		}
	}
	for _, name := range g.Names("Service", "") {
		if !slices.ContainsFunc(n.all, func(s *service) bool { return s.Name == name }) {
			n.all = append(n.all, &service{Ref: manifest.Ref{Kind: "Service", Name: name}})
		}
	}
	return n
}

// serviceOf reads a Service. A headless one leads to the Pods themselves,
// where every port answers that a container listens on.
func (n dns) serviceOf(object manifest.Object) *service {
	s := &service{Ref: object.Ref}
	if object.Text("spec", "type") == "ExternalName" {
		return s
	}
	list, _ := object.Field("spec", "ports")
	items, _ := list.([]any)
	for _, item := range items {
		port, _ := manifest.Lookup(item, "port")
		if number, ok := port.(int64); ok {
			s.ports = append(s.ports, number)
		}
	}
	if object.Text("spec", "clusterIP") == "None" {
		for _, set := range n.sets {
			if set.service == s.Name && set.Namespace == s.Namespace && set.ports != nil {
				s.ports = append(s.ports, set.ports...)
				return s
			}
		}
		s.ports = nil
	}
	return s
}

// declaredPorts are the ports that containers declare, nil if none does.
func declaredPorts(pods *graph.Pods) []int64 {
	var all []int64
	for _, container := range pods.Containers() {
		for _, port := range container.Ports {
			all = append(all, port.Number)
		}
	}
	return all
}

// service is the Service of this name; one whose namespace is not known may
// be in any.
func (n dns) service(name, namespace string) *service {
	for _, s := range n.all {
		if s.Name == name && (s.Namespace == namespace || s.Namespace == "" || namespace == "") {
			return s
		}
	}
	return nil
}

// services are the names of the Services of a namespace.
func (n dns) services(namespace string) []string {
	var found []string
	for _, s := range n.all {
		if s.Namespace == namespace {
			found = append(found, s.Name)
		}
	}
	return found
}

func (n dns) namespacesOf(service string) []string {
	var found []string
	for _, s := range n.all {
		if s.Name == service && s.Namespace != "" {
			found = append(found, s.Namespace)
		}
	}
	return found
}

var numbered = regexp.MustCompile(`^(.+)-(0|[1-9][0-9]*)$`)

// setOf is the StatefulSet that a Pod of this name would be of, and which.
func (n dns) setOf(pod, namespace string) (*set, int64) {
	parts := numbered.FindStringSubmatch(pod)
	if parts == nil {
		return nil, 0
	}
	ordinal, err := strconv.ParseInt(parts[2], 10, 64)
	for _, s := range n.sets {
		if err == nil && s.Name == parts[1] && s.Namespace == namespace {
			return s, ordinal
		}
	}
	return nil, 0
}

// closestPod is the Pod of a StatefulSet behind a Service whose name is close
// to that of a Pod that is of none.
func (n dns) closestPod(pod, service, namespace string) string {
	parts := numbered.FindStringSubmatch(pod)
	for _, s := range n.sets {
		if parts != nil && s.service == service && s.Namespace == namespace && spelling.Closest(parts[1], []string{s.Name}) != "" {
			return s.Name + "-" + parts[2]
		}
	}
	return ""
}

func (s *set) has(ordinal int64) bool { return s.scaled || ordinal >= s.first && ordinal <= s.last }

// members names the Pods of a set.
func (s *set) members() string {
	switch {
	case s.last < s.first:
		return "no replicas"
	case s.first == s.last:
		return fmt.Sprintf("only %s-%d", s.Name, s.first)
	}
	return fmt.Sprintf("%s-%d to %s-%d", s.Name, s.first, s.Name, s.last)
}

// means says whether a name without a dot in a script is that of a Pod: there
// are names of other Pods of the set in its line, or it is the value of a
// variable that is written before the name of the Service.
func (n dns) means(t text, m hosts.Mention, s *set) bool {
	start := strings.LastIndexByte(t.value[:m.Offset], '\n') + 1
	line, _, _ := strings.Cut(t.value[start:], "\n")
	for _, word := range strings.Fields(line) {
		if other, ordinal := n.setOf(strings.Trim(word, `;"'`), t.object.Namespace); other == s && s.has(ordinal) {
			return true
		}
	}
	assigned := assignment.FindStringSubmatch(t.value[start:m.Offset])
	return assigned != nil && regexp.MustCompile(`\$\{?`+assigned[1]+`\}?\.`+regexp.QuoteMeta(s.service)+`\b`).MatchString(t.value)
}

var assignment = regexp.MustCompile(`(?:^|\s)([A-Za-z_][A-Za-z0-9_]*)=["']?$`)

func (s *service) faultOfPort(m hosts.Mention) string {
	if m.Port == 0 || s.ports == nil || slices.Contains(s.ports, m.Port) {
		return ""
	}
	return fmt.Sprintf("host %q: Service %q has no port %d, only %s", m.Name, s.Name, m.Port, listed(s.ports))
}

func (s *set) faultOfPort(m hosts.Mention) string {
	if m.Port == 0 || s.ports == nil || slices.Contains(s.ports, m.Port) {
		return ""
	}
	return fmt.Sprintf("host %q: no container of StatefulSet %q declares port %d, only %s", m.Name, s.Name, m.Port, listed(s.ports))
}

func listed(ports []int64) string {
	var all []string
	for _, port := range slices.Compact(slices.Sorted(slices.Values(ports))) {
		all = append(all, strconv.FormatInt(port, 10))
	}
	return strings.Join(all, ", ")
}
