package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A product is an object that a controller makes for an object of another
// kind: what it is, and the path to its name.
type product struct {
	kind, name string
	or         string // the path to its name where there is none at name
	anywhere   bool   // not only in the namespace of the object
}

// products are what the controllers of custom resources make, by group and kind.
var products = map[[2]string][]product{
	{certManager, "Certificate"}:   {{kind: "Secret", name: "spec.secretName"}},
	{certManager, "Issuer"}:        {{kind: "Secret", name: "spec.acme.privateKeySecretRef.name"}},
	{certManager, "ClusterIssuer"}: {{kind: "Secret", name: "spec.acme.privateKeySecretRef.name", anywhere: true}},
	{"trust.cert-manager.io", "Bundle"}: {
		{kind: "ConfigMap", name: "metadata.name", anywhere: true}, {kind: "Secret", name: "metadata.name", anywhere: true},
	},
	{externalSecret, "ExternalSecret"}: {{kind: "Secret", name: "spec.target.name", or: "metadata.name"}},
	{externalSecret, "ClusterExternalSecret"}: {
		{kind: "Secret", name: "spec.externalSecretSpec.target.name", or: "spec.externalSecretName", anywhere: true},
	},
	{"bitnami.com", "SealedSecret"}:                       {{kind: "Secret", name: "spec.template.metadata.name", or: "metadata.name"}},
	{"isindir.github.com", "SopsSecret"}:                  {{kind: "Secret", name: "spec.secretTemplates[].name"}},
	{"onepassword.com", "OnePasswordItem"}:                {{kind: "Secret", name: "metadata.name"}},
	{"secrets.hashicorp.com", "VaultStaticSecret"}:        {{kind: "Secret", name: "spec.destination.name"}},
	{"secrets.hashicorp.com", "VaultDynamicSecret"}:       {{kind: "Secret", name: "spec.destination.name"}},
	{"secrets.hashicorp.com", "VaultPKISecret"}:           {{kind: "Secret", name: "spec.destination.name"}},
	{"secrets-store.csi.x-k8s.io", "SecretProviderClass"}: {{kind: "Secret", name: "spec.secretObjects[].secretName"}},
	{"secrets.infisical.com", "InfisicalSecret"}:          {{kind: "Secret", name: "spec.managedSecretReference.secretName"}},
	{"k8s.bitwarden.com", "BitwardenSecret"}:              {{kind: "Secret", name: "spec.secretName"}},
	{"objectbucket.io", "ObjectBucketClaim"}:              {{kind: "Secret", name: "metadata.name"}, {kind: "ConfigMap", name: "metadata.name"}},
	{"kafka.strimzi.io", "KafkaUser"}:                     {{kind: "Secret", name: "metadata.name"}},
}

// certified are the kinds for which cert-manager makes the Secrets that they
// name, where an annotation asks for it.
var certified = map[string]product{
	"Ingress": {kind: "Secret", name: "spec.tls[].secretName"},
	"Gateway": {kind: "Secret", name: "spec.listeners[].tls.certificateRefs[].name"},
}

// made are the objects that controllers make for o.
func made(o manifest.Object) []Name {
	var names []Name
	for _, p := range products[[2]string{o.Group(), o.Kind}] {
		names = append(names, p.of(o)...)
	}
	if p, ok := certified[o.Kind]; ok && asksForCertificate(o) {
		names = append(names, p.of(o)...)
	}
	if namespace := madeNamespace(o); namespace != "" {
		names = append(names, Name{Kind: "Namespace", Name: namespace})
	}
	if pods := podsOf(0, o); o.Kind == "StatefulSet" && len(pods) == 1 {
		for _, template := range pods[0].Templates {
			for n := pods[0].First; n < pods[0].First+max(1, pods[0].Replicas); n++ {
				claim := fmt.Sprintf("%s-%s-%d", template, o.Name, n)
				names = append(names, Name{Kind: "PersistentVolumeClaim", Namespace: o.Namespace, Name: claim})
			}
		}
	}
	return names
}

func (p product) of(o manifest.Object) []Name {
	namespace := o.Namespace
	if p.anywhere {
		namespace = ""
	}
	var names []Name
	for _, path := range []string{p.name, p.or} {
		if path == "" || len(names) > 0 {
			break
		}
		var s shape
		s.put(path, reading{kind: p.kind})
		s.visit(o.Fields, nil, func(r *reading, value any, at manifest.Path) {
			if ref, ok := r.reference(value, at, namespace); ok {
				names = append(names, ref.To)
			}
		})
	}
	return names
}

