package native

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	serviceapi "k8s.io/kubernetes/pkg/api/service"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
)

// prepareServiceUpdate keeps what the server had allocated, and drops what the
// new type of the Service has no use for.
func prepareServiceUpdate(s, stored *core.Service) {
	keepAllocated(s, stored)
	s.Status = stored.Status
	dropByType(s, stored)
}

// validateServiceUpdate validates a Service that has been allocated what it
// needs beyond what the stored one has.
func validateServiceUpdate(s, stored *core.Service) field.ErrorList {
	if errs := allocate(s); len(errs) > 0 {
		return errs
	}
	return validation.ValidateServiceUpdate(s, stored)
}

// keepAllocated restates what the update of a Service begins with in
// k8s.io/kubernetes/pkg/registry/core/service/storage.
func keepAllocated(s, stored *core.Service) {
	if hasClusterIP(stored) && hasClusterIP(s) {
		keepClusterIPs(s, stored)
	}
	if hasNodePorts(stored) && hasNodePorts(s) {
		keepNodePorts(s, stored)
	}
	if hasHealthCheckNodePort(stored) && hasHealthCheckNodePort(s) && s.Spec.HealthCheckNodePort == 0 {
		s.Spec.HealthCheckNodePort = stored.Spec.HealthCheckNodePort
	}
}

func keepClusterIPs(s, stored *core.Service) {
	before, after := &stored.Spec, &s.Spec
	if after.ClusterIP == "" {
		after.ClusterIP = before.ClusterIP
	}
	if len(after.ClusterIPs) == 0 {
		after.ClusterIPs = before.ClusterIPs
	}
	if after.ClusterIP != before.ClusterIP && slices.Equal(after.ClusterIPs, before.ClusterIPs) {
		after.ClusterIPs = []string{after.ClusterIP}
	}
	if after.IPFamilyPolicy == nil {
		after.IPFamilyPolicy = before.IPFamilyPolicy
	}
	if after.IPFamilyPolicy == nil || *after.IPFamilyPolicy != core.IPFamilyPolicySingleStack {
		return
	}
	if slices.Equal(after.ClusterIPs, before.ClusterIPs) && len(after.ClusterIPs) > 1 {
		after.ClusterIPs = after.ClusterIPs[:1]
	}
	if slices.Equal(after.IPFamilies, before.IPFamilies) && len(after.IPFamilies) > 1 {
		after.IPFamilies = after.IPFamilies[:1]
	}
}

func keepNodePorts(s, stored *core.Service) {
	named := map[string]int32{}
	for _, port := range stored.Spec.Ports {
		named[port.Name] = port.NodePort
	}
	after := nodePortsOf(s)
	for i := range s.Spec.Ports {
		port := &s.Spec.Ports[i]
		if before := named[port.Name]; port.NodePort == 0 && !slices.Contains(after, before) {
			port.NodePort = before
		}
	}
}

func nodePortsOf(s *core.Service) []int32 {
	var all []int32
	for _, port := range s.Spec.Ports {
		if port.NodePort != 0 {
			all = append(all, port.NodePort)
		}
	}
	return all
}

func hasClusterIP(s *core.Service) bool { return s.Spec.Type != core.ServiceTypeExternalName }

func hasNodePorts(s *core.Service) bool {
	return s.Spec.Type == core.ServiceTypeNodePort || s.Spec.Type == core.ServiceTypeLoadBalancer
}

func hasHealthCheckNodePort(s *core.Service) bool {
	return s.Spec.Type == core.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == core.ServiceExternalTrafficPolicyLocal
}

// dropByType restates dropTypeDependentFields: a field that the new type has
// no use for is dropped where it is as the server had set it.
func dropByType(s, stored *core.Service) {
	before, after := &stored.Spec, &s.Spec
	if hasClusterIP(stored) && !hasClusterIP(s) {
		if after.ClusterIP == before.ClusterIP && slices.Equal(after.ClusterIPs, before.ClusterIPs) {
			after.ClusterIP, after.ClusterIPs = "", nil
		}
		if slices.Equal(after.IPFamilies, before.IPFamilies) {
			after.IPFamilies = nil
		}
		if equality.Semantic.DeepEqual(after.IPFamilyPolicy, before.IPFamilyPolicy) {
			after.IPFamilyPolicy = nil
		}
	}
	if hasNodePorts(stored) && !hasNodePorts(s) && containsAll(nodePortsOf(stored), nodePortsOf(s)) {
		for i := range after.Ports {
			after.Ports[i].NodePort = 0
		}
	}
	if hasHealthCheckNodePort(stored) && !hasHealthCheckNodePort(s) && after.HealthCheckNodePort == before.HealthCheckNodePort {
		after.HealthCheckNodePort = 0
	}
	if before.Type == core.ServiceTypeLoadBalancer && after.Type != core.ServiceTypeLoadBalancer {
		if equality.Semantic.DeepEqual(after.AllocateLoadBalancerNodePorts, before.AllocateLoadBalancerNodePorts) {
			after.AllocateLoadBalancerNodePorts = nil
		}
		if equality.Semantic.DeepEqual(after.LoadBalancerClass, before.LoadBalancerClass) {
			after.LoadBalancerClass = nil
		}
	}
	if serviceapi.ExternallyAccessible(stored) && !serviceapi.ExternallyAccessible(s) && after.ExternalTrafficPolicy == before.ExternalTrafficPolicy {
		after.ExternalTrafficPolicy = ""
	}
}

func containsAll(all, some []int32) bool {
	return !slices.ContainsFunc(some, func(port int32) bool { return !slices.Contains(all, port) })
}
