// Package meant finds the object that a kustomization almost names.
package meant

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// Add says in a problem with what a selector or a patch says in this field that
// one of the objects, which all fit but for the field, has almost the same in it.
func Add(problem *manifest.Problem, field, said string, objects []manifest.Ref) {
	var there []string
	for _, object := range objects {
		value, _ := In(object, field)
		there = append(there, value)
	}
	problem.Message += spelling.DidYouMean(said, there)
	closest := spelling.Closest(said, there)
	for _, object := range objects {
		if value, path := In(object, field); closest != "" && value == closest {
			problem.Leads = append(problem.Leads, manifest.Lead{Message: "this one is there", Object: object, Path: path})
			return
		}
	}
}

// In is what an object has in a field by which it can be selected, and where.
func In(object manifest.Ref, field string) (string, manifest.Path) {
	switch field {
	case "name":
		return object.Name, manifest.Path{"metadata", "name"}
	case "namespace":
		return object.Namespace, manifest.Path{"metadata", "namespace"}
	case "kind":
		return object.Kind, manifest.Path{"kind"}
	case "group":
		return object.Group(), manifest.Path{"apiVersion"}
	case "version":
		return object.Version(), manifest.Path{"apiVersion"}
	case "apiVersion":
		return object.APIVersion, manifest.Path{"apiVersion"}
	}
	return "", nil
}
