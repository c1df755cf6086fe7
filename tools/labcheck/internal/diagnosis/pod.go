package diagnosis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A patient is a Pod to judge, and where its spec stands in the overlay.
type patient struct {
	*view
	pod  *corev1.Pod
	home home
}

// pod says how far a Pod is.
func (v *view) pod(p *corev1.Pod) found {
	k := podKey(p)
	if f, ok := v.known[k]; ok {
		return f
	}
	v.known[k] = progressing(nil, "is not Ready yet") // for a claim that waits for this Pod
	h, _ := v.homeOf(k)
	f := patient{v, p, h}.judge()
	v.known[k] = f
	return f
}

func (v *view) podAccount(_, live manifest.Object) found { return v.pod(v.pods[keyOf(live.Ref)]) }

func (p patient) judge() found {
	status := p.pod.Status
	if status.Phase == corev1.PodSucceeded {
		return current("done")
	}
	if c := p.brokenNode(p.pod.Spec.NodeName); c != nil && !isReady(p.pod) {
		c.Seen = []manifest.Ref{podRef(p.pod)}
		return stuck(c)
	}
	switch {
	case p.pod.DeletionTimestamp != nil:
		return progressing(nil, "is being deleted")
	case isReady(p.pod):
		return current("Ready")
	case status.Phase == corev1.PodFailed && status.Reason != "":
		return stuck(p.cause(Exit, p.home.spec, []string{status.Message}, "the Pod has failed: %s", status.Reason))
	case p.pod.Spec.NodeName == "":
		return p.unscheduled()
	}
	for _, c := range p.pod.Spec.InitContainers {
		if f := p.initContainer(c); f.state != Current {
			return f
		}
	}
	for _, c := range slices.Concat(p.sidecars(), p.pod.Spec.Containers) {
		if f := p.container(c); f.state != Current {
			return f
		}
	}
	return progressing(nil, "is not Ready yet")
}

// cause is a cause that the Pod shows.
func (p patient) cause(kind Kind, path manifest.Path, observed []string, format string, args ...any) *Cause {
	return &Cause{
		Kind: kind, Object: p.home.object, Path: path, Message: fmt.Sprintf(format, args...),
		Seen: []manifest.Ref{podRef(p.pod)}, Observed: slices.DeleteFunc(observed, func(s string) bool { return s == "" }),
	}
}

func isReady(p *corev1.Pod) bool {
	return slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func isSidecar(c corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func (p patient) sidecars() []corev1.Container {
	return slices.DeleteFunc(slices.Clone(p.pod.Spec.InitContainers), func(c corev1.Container) bool { return !isSidecar(c) })
}

func (p patient) statusOf(c corev1.Container) corev1.ContainerStatus {
	for _, s := range slices.Concat(p.pod.Status.InitContainerStatuses, p.pod.Status.ContainerStatuses) {
		if s.Name == c.Name {
			return s
		}
	}
	return corev1.ContainerStatus{}
}

// initContainer says whether the containers after c may start.
func (p patient) initContainer(c corev1.Container) found {
	s := p.statusOf(c)
	switch {
	case s.State.Terminated != nil && s.State.Terminated.ExitCode == 0 && !isSidecar(c):
		return current("done")
	case s.State.Running == nil:
		return p.notRunning(c, s)
	case !isSidecar(c):
		cause := p.cause(Init, p.home.container(c.Name), p.lastWords(c.Name), "init container %q does not end%s", c.Name, saying(p.logOf(p.pod, c.Name)))
		return progressing([]*Cause{cause}, "init container %s runs", c.Name)
	case s.Started == nil || !*s.Started:
		return p.unready(c, s)
	}
	return current("started")
}

// container says whether a container, or a sidecar, is ready.
func (p patient) container(c corev1.Container) found {
	s := p.statusOf(c)
	switch {
	case s.State.Running == nil:
		return p.notRunning(c, s)
	case !s.Ready:
		return p.unready(c, s)
	}
	return current("ready")
}

// unscheduled says why no node has the Pod.
func (p patient) unscheduled() found {
	for _, c := range p.pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return p.unschedulable(c.Message)
		}
	}
	return progressing(nil, "waits for the scheduler")
}

// saying is the last line of a log, as the end of a sentence.
func saying(log []string) string {
	if len(log) == 0 {
		return ""
	}
	return ": " + log[len(log)-1]
}

// lastWords is the end of a container's log, for a reader.
func (p patient) lastWords(container string) []string {
	var lines []string
	for _, line := range p.logOf(p.pod, container) {
		lines = append(lines, container+": "+line)
	}
	return lines
}

// oneLine is text without line breaks and with the Pod's address made general,
// so that two Pods that fail alike say the same.
func (p patient) oneLine(text string) string {
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
	if ip := p.pod.Status.PodIP; ip != "" {
		text = strings.ReplaceAll(text, ip, "POD-IP")
	}
	return strings.TrimSpace(text)
}

// brokenNode is the cause where a node does not work, or nil.
func (v *view) brokenNode(name string) *Cause {
	node, ok := v.nodes[name]
	if !ok {
		return nil
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			ref := manifest.Ref{APIVersion: "v1", Kind: "Node", Name: name}
			return &Cause{
				Kind: Node, Object: manifest.Object{Ref: ref},
				Message: fmt.Sprintf("the node is not Ready: %s", cmp.Or(lowerFirst(c.Message), c.Reason)),
			}
		}
	}
	return nil
}

func lowerFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToLower(s[:1]) + strings.TrimSuffix(s[1:], ".")
}
