package graph

// readings are the types and the fields of Kubernetes' API that name objects:
// a type by its name, a field by that of its struct and its own. That no
// field of any built-in kind was forgotten is a test.
var readings = map[string]reading{
	"ConfigMapKeySelector":  {kind: "ConfigMap", name: "name", key: "key"},
	"ConfigMapEnvSource":    {kind: "ConfigMap", name: "name"},
	"ConfigMapVolumeSource": {kind: "ConfigMap", name: "name", items: "items"},
	"ConfigMapProjection":   {kind: "ConfigMap", name: "name", items: "items"},

	"SecretKeySelector":                         {kind: "Secret", name: "name", key: "key"},
	"SecretEnvSource":                           {kind: "Secret", name: "name"},
	"SecretVolumeSource":                        {kind: "Secret", name: "secretName", items: "items"},
	"SecretProjection":                          {kind: "Secret", name: "name", items: "items"},
	"SecretReference":                           {kind: "Secret", name: "name", namespace: "namespace"},
	"AzureFileVolumeSource":                     {kind: "Secret", name: "secretName"},
	"AzureFilePersistentVolumeSource":           {kind: "Secret", name: "secretName", namespace: "secretNamespace"},
	"LocalObjectReference":                      {kind: "Secret", name: "name"}, // where it is not a part of the types above
	"IngressTLS":                                {kind: "Secret", name: "secretName"},
	"StorageOSPersistentVolumeSource.SecretRef": {kind: "Secret", name: "name", namespace: "namespace"},

	"PersistentVolumeClaimVolumeSource":           {kind: "PersistentVolumeClaim", name: "claimName"},
	"PersistentVolumeSpec.ClaimRef":               {kind: "PersistentVolumeClaim", name: "name", namespace: "namespace"},
	"PersistentVolumeClaimSpec.VolumeName":        {kind: "PersistentVolume"},
	"VolumeAttachmentSource.PersistentVolumeName": {kind: "PersistentVolume"},
	"TypedLocalObjectReference":                   {name: "name", typed: true},
	"TypedObjectReference":                        {name: "name", namespace: "namespace", typed: true},

	"PersistentVolumeClaimSpec.StorageClassName":          {group: "storage.k8s.io", kind: "StorageClass"},
	"PersistentVolumeSpec.StorageClassName":               {group: "storage.k8s.io", kind: "StorageClass"},
	"CSIStorageCapacity.StorageClassName":                 {group: "storage.k8s.io", kind: "StorageClass"},
	"PersistentVolumeClaimSpec.VolumeAttributesClassName": {group: "storage.k8s.io", kind: "VolumeAttributesClass"},
	"PersistentVolumeSpec.VolumeAttributesClassName":      {group: "storage.k8s.io", kind: "VolumeAttributesClass"},
	"PodSpec.PriorityClassName":                           {group: "scheduling.k8s.io", kind: "PriorityClass"},
	"PodSpec.RuntimeClassName":                            {group: "node.k8s.io", kind: "RuntimeClass"},
	"IngressSpec.IngressClassName":                        {group: "networking.k8s.io", kind: "IngressClass"},
	"IngressClassParametersReference":                     {name: "name", namespace: "namespace", typed: true},
	"DeviceSubRequest.DeviceClassName":                    {group: "resource.k8s.io", kind: "DeviceClass"},
	"ExactDeviceRequest.DeviceClassName":                  {group: "resource.k8s.io", kind: "DeviceClass"},
	"PodResourceClaim.ResourceClaimName":                  {group: "resource.k8s.io", kind: "ResourceClaim"},
	"PodResourceClaim.ResourceClaimTemplateName":          {group: "resource.k8s.io", kind: "ResourceClaimTemplate"},

	"PodSpec.ServiceAccountName": {kind: "ServiceAccount"},
	"Subject":                    {name: "name", namespace: "namespace", typed: true, only: "ServiceAccount"},
	"RoleRef":                    {name: "name", typed: true},

	"StatefulSetSpec.ServiceName":                     {kind: "Service"},
	"IngressServiceBackend":                           {kind: "Service", name: "name"},
	"ServiceReference":                                {kind: "Service", name: "name", namespace: "namespace"},
	"GlusterfsVolumeSource":                           {kind: "Endpoints", name: "endpoints"},
	"GlusterfsPersistentVolumeSource":                 {kind: "Endpoints", name: "endpoints", namespace: "endpointsNamespace"},
	"CrossVersionObjectReference":                     {name: "name", typed: true},
	"ValidatingAdmissionPolicyBindingSpec.PolicyName": {group: "admissionregistration.k8s.io", kind: "ValidatingAdmissionPolicy"},
	"MutatingAdmissionPolicyBindingSpec.PolicyName":   {group: "admissionregistration.k8s.io", kind: "MutatingAdmissionPolicy"},
}
