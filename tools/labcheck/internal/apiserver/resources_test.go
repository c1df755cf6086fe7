package apiserver

import (
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func kindOnly(gvk schema.GroupVersionKind) manifest.Object {
	return manifest.Object{Ref: manifest.Ref{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind}}
}

// The guess for kinds that are not known is right for all that are.
func TestPluralOfServer(t *testing.T) {
	for kind, r := range served() {
		if got := plural(kind.WithVersion(r.versions[0])); got != r.plural {
			t.Errorf("%s: got %s, want %s", kind, got, r.plural)
		}
	}
}

func TestOthers(t *testing.T) {
	hpa := schema.GroupVersionResource{Group: "autoscaling", Version: "v1", Resource: "horizontalpodautoscalers"}
	for _, test := range []struct {
		kind      schema.GroupKind
		requested schema.GroupVersionResource
		want      []schema.GroupVersionResource
	}{
		{schema.GroupKind{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}, hpa, []schema.GroupVersionResource{hpa.GroupResource().WithVersion("v2")}},
		{schema.GroupKind{Kind: "Event"}, events[0], events[1:]},
		{schema.GroupKind{Group: "events.k8s.io", Kind: "Event"}, events[1], events[:1]},
		{schema.GroupKind{Kind: "Pod"}, schema.GroupVersionResource{Version: "v1", Resource: "pods"}, nil},
		{schema.GroupKind{Group: "a.example", Kind: "A"}, schema.GroupVersionResource{Group: "a.example", Version: "v1", Resource: "as"}, nil},
	} {
		if got := (resources{}).others(test.kind, test.requested); !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.requested, got, test.want)
		}
	}
}

func TestResourcesOfOthers(t *testing.T) {
	crd := build(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: oxen.farm.example}
spec: {group: farm.example, scope: Cluster, names: {kind: Ox, plural: oxen}}
`)
	for _, test := range []struct {
		apiVersion, kind, namespace, plural string
		namespaced                          bool
	}{
		{"farm.example/v1", "Ox", "", "oxen", false},
		{"gateway.networking.k8s.io/v1", "Gateway", "a", "gateways", true},
		{"gateway.networking.k8s.io/v1", "GatewayClass", "", "gatewayclasses", false},
		{"argoproj.io/v1alpha1", "Application", "argocd", "applications", true},
		{"argoproj.io/v1alpha1", "AppProject", "argocd", "appprojects", true},
		{"kustomize.toolkit.fluxcd.io/v1", "Kustomization", "flux-system", "kustomizations", true},
		{"source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "gitrepositories", true},
		{"source.toolkit.fluxcd.io/v1", "HelmRepository", "flux-system", "helmrepositories", true},
		{"image.toolkit.fluxcd.io/v1", "ImagePolicy", "flux-system", "imagepolicies", true},
		{"monitoring.coreos.com/v1", "Prometheus", "a", "prometheuses", true},
	} {
		o := kindOnly(schema.FromAPIVersionAndKind(test.apiVersion, test.kind))
		o.Namespace = test.namespace
		if got := (resources{custom.Declared(crd)}).of(o); got.plural != test.plural || got.namespaced != test.namespaced {
			t.Errorf("%s: got %v", test.kind, got)
		}
	}
}
