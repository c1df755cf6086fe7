package native

import (
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	admissionvalidation "k8s.io/kubernetes/pkg/apis/admissionregistration/validation"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	discoveryvalidation "k8s.io/kubernetes/pkg/apis/discovery/validation"
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/apps/controllerrevision"
	"k8s.io/kubernetes/pkg/registry/apps/daemonset"
	"k8s.io/kubernetes/pkg/registry/apps/deployment"
	"k8s.io/kubernetes/pkg/registry/apps/statefulset"
	"k8s.io/kubernetes/pkg/registry/autoscaling/horizontalpodautoscaler"
	"k8s.io/kubernetes/pkg/registry/batch/cronjob"
	"k8s.io/kubernetes/pkg/registry/coordination/lease"
	"k8s.io/kubernetes/pkg/registry/core/limitrange"
	"k8s.io/kubernetes/pkg/registry/core/podtemplate"
	"k8s.io/kubernetes/pkg/registry/core/resourcequota"
	"k8s.io/kubernetes/pkg/registry/networking/ingress"
	"k8s.io/kubernetes/pkg/registry/networking/ingressclass"
	"k8s.io/kubernetes/pkg/registry/networking/networkpolicy"
	"k8s.io/kubernetes/pkg/registry/node/runtimeclass"
	"k8s.io/kubernetes/pkg/registry/policy/poddisruptionbudget"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrole"
	"k8s.io/kubernetes/pkg/registry/rbac/clusterrolebinding"
	"k8s.io/kubernetes/pkg/registry/rbac/role"
	"k8s.io/kubernetes/pkg/registry/rbac/rolebinding"
	"k8s.io/kubernetes/pkg/registry/scheduling/priorityclass"
	"k8s.io/kubernetes/pkg/registry/storage/csidriver"
	"k8s.io/kubernetes/pkg/registry/storage/csistoragecapacity"
	"k8s.io/kubernetes/pkg/registry/storage/storageclass"
	"k8s.io/kubernetes/pkg/registry/storage/volumeattributesclass"
)

// kinds are all kinds that are judged, with the strategy the server creates
// and updates them by: the server's own wherever its package can be imported without the
// etcd client, else a restated one. They are made when the first object is
// judged, which takes a few milliseconds.
var kinds = sync.OnceValue(func() map[schema.GroupVersionKind]kind {
	return table(strategies())
})

