package native

import (
	"context"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	"k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
)

func definitionStrategy() undeclared[*apiextensions.CustomResourceDefinition] {
	return undeclared[*apiextensions.CustomResourceDefinition]{
		clusterScoped(prepareDefinition, validateDefinition).updating(prepareDefinitionUpdate, validateDefinitionUpdate),
	}
}

func prepareDefinition(d *apiextensions.CustomResourceDefinition) {
	d.Status = apiextensions.CustomResourceDefinitionStatus{}
	d.Generation = 1
	for _, version := range d.Spec.Versions {
		if version.Storage {
			d.Status.StoredVersions = []string{version.Name}
			return
		}
	}
}

func validateDefinition(d *apiextensions.CustomResourceDefinition) field.ErrorList {
	return apiextensionsvalidation.ValidateCustomResourceDefinition(context.Background(), d)
}

func preparePolicy(p *admissionregistration.ValidatingAdmissionPolicy) {
	p.Status = admissionregistration.ValidatingAdmissionPolicyStatus{}
	p.Generation = 1
}

func validatePolicy(p *admissionregistration.ValidatingAdmissionPolicy) field.ErrorList {
	return append(validation.ValidateValidatingAdmissionPolicy(p), staticSuffix(p.Name)...)
}

func validatePolicyBinding(b *admissionregistration.ValidatingAdmissionPolicyBinding) field.ErrorList {
	return append(validation.ValidateValidatingAdmissionPolicyBinding(b), staticSuffix(b.Name)...)
}

func validateMutatingPolicy(p *admissionregistration.MutatingAdmissionPolicy) field.ErrorList {
	return append(validation.ValidateMutatingAdmissionPolicy(p), staticSuffix(p.Name)...)
}

func validateMutatingPolicyBinding(b *admissionregistration.MutatingAdmissionPolicyBinding) field.ErrorList {
	return append(validation.ValidateMutatingAdmissionPolicyBinding(b), staticSuffix(b.Name)...)
}

func validateValidatingWebhooks(c *admissionregistration.ValidatingWebhookConfiguration) field.ErrorList {
	return append(validation.ValidateValidatingWebhookConfiguration(c), staticSuffix(c.Name)...)
}

func validateMutatingWebhooks(c *admissionregistration.MutatingWebhookConfiguration) field.ErrorList {
	return append(validation.ValidateMutatingWebhookConfiguration(c), staticSuffix(c.Name)...)
}

// staticSuffix refuses a name that is kept for policies on the server's disk.
func staticSuffix(name string) field.ErrorList {
	return validation.ValidateStaticSuffix(name, field.NewPath("metadata", "name"))
}

// prepareGeneration is all that the strategies of bindings, webhooks and
// mutating policies prepare.
func prepareGeneration[T metav1.Object](object T) { object.SetGeneration(1) }
