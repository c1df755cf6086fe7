package native

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/job"
	"k8s.io/kubernetes/pkg/api/persistentvolume"
	"k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchvalidation "k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/discovery"
	volumevalidation "k8s.io/kubernetes/pkg/volume/validation"
)

func prepareNamespaceUpdate(n, stored *core.Namespace) {
	n.Spec.Finalizers = stored.Spec.Finalizers
	n.Status = stored.Status
}

func validateNamespaceUpdate(n, stored *core.Namespace) field.ErrorList {
	return append(validation.ValidateNamespace(n), validation.ValidateNamespaceUpdate(n, stored)...)
}

func prepareVolumeUpdate(v, stored *core.PersistentVolume) {
	v.Status = stored.Status
	persistentvolume.DropDisabledSpecFields(&v.Spec, &stored.Spec)
}

func validateVolumeUpdate(v, stored *core.PersistentVolume) field.ErrorList {
	options := validation.ValidationOptionsForPersistentVolume(v, stored)
	errs := append(validation.ValidatePersistentVolume(v, options), volumevalidation.ValidatePersistentVolume(v)...)
	return append(errs, validation.ValidatePersistentVolumeUpdate(v, stored, options)...)
}

func prepareClaimUpdate(c, stored *core.PersistentVolumeClaim) {
	c.Status = stored.Status
	persistentvolumeclaim.DropDisabledFields(&c.Spec, &stored.Spec)
	persistentvolumeclaim.EnforceDataSourceBackwardsCompatibility(&c.Spec, &stored.Spec)
	persistentvolumeclaim.NormalizeDataSources(&c.Spec)
	persistentvolumeclaim.NormalizeDataSources(&stored.Spec)
}

func validateClaimUpdate(c, stored *core.PersistentVolumeClaim) field.ErrorList {
	return validation.ValidatePersistentVolumeClaimUpdate(c, stored, validation.ValidationOptionsForPersistentVolumeClaim(c, stored))
}

func preparePodUpdate(p, stored *core.Pod) {
	p.Status = stored.Status
	if p.Spec.Resources == nil {
		p.Spec.Resources = stored.Spec.Resources.DeepCopy()
	}
	pod.DropDisabledPodFields(p, stored)
}

func validatePodUpdate(p, stored *core.Pod) field.ErrorList {
	options := pod.GetValidationOptionsFromPodSpecAndMeta(&p.Spec, &stored.Spec, &p.ObjectMeta, &stored.ObjectMeta)
	options.ResourceIsPod = true
	return validation.ValidatePodUpdate(p, stored, options)
}

func prepareReplicationControllerUpdate(c, stored *core.ReplicationController) {
	c.Status = stored.Status
	pod.DropDisabledTemplateFields(c.Spec.Template, stored.Spec.Template)
}

func validateReplicationControllerUpdate(c, stored *core.ReplicationController) field.ErrorList {
	return validation.ValidateReplicationControllerUpdate(c, stored, pod.GetValidationOptionsFromPodTemplate(c.Spec.Template, stored.Spec.Template))
}

func prepareSecretUpdate(s, stored *core.Secret) {
	if s.Type == "" {
		s.Type = stored.Type
	}
}

func prepareServiceAccountUpdate(a, _ *core.ServiceAccount) { prepareServiceAccount(a) }

func preparePolicyUpdate(p, stored *admissionregistration.ValidatingAdmissionPolicy) {
	p.Status = stored.Status
}

func prepareReplicaSetUpdate(s, stored *apps.ReplicaSet) {
	s.Status = stored.Status
	pod.DropDisabledTemplateFields(&s.Spec.Template, &stored.Spec.Template)
}

func validateReplicaSetUpdate(s, stored *apps.ReplicaSet) field.ErrorList {
	return appsvalidation.ValidateReplicaSetUpdate(s, stored, pod.GetValidationOptionsFromPodTemplate(&s.Spec.Template, &stored.Spec.Template))
}

func prepareJobUpdate(j, stored *batch.Job) {
	j.Status = stored.Status
	job.DropDisabledFields(&j.Spec, &stored.Spec)
	pod.DropDisabledTemplateFields(&j.Spec.Template, &stored.Spec.Template)
}

// validateJobUpdate judges the change of a Job that was never suspended or was
// never started: where a Job starts is its controller's choice, so a suspended
// one counts as not started.
func validateJobUpdate(j, stored *batch.Job) field.ErrorList {
	suspended := stored.Spec.Suspend != nil && *stored.Spec.Suspend
	_, named := stored.Spec.Template.Labels[batch.JobNameLabel]
	_, owned := stored.Spec.Template.Labels[batch.ControllerUidLabel]
	options := batchvalidation.JobValidationOptions{
		PodValidationOptions:             pod.GetValidationOptionsFromPodTemplate(&j.Spec.Template, &stored.Spec.Template),
		AllowMutableSchedulingDirectives: suspended,
		AllowMutablePodResources:         suspended,
		RequirePrefixedLabels:            named && owned,
	}
	if metavalidation.LabelSelectorHasInvalidLabelValue(stored.Spec.Selector) {
		options.AllowInvalidLabelValueInSelector = true
	}
	return batchvalidation.ValidateJobUpdate(j, stored, options)
}

func prepareEndpointSliceUpdate(s, _ *discovery.EndpointSlice) {
	for i := range s.Endpoints {
		s.Endpoints[i].DeprecatedTopology = nil
	}
}

func prepareDefinitionUpdate(d, stored *apiextensions.CustomResourceDefinition) {
	d.Status = stored.Status
	for _, version := range d.Spec.Versions {
		if version.Storage && !apiextensions.IsStoredVersion(d, version.Name) {
			d.Status.StoredVersions = append(d.Status.StoredVersions, version.Name)
		}
	}
}

func validateDefinitionUpdate(d, stored *apiextensions.CustomResourceDefinition) field.ErrorList {
	return apiextensionsvalidation.ValidateCustomResourceDefinitionUpdate(context.Background(), d, stored)
}
