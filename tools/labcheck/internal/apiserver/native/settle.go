package native

import (
	"strconv"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/apis/core"
)

const (
	defaultClass = "standard" // the StorageClass that minikube and kind give a claim without one
	boundVolume  = "pvc-00000000-0000-0000-0000-000000000000"
)

// settle does to a created object what the server and its controllers do to it
// soon after, as far as updates are judged by it.
func settle(object runtime.Object) {
	switch object := object.(type) {
	case *core.Service:
		settleService(object)
	case *core.PersistentVolumeClaim:
		settleClaim(object)
	case *apiextensions.CustomResourceDefinition:
		object.Status.Conditions = []apiextensions.CustomResourceDefinitionCondition{
			{Type: apiextensions.NamesAccepted, Status: apiextensions.ConditionTrue},
			{Type: apiextensions.Established, Status: apiextensions.ConditionTrue},
		}
		object.Status.AcceptedNames = object.Spec.Names
	}
}

// settleClaim binds a claim to a volume of exactly its size.
func settleClaim(c *core.PersistentVolumeClaim) {
	if c.Spec.StorageClassName == nil && c.Annotations[core.BetaStorageClassAnnotation] == "" {
		name := defaultClass
		c.Spec.StorageClassName = &name
	}
	if c.Spec.VolumeName == "" {
		c.Spec.VolumeName = boundVolume
	}
	c.Status.Phase = core.ClaimBound
	c.Status.AccessModes = c.Spec.AccessModes
	c.Status.Capacity = core.ResourceList{core.ResourceStorage: c.Spec.Resources.Requests[core.ResourceStorage]}
}

// settleService gives a Service the addresses and ports that it asks for.
func settleService(s *core.Service) {
	allocate(s) // it was valid, or it would not have been created
	if s.Spec.Type == core.ServiceTypeExternalName {
		return
	}
	if s.Spec.ClusterIP == "" && len(s.Spec.ClusterIPs) == 0 {
		for i, family := range s.Spec.IPFamilies {
			s.Spec.ClusterIPs = append(s.Spec.ClusterIPs, map[core.IPFamily]string{
				core.IPv4Protocol: "10.96.0." + strconv.Itoa(100+i), core.IPv6Protocol: "fd00::" + strconv.Itoa(100+i),
			}[family])
		}
		s.Spec.ClusterIP = s.Spec.ClusterIPs[0]
	}
	if takesNodePorts(s) {
		for i := range s.Spec.Ports {
			if s.Spec.Ports[i].NodePort == 0 {
				s.Spec.Ports[i].NodePort = int32(allocatedNodePort + 1 + i)
			}
		}
	}
}
