package diagnosis

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// What the scheduler says of a Pod that fits on no node.
var (
	insufficient = regexp.MustCompile(`Insufficient ([a-z0-9./-]+)`)
	advice       = regexp.MustCompile(`\.? ?(no new claims to deallocate, )?preemption: .*$`)
	lostClaim    = regexp.MustCompile(`persistentvolumeclaim "([^"]+)" not found`)
	taint        = regexp.MustCompile(`untolerated taints?(\(s\))? ?\{?([^:}]*)`)
)

// unschedulable says why the scheduler finds no node, given what it says.
func (p patient) unschedulable(says string) found {
	says = advice.ReplaceAllString(p.oneLine(says), "")
	observed := []string{"scheduler: " + says}
	if f, ok := p.unboundClaim(says); ok {
		return f
	}
	if match := lostClaim.FindStringSubmatch(says); match != nil {
		return stuck(p.cause(Claim, p.claimVolume(match[1]), observed, "the claim %q, which a volume uses, does not exist", match[1]))
	}
	if match := insufficient.FindStringSubmatch(says); match != nil {
		if c := p.roomOnBrokenNode(match[1]); c != nil {
			return stuck(c)
		}
		name, amount := p.largestRequest(match[1])
		return stuck(p.cause(Scheduling, p.home.container(name, "resources", "requests", match[1]), observed,
			"no node has %s of %s free, which container %q requests", amount.String(), match[1], name))
	}
	if c := p.anyBrokenNode(); c != nil {
		return stuck(c)
	}
	switch {
	case strings.Contains(says, "node affinity/selector"):
		path := p.home.at("nodeSelector")
		if _, ok := p.home.object.Field(path...); !ok {
			path = p.home.at("affinity")
		}
		return stuck(p.cause(Scheduling, path, observed, "no node has the labels that the Pod asks for"))
	case taint.MatchString(says):
		return stuck(p.cause(Scheduling, p.home.at("tolerations"), observed, "every node has a taint that the Pod does not tolerate"))
	}
	return stuck(p.cause(Scheduling, p.home.spec, observed, "no node takes the Pod"))
}

// unboundClaim is the cause where the scheduler waits for a claim.
func (p patient) unboundClaim(says string) (found, bool) {
	if !strings.Contains(says, "unbound immediate PersistentVolumeClaims") && !strings.Contains(says, "binding volumes") {
		return found{}, false
	}
	for _, volume := range p.pod.Spec.Volumes {
		if volume.PersistentVolumeClaim == nil {
			continue
		}
		live, ok := p.live[key{"", "PersistentVolumeClaim", p.pod.Namespace, volume.PersistentVolumeClaim.ClaimName}]
		if !ok {
			continue
		}
		if f := p.claim(live); f.state != Current {
			return f, true
		}
	}
	return found{}, false
}

// claimVolume is the path of the volume that uses a claim.
func (p patient) claimVolume(claim string) manifest.Path {
	for _, volume := range p.pod.Spec.Volumes {
		if c := volume.PersistentVolumeClaim; c != nil && c.ClaimName == claim {
			return append(p.volume(volume.Name), "persistentVolumeClaim", "claimName")
		}
	}
	return p.home.at("volumes")
}

// largestRequest is the container that asks for most of a resource.
func (p patient) largestRequest(name string) (container string, amount resource.Quantity) {
	for _, c := range slices.Concat(p.pod.Spec.InitContainers, p.pod.Spec.Containers) {
		if asked, ok := c.Resources.Requests[corev1.ResourceName(name)]; ok && (container == "" || asked.Cmp(amount) > 0) {
			container, amount = c.Name, asked
		}
	}
	return container, amount
}

// roomOnBrokenNode is the cause where a node that does not work would be large
// enough for the Pod.
func (p patient) roomOnBrokenNode(name string) *Cause {
	_, amount := p.largestRequest(name)
	for _, node := range slices.Sorted(keys(p.nodes)) {
		room := p.nodes[node].Status.Allocatable[corev1.ResourceName(name)]
		if c := p.brokenNode(node); c != nil && amount.Cmp(room) <= 0 {
			c.Seen = []manifest.Ref{podRef(p.pod)}
			return c
		}
	}
	return nil
}

// anyBrokenNode is the cause where a node does not work.
func (p patient) anyBrokenNode() *Cause {
	for _, node := range slices.Sorted(keys(p.nodes)) {
		if c := p.brokenNode(node); c != nil {
			c.Seen = []manifest.Ref{podRef(p.pod)}
			return c
		}
	}
	return nil
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
