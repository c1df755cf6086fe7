// Package custom judges a custom resource as the API server of Kubernetes 1.37
// does when it is created or changed: strict decoding, pruning, coercion of metadata,
// defaulting, validation of values, lists and embedded resources, and the CEL
// rules with their cost limits. All of it is the server's own code
// (k8s.io/apiextensions-apiserver), called in the server's order. Only its
// strategy is restated, whose package needs the etcd client.
//
// What it does not do, beyond what package creation says: a definition that
// converts by webhook is judged in the version of the resource alone.
package custom

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Validate judges o, which is of the kind of d. An error means that o could
// not be judged, because the definition is not as the server would accept it
// or the server's code panicked. Validate does not change o and may be called
// concurrently.
func (d *Definition) Validate(o manifest.Object) (result creation.Result, err error) {
	defer creation.RecoverAs(o, &err)
	version := schemaVersion(o.APIVersion)
	load, ok := d.strategies[version]
	if !ok {
		return creation.Result{Violations: []creation.Violation{d.notServed(version)}}, nil
	}
	s, err := load()
	if err != nil {
		return creation.Result{}, fmt.Errorf("using the CustomResourceDefinition %s: %w", d.Name, err)
	}
	if result, err = s.judge(o); err != nil || len(result.Violations) > 0 {
		return result, err
	}
	deprecation, err := d.deprecation(version)
	if deprecation != "" {
		result.Warnings = append(result.Warnings, creation.Violation{Path: manifest.Path{"apiVersion"}, Message: deprecation})
	}
	return result, err
}

func schemaVersion(apiVersion string) string {
	_, version, _ := strings.Cut(apiVersion, "/")
	return version
}

func (d *Definition) notServed(version string) creation.Violation {
	return creation.Violation{
		Path: manifest.Path{"apiVersion"},
		Message: fmt.Sprintf("version %q of %s is not served: the CustomResourceDefinition %s serves %s",
			version, d.Kind.Kind, d.Name, strings.Join(d.Served, ", ")),
	}
}

// judge decodes o and, where it has nothing but known fields, validates it.
func (s *strategy) judge(o manifest.Object) (creation.Result, error) {
	content, violations, err := s.decode(o)
	if content == nil {
		return creation.Result{Violations: creation.Sorted(violations)}, err
	}
	resource := &unstructured.Unstructured{Object: content}
	errs, texts := creation.Run(resource, s.kind, s)
	if len(violations) == 0 {
		for _, err := range errs {
			violations = append(violations, creation.Of(o.Fields, err))
		}
	}
	var warnings []creation.Violation
	for _, text := range texts {
		warnings = append(warnings, creation.Warning(o.Fields, text))
	}
	creation.Forget(resource.Object)
	return creation.Result{Violations: creation.Sorted(violations), Warnings: warnings, Defaulted: resource.Object}, nil
}
