package native

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	netutils "k8s.io/utils/net"
)

func prepareService(s *core.Service) { s.Status = core.ServiceStatus{} }

// nodePorts is the server's default --service-node-port-range.
var nodePorts = net.PortRange{Base: 30000, Size: 2768}

// allocatedNodePort stands for a port that the server would choose.
const allocatedNodePort = 30000

// validateService validates what the server does: a Service that has been
// allocated its addresses and ports. The object itself stays without them.
func validateService(s *core.Service) field.ErrorList {
	allocated := s.DeepCopy()
	if errs := allocate(allocated); len(errs) > 0 {
		return errs
	}
	return validation.ValidateServiceCreate(allocated)
}

// allocate restates what k8s.io/kubernetes/pkg/registry/core/service/storage
// does before validation, without a cluster: no address is chosen, both IP
// families are taken as configured.
func allocate(s *core.Service) field.ErrorList {
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
	if s.Spec.Type == core.ServiceTypeExternalName {
		return nil
	}
	if errs := initFamilies(s); len(errs) > 0 {
		return errs
	}
	return initNodePorts(s)
}

// initFamilies fills in the IP families and their policy.
func initFamilies(s *core.Service) field.ErrorList {
	selectorless := s.Spec.ClusterIP == core.ClusterIPNone && len(s.Spec.Selector) == 0
	if s.Spec.IPFamilyPolicy == nil {
		policy := core.IPFamilyPolicySingleStack
		if selectorless {
			policy = core.IPFamilyPolicyRequireDualStack
		}
		s.Spec.IPFamilyPolicy = &policy
	}
	if errs := validation.ValidateServiceClusterIPsRelatedFields(s, nil); len(errs) > 0 {
		return errs
	}
	if errs := oneFamily(s); len(errs) > 0 {
		return errs
	}
	for i, ip := range s.Spec.ClusterIPs {
		if ip != core.ClusterIPNone && i >= len(s.Spec.IPFamilies) {
			s.Spec.IPFamilies = append(s.Spec.IPFamilies, familyOf(ip))
		}
	}
	if len(s.Spec.IPFamilies) == 0 {
		s.Spec.IPFamilies = []core.IPFamily{core.IPv4Protocol}
	}
	if *s.Spec.IPFamilyPolicy != core.IPFamilyPolicySingleStack && len(s.Spec.IPFamilies) == 1 {
		s.Spec.IPFamilies = append(s.Spec.IPFamilies, otherFamily(s.Spec.IPFamilies[0]))
	}
	return nil
}

// oneFamily refuses two families where the policy asks for one.
func oneFamily(s *core.Service) field.ErrorList {
	if *s.Spec.IPFamilyPolicy != core.IPFamilyPolicySingleStack {
		return nil
	}
	at := field.NewPath("spec", "ipFamilyPolicy")
	var errs field.ErrorList
	if len(s.Spec.ClusterIPs) == 2 {
		errs = append(errs, field.Invalid(at, s.Spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified"))
	}
	if len(s.Spec.IPFamilies) == 2 {
		errs = append(errs, field.Invalid(at, s.Spec.IPFamilyPolicy, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified"))
	}
	return errs
}

func familyOf(ip string) core.IPFamily {
	if netutils.IsIPv6String(ip) {
		return core.IPv6Protocol
	}
	return core.IPv4Protocol
}

func otherFamily(family core.IPFamily) core.IPFamily {
	if family == core.IPv4Protocol {
		return core.IPv6Protocol
	}
	return core.IPv4Protocol
}

// initNodePorts refuses ports outside of the range and sets those that the
// server would choose and validation asks for.
func initNodePorts(s *core.Service) field.ErrorList {
	var errs field.ErrorList
	if takesNodePorts(s) {
		for i, port := range s.Spec.Ports {
			if port.NodePort != 0 && !nodePorts.Contains(int(port.NodePort)) {
				at := field.NewPath("spec", "ports").Index(i).Child("nodePort")
				errs = append(errs, field.Invalid(at, port.NodePort, "provided port is not in the valid range. The range of valid ports is "+nodePorts.String()))
			}
		}
	}
	if s.Spec.Type != core.ServiceTypeLoadBalancer || s.Spec.ExternalTrafficPolicy != core.ServiceExternalTrafficPolicyLocal {
		return errs
	}
	switch port := s.Spec.HealthCheckNodePort; {
	case port == 0:
		s.Spec.HealthCheckNodePort = allocatedNodePort
	case !nodePorts.Contains(int(port)):
		errs = append(errs, field.InternalError(field.NewPath("spec", "healthCheckNodePort"),
			fmt.Errorf("failed to allocate requested HealthCheck NodePort %v: provided port is not in the valid range. The range of valid ports is %s", port, nodePorts)))
	}
	return errs
}

func takesNodePorts(s *core.Service) bool {
	allocates := s.Spec.AllocateLoadBalancerNodePorts
	return s.Spec.Type == core.ServiceTypeNodePort ||
		s.Spec.Type == core.ServiceTypeLoadBalancer && (allocates == nil || *allocates)
}