// madeNamespace is the namespace that Argo CD or Flux makes for what they
// apply, where o asks for it.
func madeNamespace(o manifest.Object) string {
	switch [2]string{o.Group(), o.Kind} {
	case [2]string{argoGroup, "Application"}:
		options, _ := o.Field("spec", "syncPolicy", "syncOptions")
		if list, _ := options.([]any); slices.Contains(list, any("CreateNamespace=true")) {
			return o.Text("spec", "destination", "namespace")
		}
	case [2]string{fluxHelm, "HelmRelease"}:
		if create, _ := o.Field("spec", "install", "createNamespace"); create == true {
			return cmp.Or(o.Text("spec", "targetNamespace"), o.Namespace)
		}
	}
	return ""
}

func asksForCertificate(o manifest.Object) bool {
	annotations, _ := o.Field("metadata", "annotations")
	all, _ := annotations.(map[string]any)
	return all["cert-manager.io/issuer"] != nil || all["cert-manager.io/cluster-issuer"] != nil || all["kubernetes.io/tls-acme"] != nil
}

// MayMake returns an object of the build, or beside it, whose controller may
// make an object of this kind in this namespace that nobody can know of: a
// custom resource, or a role that allows to make some.
func (g *Graph) MayMake(kind, namespace string) (maker manifest.Ref, ok bool) {
	for _, o := range g.Objects {
		switch {
		case isBuiltIn(o.Group()):
			ok = sameNamespace(o.Namespace, namespace) && allowsToMake(o, kind)
		case makesNothing(o.Ref):
		default:
			ok = sameNamespace(o.Namespace, namespace) || slices.ContainsFunc(intoNamespace, func(path manifest.Path) bool {
				return o.Text(path...) == namespace
			})
		}
		if ok {
			return o.Ref, true
		}
	}
	return manifest.Ref{}, false
}

// intoNamespace are where Flux and Argo CD say the namespace of what they apply.
var intoNamespace = []manifest.Path{{"spec", "targetNamespace"}, {"spec", "destination", "namespace"}}

// resources are the kinds that controllers which are allowed to are known to
// make, with their names in a role.
var resources = map[string]string{
	"Secret": "secrets", "ConfigMap": "configmaps", "ServiceAccount": "serviceaccounts",
	"PersistentVolumeClaim": "persistentvolumeclaims", "Pod": "pods",
}

// allowsToMake says whether o is a role that allows to make objects of kind,
// by name: who may make everything makes what others describe.
func allowsToMake(o manifest.Object, kind string) bool {
	resource := resources[kind]
	if resource == "" || o.Kind != "Role" && o.Kind != "ClusterRole" {
		return false
	}
	rules, _ := o.Field("rules")
	list, _ := rules.([]any)
	return slices.ContainsFunc(list, func(rule any) bool {
		return holdsAny(rule, "apiGroups", "", "*") && holdsAny(rule, "resources", resource) && holdsAny(rule, "verbs", "create", "*")
	})
}

func holdsAny(fields any, name string, values ...string) bool {
	list, _ := manifest.Lookup(fields, name)
	items, _ := list.([]any)
	return slices.ContainsFunc(items, func(item any) bool {
		text, _ := item.(string)
		return slices.Contains(values, text)
	})
}

// makesNothing says whether the controllers of a custom resource are known to
// make no Pods, and nothing that Pods refer to, but for products.
func makesNothing(o manifest.Ref) bool {
	if _, known := products[[2]string{o.Group(), o.Kind}]; known {
		return true
	}
	kinds, known := inert[o.Group()]
	return known && (kinds == "" || slices.Contains(strings.Fields(kinds), o.Kind))
}

// inert are the kinds of which makesNothing is true, by API group; all kinds
// of a group where none is listed.
var inert = map[string]string{
	gatewayGroup: "HTTPRoute GRPCRoute TLSRoute TCPRoute UDPRoute GatewayClass ReferenceGrant BackendTLSPolicy",
	fluxSource:   "", fluxNotify: "", "image.toolkit.fluxcd.io": "",
	argoGroup:               "AppProject Rollout AnalysisTemplate ClusterAnalysisTemplate",
	externalSecret:          "",
	"monitoring.coreos.com": "ServiceMonitor PodMonitor Probe ScrapeConfig PrometheusRule AlertmanagerConfig",
	"networking.istio.io":   "", "security.istio.io": "", "telemetry.istio.io": "",
	"traefik.io": "", "cilium.io": "", "crd.projectcalico.org": "", "projectcontour.io": "", "metallb.io": "",
	"keda.sh":            "ScaledObject TriggerAuthentication ClusterTriggerAuthentication",
	"autoscaling.k8s.io": "", "snapshot.storage.k8s.io": "", "policy.networking.k8s.io": "", "metacontroller.k8s.io": "",
	"k8s.cni.cncf.io": "", "config.gatekeeper.sh": "", "wgpolicyk8s.io": "",
	"kustomize.config.k8s.io": "",
}
