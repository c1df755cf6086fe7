package graph

import (
	"iter"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mayName matches the names of fields, and of their types, that may name an
// object.
var mayName = regexp.MustCompile(`(Name|Names|Class|Ref|Refs|Reference|Account|Secret|Secrets|ConfigMap|Endpoints|Target)$`)

// namesNoObject are the fields that look like names of objects and are none.
var namesNoObject = map[string]string{
	"of itself or of a part of it": "Container.Name ContainerPort.Name EphemeralContainerCommon.Name EnvVar.Name Volume.Name " +
		"PodResourceClaim.Name ServicePort.Name EndpointPort.Name MatchCondition.Name Variable.Name " +
		"MutatingWebhook.Name ValidatingWebhook.Name Device.Name DeviceRequest.Name DeviceSubRequest.Name CounterSet.Name " +
		"ResourcePool.Name DeviceDerivedAttribute.Name",
	"of another part of the same object": "VolumeMount.Name VolumeDevice.Name FileKeySelector.VolumeName " +
		"ResourceFieldSelector.ContainerName PodFailurePolicyOnExitCodesRequirement.ContainerName " +
		"EphemeralContainer.TargetContainerName ResourceClaim.Name EnvVarSource.FieldRef EnvVarSource.ResourceFieldRef " +
		"EnvVarSource.FileKeyRef DownwardAPIVolumeFile.FieldRef DownwardAPIVolumeFile.ResourceFieldRef",
	"of a resource, not of an object": "ContainerResizePolicy.ResourceName ResourceMetricSource.Name ContainerResourceMetricSource.Name " +
		"DeviceClassSpec.ExtendedResourceName",
	"of something outside Kubernetes' objects": "AzureDiskVolumeSource.DiskName " +
		"GCEPersistentDiskVolumeSource.PDName FlockerVolumeSource.DatasetName " +
		"ISCSIVolumeSource.InitiatorName ISCSIPersistentVolumeSource.InitiatorName ScaleIOVolumeSource.VolumeName " +
		"ScaleIOPersistentVolumeSource.VolumeName StorageOSVolumeSource.VolumeName StorageOSPersistentVolumeSource.VolumeName " +
		"VsphereVirtualDiskVolumeSource.StoragePolicyName WindowsSecurityContextOptions.GMSACredentialSpecName " +
		"WindowsSecurityContextOptions.RunAsUserName ServiceSpec.ExternalName ServiceSpec.LoadBalancerClass HTTPHeader.Name Sysctl.Name " +
		"PodDNSConfigOption.Name PodOS.Name PodSpec.Hostname EndpointAddress.Hostname MetricIdentifier.Name " +
		"PodCertificateProjection.SignerName ClusterTrustBundleProjection.SignerName VolumeAttributesClass.DriverName " +
		"CSINodeDriver.Name PodSchedulingGate.Name EvictionResponder.Name ImageVolumeSource.Reference",
	"of kinds that no version of Kubernetes has by default": "WorkloadPodGroupResourceClaim.Name " +
		"WorkloadPodGroupResourceClaim.ResourceClaimName WorkloadPodGroupResourceClaim.ResourceClaimTemplateName",
	"of what only a cluster knows: Nodes, schedulers, trust bundles, groups of Pods, the target of a status": "PodSpec.NodeName PodSpec.SchedulerName " +
		"ClusterTrustBundleProjection.Name EndpointAddress.NodeName EndpointAddress.TargetRef " +
		"VolumeAttachmentSpec.NodeName Device.NodeName ResourceSliceSpec.NodeName IPAddressSpec.ParentRef ParentReference.Name " +
		"NodeConfigSource.ConfigMap ConfigMapNodeConfigSource.Name PodSchedulingGroup.PodGroupName Binding.Target SerializedReference.Reference",
	"of objects that rules may allow whether they exist or not": "PolicyRule.ResourceNames NamedRuleWithOperations.ResourceNames " +
		"ScopedResourceSelectorRequirement.ScopeName ServiceAccount.Secrets CSIDriverSpec.ServiceAccountTokenInSecrets",
	"of a kind that a policy says": "MutatingAdmissionPolicyBindingSpec.ParamRef ValidatingAdmissionPolicyBindingSpec.ParamRef ParamRef.Name",
	"said by another field too":    "PodSpec.DeprecatedServiceAccount",
	"a value to reach": "ObjectMetricSource.Target PodsMetricSource.Target ResourceMetricSource.Target " +
		"ContainerResourceMetricSource.Target ExternalMetricSource.Target",
	"of a port": "ServiceBackendPort.Name",
	"of a type that is read by the field that holds it": "ObjectReference.Name",
}

// Every field of every built-in kind that may name an object is read, or is
// known to name none.
func TestNoNameIsForgotten(t *testing.T) {
	known := map[string]bool{}
	for _, fields := range namesNoObject {
		for name := range strings.FieldsSeq(fields) {
			known[name] = false
		}
	}
	types := structs()
	for goType := range types {
		for field := range fieldsOf(goType) {
			name := goType.Name() + "." + field.Name
			_, isKnown := known[name]
			switch isRead := reads(goType, field); {
			case isKnown && isRead:
				t.Errorf("%s is read, and listed as no name", name)
			case isKnown:
				known[name] = true
			case !isRead && mayBeName(field):
				t.Errorf("%s may name an object: add it to readings, or to namesNoObject with the reason", name)
			}
		}
	}
	for name, met := range known {
		if !met {
			t.Errorf("%s is listed as no name, but there is no such field", name)
		}
	}
	for name := range readings {
		typeName, fieldName, isField := strings.Cut(name, ".")
		found := false
		for goType := range types {
			_, has := goType.FieldByName(fieldName)
			found = found || goType.Name() == typeName && (!isField || has)
		}
		if !found {
			t.Errorf("%s is in readings, but no kind holds it", name)
		}
	}
}

// structs are the types that the built-in kinds are made of.
func structs() map[reflect.Type]bool {
	found := map[reflect.Type]bool{}
	var add func(reflect.Type)
	add = func(goType reflect.Type) {
		goType = element(goType)
		if goType.Kind() != reflect.Struct || found[goType] || !strings.HasPrefix(goType.PkgPath(), "k8s.io/api/") {
			return
		}
		found[goType] = true
		for i := range goType.NumField() {
			if field := goType.Field(i); field.Name != "Status" {
				add(field.Type)
			}
		}
	}
	for kind, goType := range builtIn().AllKnownTypes() {
		if !strings.HasSuffix(kind.Kind, "List") && !strings.HasSuffix(kind.Kind, "Options") && kind.Kind != "Event" {
			add(goType)
		}
	}
	return found
}

func element(goType reflect.Type) reflect.Type {
	for slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, goType.Kind()) {
		goType = goType.Elem()
	}
	return goType
}

// fieldsOf yields the fields that goType itself declares.
func fieldsOf(goType reflect.Type) iter.Seq[reflect.StructField] {
	return func(yield func(reflect.StructField) bool) {
		for i := range goType.NumField() {
			if field := goType.Field(i); field.Name != "Status" && !field.Anonymous && !yield(field) {
				return
			}
		}
	}
}

// reads says whether a field is read: itself, with the struct that it is a
// field of, or as what it holds.
func reads(goType reflect.Type, field reflect.StructField) bool {
	for _, name := range []string{goType.Name() + "." + field.Name, goType.Name(), element(field.Type).Name()} {
		if _, ok := readings[name]; ok {
			return true
		}
	}
	return false
}

func mayBeName(field reflect.StructField) bool {
	holds := element(field.Type)
	return holds.Kind() != reflect.Bool && (mayName.MatchString(field.Name) || strings.HasSuffix(holds.Name(), "Reference"))
}
