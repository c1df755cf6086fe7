package lab

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const repository = "../.."

var overlays = []string{".", "overlays/minikube", "overlays/kind", "overlays/registry", "overlays/without-configmap"}

// A stock minikube has 2 CPUs and 4 GiB; the rest is for the system.
var budget = map[string]resource.Quantity{"cpu": resource.MustParse("1500m"), "memory": resource.MustParse("2560Mi")}

func TestRequestsFitAStockMinikube(t *testing.T) {
	for _, overlay := range overlays {
		used := map[string]*resource.Quantity{"cpu": {}, "memory": {}}
		for _, object := range build(t, overlay) {
			pod, copies := podOf(object)
			for name := range used {
				for range copies {
					used[name].Add(request(t, pod, name))
				}
			}
		}
		for name, limit := range budget {
			if used[name].IsZero() || used[name].Cmp(limit) > 0 {
				t.Errorf("%s requests %s of %s, want more than nothing and at most %s", overlay, used[name], name, limit.String())
			}
			t.Logf("%s requests %s of %s", overlay, used[name], name)
		}
	}
}

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

// podOf returns the Pod spec of an object and how many Pods it asks for.
func podOf(object map[string]any) (spec map[string]any, copies int) {
	spec, _ = object["spec"].(map[string]any)
	if object["kind"] == "Pod" {
		return spec, 1
	}
	template, ok := spec["template"].(map[string]any)
	if !ok {
		return nil, 0
	}
	copies, _ = spec["replicas"].(int)
	return template["spec"].(map[string]any), copies
}

// request is what the scheduler counts: the containers and the sidecars
// together, or an init container with the sidecars before it if that is more.
func request(t *testing.T, pod map[string]any, name string) resource.Quantity {
	t.Helper()
	var sidecars, running, most resource.Quantity
	for _, c := range list(pod["initContainers"]) {
		asked := quantity(c, name)
		if c["restartPolicy"] == "Always" {
			sidecars.Add(asked)
			asked = resource.Quantity{}
		}
		asked.Add(sidecars)
		if asked.Cmp(most) > 0 {
			most = asked
		}
	}
	running = sidecars
	for _, c := range list(pod["containers"]) {
		running.Add(quantity(c, name))
	}
	if running.Cmp(most) > 0 {
		return running
	}
	return most
}

func list(value any) []map[string]any {
	items, _ := value.([]any)
	var maps []map[string]any
	for _, item := range items {
		maps = append(maps, item.(map[string]any))
	}
	return maps
}

func quantity(container map[string]any, name string) resource.Quantity {
	resources, _ := container["resources"].(map[string]any)
	requests, _ := resources["requests"].(map[string]any)
	text, _ := requests[name].(string)
	if text == "" {
		return resource.Quantity{}
	}
	return resource.MustParse(text)
}
