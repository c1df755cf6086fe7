package diagnosis

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

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
			return v.waitForPod(live, cause)
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

// waitForPod says why no Pod uses a claim, which is bound when one is placed.
func (v *view) waitForPod(claim manifest.Object, cause func(string, ...any) *Cause) found {
	for _, p := range v.sortedPods() {
		for _, volume := range p.Spec.Volumes {
			if c := volume.PersistentVolumeClaim; c != nil && c.ClaimName == claim.Name && p.Namespace == claim.Namespace {
				return v.pod(p)
			}
		}
	}
	c := cause("the claim is bound when a Pod uses it, and none does")
	return progressing([]*Cause{c}, "%s", c.Message)
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
