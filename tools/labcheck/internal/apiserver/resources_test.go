package apiserver

import (
	"os"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// served is a line of testdata/resources.txt, which was made from the
// discovery of an API server 1.37.2: for each of kubectl api-versions, groupVersion
// kind name namespaced createable.
type served struct {
	gvk        schema.GroupVersionKind
	plural     string
	namespaced bool
}

func servedResources(t *testing.T) []served {
	t.Helper()
	data, err := os.ReadFile("testdata/resources.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []served
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		all = append(all, served{schema.FromAPIVersionAndKind(f[0], f[1]), f[2], f[3] == "True"})
	}
	return all
}

func kindOnly(gvk schema.GroupVersionKind) manifest.Object {
	return manifest.Object{Ref: manifest.Ref{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind}}
}

func TestResourcesOfServer(t *testing.T) {
	versions := map[schema.GroupKind]int{}
	for _, s := range servedResources(t) {
		got := resourceOf(kindOnly(s.gvk), nil)
		if want := (resource{s.plural, s.namespaced}); got != want {
			t.Errorf("%s: got %v, want %v", s.gvk, got, want)
		}
		versions[s.gvk.GroupKind()]++
		gvr := s.gvk.GroupVersion().WithResource(s.plural)
		if versions[s.gvk.GroupKind()] > 1 && len(cluster{}.othersServing(kindOnly(s.gvk), gvr)) == 0 {
			t.Errorf("%s is served in several versions and not among the equivalents", gvr)
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
		if got := resourceOf(o, custom.Declared(crd)); got != (resource{test.plural, test.namespaced}) {
			t.Errorf("%s: got %v", test.kind, got)
		}
	}
}
