package native

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/persistentvolume"
	"k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	volumevalidation "k8s.io/kubernetes/pkg/volume/validation"
)

// preparePod leaves out what podStrategy derives from other fields and checks
// nowhere: matchLabelKeys merged into selectors, conditions, the QoS class.
// The name of the ServiceAccount is set by admission before that; validation
// counts on it.
func preparePod(p *core.Pod) {
	if p.Spec.ServiceAccountName == "" {
		p.Spec.ServiceAccountName = "default"
		p.Spec.DeprecatedServiceAccount = "default"
	}
	p.Generation = 1
	p.Status = core.PodStatus{Phase: core.PodPending}
	pod.DropDisabledPodFields(p, nil)
	pod.DefaultPodLevelResources(p)
}

func validatePod(p *core.Pod) field.ErrorList {
	options := pod.GetValidationOptionsFromPodSpecAndMeta(&p.Spec, nil, &p.ObjectMeta, nil)
	options.ResourceIsPod = true
	return validation.ValidatePodCreate(p, options)
}

func prepareNamespace(n *core.Namespace) {
	n.Status = core.NamespaceStatus{Phase: core.NamespaceActive}
	if !slices.Contains(n.Spec.Finalizers, core.FinalizerKubernetes) {
		n.Spec.Finalizers = append(n.Spec.Finalizers, core.FinalizerKubernetes)
	}
}

func prepareClaim(c *core.PersistentVolumeClaim) {
	c.Status = core.PersistentVolumeClaimStatus{}
	persistentvolumeclaim.DropDisabledFields(&c.Spec, nil)
	persistentvolumeclaim.EnforceDataSourceBackwardsCompatibility(&c.Spec, nil)
	persistentvolumeclaim.NormalizeDataSources(&c.Spec)
}

func validateClaim(c *core.PersistentVolumeClaim) field.ErrorList {
	return validation.ValidatePersistentVolumeClaim(c, validation.ValidationOptionsForPersistentVolumeClaim(c, nil))
}

func prepareVolume(v *core.PersistentVolume) {
	v.Status = core.PersistentVolumeStatus{Phase: core.VolumePending}
	persistentvolume.DropDisabledSpecFields(&v.Spec, nil)
}

func validateVolume(v *core.PersistentVolume) field.ErrorList {
	errs := validation.ValidatePersistentVolume(v, validation.ValidationOptionsForPersistentVolume(v, nil))
	return append(errs, volumevalidation.ValidatePersistentVolume(v)...)
}

func prepareServiceAccount(a *core.ServiceAccount) {
	for i, secret := range a.Secrets {
		a.Secrets[i] = core.ObjectReference{Name: secret.Name}
	}
}

func prepareReplicationController(c *core.ReplicationController) {
	c.Status = core.ReplicationControllerStatus{}
	c.Generation = 1
	pod.DropDisabledTemplateFields(c.Spec.Template, nil)
}

func validateReplicationController(c *core.ReplicationController) field.ErrorList {
	return validation.ValidateReplicationController(c, pod.GetValidationOptionsFromPodTemplate(c.Spec.Template, nil))
}
