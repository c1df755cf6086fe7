package diagnosis

import (
	"fmt"
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

// claimAccount judges a claim that is an object of the overlay itself.
func (v *view) claimAccount(_, live manifest.Object) found { return v.claim(live) }

// claim says whether a claim is bound at the size that it asks for.
func (v *view) claim(live manifest.Object) found {
	claim := typed[corev1.PersistentVolumeClaim](live)
	object, path := v.claimHome(live)
	cause := func(format string, args ...any) *Cause {
		return &Cause{Kind: Claim, Object: object, Path: path, Seen: []manifest.Ref{live.Ref}, Message: fmt.Sprintf(format, args...)}
	}
	asked, have := claim.Spec.Resources.Requests[corev1.ResourceStorage], claim.Status.Capacity[corev1.ResourceStorage]
	switch {
	case claim.Status.Phase == corev1.ClaimLost:
		return stuck(cause("the claim has lost its volume"))
	case claim.Status.Phase != corev1.ClaimBound:
		return v.pendingClaim(live, claim, cause)
	case have.Cmp(asked) < 0:
		c := cause("the claim has %s, not the %s that it asks for", have.String(), asked.String())
		c.Path = append(c.Path, "resources", "requests", "storage")
		return progressing([]*Cause{c}, "%s", c.Message)
	}
	return current("Bound, %s", have.String())
}

// pendingClaim says why a claim is not bound.
func (v *view) pendingClaim(live manifest.Object, claim *corev1.PersistentVolumeClaim, cause func(string, ...any) *Cause) found {
	for _, e := range v.events(keyOf(live.Ref), "ProvisioningFailed", "FailedBinding", "WaitForFirstConsumer", "ExternalProvisioning") {
		var c *Cause
		switch e.Reason {
		case "WaitForFirstConsumer":
			return progressing([]*Cause{cause("the claim waits for a Pod that uses it")}, "waits for a Pod that uses it")
		case "ExternalProvisioning":
			continue
		case "FailedBinding":
			c = cause("the claim names no storage class, and the cluster has no default one")
			c.Observed = []string{e.Message}
		default:
			class := "the default storage class"
			if name := claim.Spec.StorageClassName; name != nil {
				class = fmt.Sprintf("storage class %q", *name)
			}
			c = cause("%s gives no volume: %s", class, e.Message)
		}
		c.Path = append(c.Path, "storageClassName")
		return stuck(c)
	}
	return progressing([]*Cause{cause("the claim is not bound")}, "is not bound yet")
}

// claimHome is the object of the overlay that asks for a claim, and the path
// of the claim's spec in it.
func (v *view) claimHome(live manifest.Object) (manifest.Object, manifest.Path) {
	if o, ok := v.declared[keyOf(live.Ref)]; ok {
		return o, manifest.Path{"spec"}
	}
	for _, k := range v.order {
		o, ok := v.declared[k]
		if !ok || k.kind != "StatefulSet" || k.namespace != live.Namespace {
			continue
		}
		templates, _ := o.Field("spec", "volumeClaimTemplates")
		list, _ := templates.([]any)
		for i, template := range list {
			name, _ := manifest.Lookup(template, "metadata", "name")
			if text, _ := name.(string); strings.HasPrefix(live.Name, text+"-"+k.name+"-") {
				return o, manifest.Path{"spec", "volumeClaimTemplates", itoa(i), "spec"}
			}
		}
	}
	return live, manifest.Path{"spec"}
}