func strategies() map[string]map[string]rest.RESTCreateStrategy {
	return map[string]map[string]rest.RESTCreateStrategy{
		"v1": {
			"ConfigMap":             namespaced(nil, corevalidation.ValidateConfigMap).updating(nil, corevalidation.ValidateConfigMapUpdate),
			"Endpoints":             namespaced(nil, corevalidation.ValidateEndpointsCreate).warning(warnEndpoints).updating(nil, corevalidation.ValidateEndpointsUpdate),
			"LimitRange":            limitrange.Strategy,
			"Namespace":             clusterScoped(prepareNamespace, corevalidation.ValidateNamespace).updating(prepareNamespaceUpdate, validateNamespaceUpdate),
			"PersistentVolume":      clusterScoped(prepareVolume, validateVolume).warning(warnVolume).updating(prepareVolumeUpdate, validateVolumeUpdate),
			"PersistentVolumeClaim": namespaced(prepareClaim, validateClaim).warning(warnClaim).updating(prepareClaimUpdate, validateClaimUpdate),
			"Pod":                   namespaced(preparePod, validatePod).warning(warnPod).updating(preparePodUpdate, validatePodUpdate),
			"PodTemplate":           podtemplate.Strategy,
			"ReplicationController": namespaced(prepareReplicationController, validateReplicationController).warning(warnReplicationController).updating(prepareReplicationControllerUpdate, validateReplicationControllerUpdate),
			"ResourceQuota":         resourcequota.Strategy,
			"Secret":                namespaced(nil, corevalidation.ValidateSecret).warning(warnSecret).updating(prepareSecretUpdate, corevalidation.ValidateSecretUpdate),
			"Service":               namespaced(prepareService, validateService).warning(warnService).updating(prepareServiceUpdate, validateServiceUpdate),
			"ServiceAccount":        namespaced(prepareServiceAccount, corevalidation.ValidateServiceAccount).warning(warnServiceAccount).updating(prepareServiceAccountUpdate, corevalidation.ValidateServiceAccountUpdate),
		},
		"admissionregistration.k8s.io/v1": {
			"MutatingAdmissionPolicy":          clusterScoped(prepareGeneration[*admissionregistration.MutatingAdmissionPolicy], validateMutatingPolicy).updating(nil, admissionvalidation.ValidateMutatingAdmissionPolicyUpdate),
			"MutatingAdmissionPolicyBinding":   clusterScoped(prepareGeneration[*admissionregistration.MutatingAdmissionPolicyBinding], validateMutatingPolicyBinding).updating(nil, admissionvalidation.ValidateMutatingAdmissionPolicyBindingUpdate),
			"MutatingWebhookConfiguration":     clusterScoped(prepareGeneration[*admissionregistration.MutatingWebhookConfiguration], validateMutatingWebhooks).updating(nil, admissionvalidation.ValidateMutatingWebhookConfigurationUpdate),
			"ValidatingAdmissionPolicy":        clusterScoped(preparePolicy, validatePolicy).updating(preparePolicyUpdate, admissionvalidation.ValidateValidatingAdmissionPolicyUpdate),
			"ValidatingAdmissionPolicyBinding": clusterScoped(prepareGeneration[*admissionregistration.ValidatingAdmissionPolicyBinding], validatePolicyBinding).updating(nil, admissionvalidation.ValidateValidatingAdmissionPolicyBindingUpdate),
			"ValidatingWebhookConfiguration":   clusterScoped(prepareGeneration[*admissionregistration.ValidatingWebhookConfiguration], validateValidatingWebhooks).updating(nil, admissionvalidation.ValidateValidatingWebhookConfigurationUpdate),
		},
		"apiextensions.k8s.io/v1": {
			"CustomResourceDefinition": definitionStrategy(),
		},
		"apps/v1": {
			"ControllerRevision": controllerrevision.Strategy,
			"DaemonSet":          daemonset.Strategy,
			"Deployment":         deployment.Strategy,
			"ReplicaSet":         namespaced(prepareReplicaSet, validateReplicaSet).warning(warnReplicaSet).updating(prepareReplicaSetUpdate, validateReplicaSetUpdate),
			"StatefulSet":        statefulset.Strategy,
		},
		"autoscaling/v1": {
			"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
		},
		"autoscaling/v2": {
			"HorizontalPodAutoscaler": horizontalpodautoscaler.Strategy,
		},
		"batch/v1": {
			"CronJob": cronjob.Strategy,
			"Job":     jobStrategy(),
		},
		"coordination.k8s.io/v1": {
			"Lease": lease.Strategy,
		},
		"discovery.k8s.io/v1": {
			"EndpointSlice": namespaced(prepareEndpointSlice, discoveryvalidation.ValidateEndpointSliceCreate).warning(warnEndpointSlice).updating(prepareEndpointSliceUpdate, discoveryvalidation.ValidateEndpointSliceUpdate),
		},
		"networking.k8s.io/v1": {
			"Ingress":       ingress.Strategy,
			"IngressClass":  ingressclass.Strategy,
			"NetworkPolicy": networkpolicy.Strategy,
		},
		"node.k8s.io/v1": {
			"RuntimeClass": runtimeclass.Strategy,
		},
		"policy/v1": {
			"PodDisruptionBudget": poddisruptionbudget.Strategy,
		},
		"rbac.authorization.k8s.io/v1": {
			"ClusterRole":        clusterrole.Strategy,
			"ClusterRoleBinding": clusterrolebinding.Strategy,
			"Role":               role.Strategy,
			"RoleBinding":        rolebinding.Strategy,
		},
		"scheduling.k8s.io/v1": {
			"PriorityClass": priorityclass.Strategy,
		},
		"storage.k8s.io/v1": {
			"CSIDriver":             csidriver.Strategy,
			"CSIStorageCapacity":    csistoragecapacity.Strategy,
			"StorageClass":          storageclass.Strategy,
			"VolumeAttributesClass": volumeattributesclass.Strategy,
		},
	}
}

// table turns the kinds by API version into kinds by type. Privileged
// containers are not refused as such: kubeadm, minikube and kind all run the
// server with --allow-privileged.
func table(versions map[string]map[string]rest.RESTCreateStrategy) map[schema.GroupVersionKind]kind {
	capabilities.Setup(true, 0)
	all := map[schema.GroupVersionKind]kind{}
	for version, strategies := range versions {
		for name, strategy := range strategies {
			gvk := schema.FromAPIVersionAndKind(version, name)
			if scheme := schemeOf(gvk); scheme != nil {
				all[gvk] = kind{gvk: gvk, scheme: scheme, strategy: strategy}
			}
		}
	}
	return all
}
