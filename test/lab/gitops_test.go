package lab

import (
	"path/filepath"
	"strings"
	"testing"
)

// Who syncs a copy of this repository changes one line for each engine.
func TestAddressOfTheRepositoryStandsOnce(t *testing.T) {
	const address = "https://github.com/kube-lab/kube-lab.git"
	for _, engine := range []string{"argocd", "flux"} {
		files, err := filepath.Glob(filepath.Join(repository, "gitops", engine, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, file := range files {
			found += strings.Count(read(t, strings.TrimPrefix(file, repository)), address)
		}
		if found != 1 {
			t.Errorf("gitops/%s names %s %d times, want once", engine, address, found)
		}
	}
	for _, object := range build(t, "gitops/argocd") {
		if s, ok := object["spec"].(map[string]any)["source"].(map[string]any); ok && (s["repoURL"] != address || s["targetRevision"] != "main") {
			t.Errorf("%s comes from %s at %s, want %s at main", s["path"], s["repoURL"], s["targetRevision"], address)
		}
		if allowed, ok := object["spec"].(map[string]any)["sourceRepos"].([]any); ok && (len(allowed) != 1 || allowed[0] != address) {
			t.Errorf("the project allows %v, want %s", allowed, address)
		}
	}
}

// The namespace holds MySQL's claims: no engine may remove it.
func TestEnginesKeepTheNamespace(t *testing.T) {
	for _, overlay := range overlays {
		found := 0
		for _, object := range build(t, overlay) {
			if object["kind"] != "Namespace" {
				continue
			}
			found++
			annotations, _ := object["metadata"].(map[string]any)["annotations"].(map[string]any)
			if annotations["argocd.argoproj.io/sync-options"] != "Prune=false,Delete=false" || annotations["kustomize.toolkit.fluxcd.io/prune"] != "disabled" {
				t.Errorf("%s: an engine may remove the namespace: %v", overlay, annotations)
			}
		}
		if found != 1 {
			t.Errorf("%s has %d namespaces, want 1", overlay, found)
		}
	}
}
