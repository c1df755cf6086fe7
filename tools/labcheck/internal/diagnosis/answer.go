package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Varies is the digest of a body that is not the same twice.
const Varies = "varies"

// AnswersOf are the answers of a live Service, port by port.
func AnswersOf(s *check.Snapshot, service manifest.Ref) [][]check.Answer {
	var ports [][]check.Answer
	for _, a := range s.Answers {
		last := len(ports) - 1
		switch {
		case a.Service != service:
		case last >= 0 && ports[last][0].Port == a.Port:
			ports[last] = append(ports[last], a)
		default:
			ports = append(ports, []check.Answer{a})
		}
	}
	return ports
}

// Describe says on which way an answer came, such as
// the cluster IP from node-1.
func Describe(a check.Answer) string {
	switch a.Way {
	case check.Forward:
		return "localhost through kubectl port-forward"
	case check.ClusterIP:
		return "the cluster IP from " + a.Node
	case check.NodePort:
		return "the node port from " + a.Node
	}
	return "the external address " + a.Target
}

// unanswered are the causes why ports of a Service do not answer, or not the
// same on all ways, although Ready Pods are behind them.
func (v *view) unanswered(o, live manifest.Object) []*Cause {
	var causes []*Cause
	for _, answers := range AnswersOf(v.snapshot, live.Ref) {
		failed := slices.DeleteFunc(slices.Clone(answers), func(a check.Answer) bool { return a.Failure == "" })
		c := &Cause{Kind: Answer, Object: o, Path: portPath(o, answers[0].Port), Seen: []manifest.Ref{live.Ref}}
		switch {
		case len(failed) == len(answers):
			c.Message = fmt.Sprintf("port %d gives no answer: %s", answers[0].Port, failed[0].Failure)
			v.blameTarget(c, live, answers[0].Port)
		case len(failed) > 0:
			c.Message = fmt.Sprintf("port %d answers, but not at %s: %s", answers[0].Port, Describe(failed[0]), failed[0].Failure)
		default:
			other, ok := differing(answers)
			if !ok {
				continue
			}
			c.Message = fmt.Sprintf("port %d answers with other bytes at %s than at %s", other.Port, Describe(other), Describe(answers[0]))
		}
		for _, a := range answers {
			c.Observed = append(c.Observed, Describe(a)+": "+Result(a))
		}
		causes = append(causes, c)
	}
	return causes
}

// Result says what came back.
func Result(a check.Answer) string {
	switch {
	case a.Failure != "":
		return a.Failure
	case a.Status != 0:
		return fmt.Sprintf("status %d, %d bytes", a.Status, a.Bytes)
	}
	return "it takes connections"
}

// differing is an answer whose body is not that of the first.
func differing(answers []check.Answer) (check.Answer, bool) {
	if slices.ContainsFunc(answers, func(a check.Answer) bool { return a.Digest == Varies }) {
		return check.Answer{}, false
	}
	for _, a := range answers[1:] {
		if a.Digest != answers[0].Digest || a.Status != answers[0].Status {
			return a, true
		}
	}
	return check.Answer{}, false
}

// portPath is where a Service of the overlay has a port.
func portPath(o manifest.Object, port int64) manifest.Path {
	ports, _ := o.Field("spec", "ports")
	list, _ := ports.([]any)
	for i, item := range list {
		if number, _ := manifest.Lookup(item, "port"); number == port {
			return manifest.Path{"spec", "ports", itoa(i), "port"}
		}
	}
	return manifest.Path{"spec", "ports"}
}

// blameTarget makes targetPort the cause, where it is a number that no
// container declares.
func (v *view) blameTarget(c *Cause, live manifest.Object, port int64) {
	service := typed[corev1.Service](live)
	i := slices.IndexFunc(service.Spec.Ports, func(p corev1.ServicePort) bool { return int64(p.Port) == port })
	if i < 0 || len(c.Path) != 4 {
		return
	}
	var declared []int32
	for _, p := range v.selected(live.Namespace, service.Spec.Selector) {
		for _, container := range p.Spec.Containers {
			for _, offered := range container.Ports {
				declared = append(declared, offered.ContainerPort)
			}
		}
	}
	target := targetOf(service.Spec.Ports[i]).IntVal
	if len(declared) == 0 || target == 0 || slices.Contains(declared, target) {
		return
	}
	slices.Sort(declared)
	offers := strings.Trim(fmt.Sprint(slices.Compact(declared)), "[]")
	c.Path = append(c.Path[:3:3], "targetPort")
	c.Message += fmt.Sprintf("; its targetPort is %d, and the containers behind it declare %s", target, offers)
}
