package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/hosts"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// HostsResolve reports names of hosts, in variables, commands and settings,
// that the cluster's DNS will not know, and ports that nobody serves there.
var HostsResolve = &check.Rule{
	ID:    "hosts-resolve",
	Title: "Every host name of the cluster leads to a Service, and to a Pod of it that there is",
	Doc:   page("hosts_resolve.md"),
	Check: func(p *check.Pass) {
		n := dnsOf(wiring(p))
		for _, t := range textsOf(p) {
			for _, m := range mentionsIn(t) {
				if fault := n.judge(t, m); fault != "" {
					p.ReportInside(t.object, t.path, t.value, m.Offset, fault)
				}
			}
		}
	},
}

// mentionsIn are the hosts that a text names: it is one, or there are some in
// it.
func mentionsIn(t text) []hosts.Mention {
	if hosts.IsHostVariable(t.variable) || hosts.IsHostFlag(t.after) {
		if m, ok := hosts.Value(t.value); ok {
			return []hosts.Mention{m}
		}
	}
	return hosts.In(t.value)
}

// judge says what is wrong with a host that a text in a Pod of a namespace
// names, "" if nothing is known to be.
func (n dns) judge(t text, m hosts.Mention) string {
	namespace := t.object.Namespace
	if m.Variable != "" {
		return n.judgeAfterVariable(namespace, m)
	}
	parts, qualified := strings.CutSuffix(m.Name, ".svc.cluster.local")
	if !qualified {
		parts, qualified = strings.CutSuffix(m.Name, ".svc")
	}
	labels := strings.Split(parts, ".")
	switch {
	case len(labels) == 1 && !qualified:
		return n.judgeShort(t, m)
	case len(labels) == 2 && (qualified || n.service(labels[0], labels[1]) != nil):
		return n.judgeService(labels[0], labels[1], m, qualified)
	case len(labels) == 2:
		return n.judgePod(labels[0], labels[1], namespace, m)
	case len(labels) == 3 && (qualified || n.service(labels[1], labels[2]) != nil):
		if fault := n.judgeService(labels[1], labels[2], hosts.Mention{Name: m.Name}, qualified); fault != "" {
			return fault
		}
		return n.judgePod(labels[0], labels[1], labels[2], m)
	}
	return ""
}

// judgeShort judges a name without a dot: a Service of the same namespace, or
// a Pod of which a list in a script speaks.
func (n dns) judgeShort(t text, m hosts.Mention) string {
	if set, ordinal := n.setOf(m.Name, t.object.Namespace); set != nil && !set.has(ordinal) && n.means(t, m, set) {
		return n.noPod(m.Name, set)
	}
	if !m.Aimed {
		return ""
	}
	if s := n.service(m.Name, t.object.Namespace); s != nil {
		return s.faultOfPort(m)
	}
	if meant := spelling.Closest(m.Name, n.services(t.object.Namespace)); meant != "" {
		return fmt.Sprintf("host %q: there is no Service of this name, did you mean %q?", m.Name, meant)
	}
	for _, other := range n.all {
		if other.Name == m.Name && other.Namespace != "" && t.object.Namespace != "" {
			return fmt.Sprintf("host %q: the Service of this name is in namespace %q, which only %s.%s reaches from %q",
				m.Name, other.Namespace, m.Name, other.Namespace, t.object.Namespace)
		}
	}
	return ""
}

// judgeService judges a name of a Service with its namespace.
func (n dns) judgeService(service, namespace string, m hosts.Mention, qualified bool) string {
	if s := n.service(service, namespace); s != nil {
		return s.faultOfPort(m)
	}
	if !qualified {
		return ""
	}
	if meant := spelling.Closest(service, n.services(namespace)); meant != "" {
		return fmt.Sprintf("host %q: there is no Service %q in namespace %q, did you mean %q?", m.Name, service, namespace, meant)
	}
	if namespaces := n.namespacesOf(service); len(namespaces) > 0 {
		if meant := spelling.Closest(namespace, namespaces); meant != "" {
			return fmt.Sprintf("host %q: there is no Service %q in namespace %q, did you mean namespace %q?", m.Name, service, namespace, meant)
		}
	}
	if slices.Contains(n.declared, namespace) {
		return fmt.Sprintf("host %q: there is no Service %q in namespace %q", m.Name, service, namespace)
	}
	return ""
}

// judgePod judges the name of a Pod below that of a Service.
func (n dns) judgePod(pod, service, namespace string, m hosts.Mention) string {
	s := n.service(service, namespace)
	set, ordinal := n.setOf(pod, namespace)
	switch {
	case s == nil && set != nil && set.has(ordinal):
		if meant := spelling.Closest(service, n.services(namespace)); meant != "" {
			return fmt.Sprintf("host %q: there is no Service %q, did you mean %q?", m.Name, service, meant)
		}
	case s == nil:
	case set != nil && set.service != service:
		return fmt.Sprintf("host %q: Service %q gives no names to the Pods of StatefulSet %q, whose serviceName is %q", m.Name, service, set.Name, set.service)
	case set != nil && !set.has(ordinal):
		return n.noPod(m.Name, set)
	case set != nil:
		return set.faultOfPort(m)
	default:
		if meant := n.closestPod(pod, service, namespace); meant != "" {
			return fmt.Sprintf("host %q: there is no such Pod, did you mean %q?", m.Name, meant+"."+service)
		}
	}
	return ""
}

func (n dns) noPod(name string, set *set) string {
	return fmt.Sprintf("host %q: there is no such Pod, StatefulSet %q has %s", name, set.Name, set.members())
}

// judgeAfterVariable judges $HOSTNAME.service, and what else stands where
// only a host can.
func (n dns) judgeAfterVariable(namespace string, m hosts.Mention) string {
	service, _, _ := strings.Cut(m.Name, ".")
	if n.service(service, namespace) != nil || !m.Aimed && m.Port == 0 && m.Variable != "HOSTNAME" {
		return ""
	}
	if meant := spelling.Closest(service, n.services(namespace)); meant != "" {
		return fmt.Sprintf("host \"$%s.%s\": there is no Service %q, did you mean %q?", m.Variable, m.Name, service, meant)
	}
	return ""
}
