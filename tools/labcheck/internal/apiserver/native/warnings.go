package native

import (
	"context"
	"crypto/tls"
	"fmt"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/job"
	"k8s.io/kubernetes/pkg/api/persistentvolume"
	"k8s.io/kubernetes/pkg/api/persistentvolumeclaim"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/api/service"
	"k8s.io/kubernetes/pkg/apis/apps"
	"k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/discovery"
)

// warning adds to a restated strategy what the kind's own one warns of.
func (s restated[T]) warning(warn func(context.Context, T) []string) restated[T] {
	s.warn = warn
	return s
}

func warnPod(ctx context.Context, p *core.Pod) []string {
	return append(warnName("the Pod's hostname", p.Name), pod.GetWarningsForPod(ctx, p, nil)...)
}

func warnReplicaSet(ctx context.Context, s *apps.ReplicaSet) []string {
	return append(warnName("Pod names and hostnames", s.Name), pod.GetWarningsForPodTemplate(ctx, field.NewPath("spec", "template"), &s.Spec.Template, nil)...)
}

func warnReplicationController(ctx context.Context, c *core.ReplicationController) []string {
	return append(warnName("Pod names and hostnames", c.Name), pod.GetWarningsForPodTemplate(ctx, field.NewPath("spec", "template"), c.Spec.Template, nil)...)
}

func warnJob(ctx context.Context, j *batch.Job) []string {
	return append(warnName("Pod names and hostnames", j.Name), job.WarningsForJobSpec(ctx, field.NewPath("spec"), &j.Spec, nil)...)
}

func warnName(use, name string) []string {
	problems := validation.IsDNS1123Label(name)
	if len(problems) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("metadata.name: this is used in %s, which can result in surprising behavior; a DNS label is recommended: %v", use, problems)}
}

func warnClaim(_ context.Context, c *core.PersistentVolumeClaim) []string {
	return persistentvolumeclaim.GetWarningsForPersistentVolumeClaim(c)
}

func warnVolume(_ context.Context, v *core.PersistentVolume) []string {
	return persistentvolume.GetWarningsForPersistentVolume(v)
}

func warnService(_ context.Context, s *core.Service) []string {
	return service.GetWarningsForService(s, nil)
}

func warnSecret(_ context.Context, s *core.Secret) []string {
	if s.Type != core.SecretTypeTLS {
		return nil
	}
	if _, err := tls.X509KeyPair(s.Data[core.TLSCertKey], s.Data[core.TLSPrivateKeyKey]); err != nil {
		return []string{err.Error()}
	}
	return nil
}

func warnServiceAccount(_ context.Context, a *core.ServiceAccount) []string {
	const annotation = "kubernetes.io/enforce-mountable-secrets"
	if _, ok := a.Annotations[annotation]; !ok {
		return nil
	}
	return []string{fmt.Sprintf("metadata.annotations[%s]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets", annotation)}
}

func warnEndpoints(_ context.Context, e *core.Endpoints) []string {
	var warnings []string
	for i, subset := range e.Subsets {
		path := field.NewPath("subsets").Index(i)
		for j, address := range subset.Addresses {
			warnings = append(warnings, validation.GetWarningsForIP(path.Child("addresses").Index(j).Child("ip"), address.IP)...)
		}
		for j, address := range subset.NotReadyAddresses {
			warnings = append(warnings, validation.GetWarningsForIP(path.Child("notReadyAddresses").Index(j).Child("ip"), address.IP)...)
		}
	}
	return warnings
}

func warnEndpointSlice(_ context.Context, s *discovery.EndpointSlice) []string {
	var warnings []string
	if s.AddressType == discovery.AddressTypeFQDN {
		warnings = append(warnings, "addressType: FQDN endpoints are deprecated")
	}
	for i, endpoint := range s.Endpoints {
		for j, address := range endpoint.Addresses {
			warnings = append(warnings, validation.GetWarningsForIP(field.NewPath("endpoints").Index(i).Child("addresses").Index(j), address)...)
		}
	}
	return warnings
}
