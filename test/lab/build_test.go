package lab

import (
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const repository = "../.."

var overlays = []string{".", "overlays/minikube", "overlays/kind", "overlays/registry", "overlays/without-configmap"}

func build(t *testing.T, overlay string) []map[string]any {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), repository+"/"+overlay)
	if err != nil {
		t.Fatal(err)
	}
	var objects []map[string]any
	for _, r := range built.Resources() {
		object, err := r.Map()
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, object)
	}
	return objects
}
