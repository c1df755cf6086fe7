package native

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A kind is one built-in kind and the code that judges its objects.
type kind struct {
	gvk      schema.GroupVersionKind
	scheme   *runtime.Scheme
	strategy rest.RESTCreateStrategy
}

func typeOf(o manifest.Object) schema.GroupVersionKind {
	return schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
}

// create prepares and validates a decoded and defaulted object. It returns the
// object in the server's internal version, and what the server says to it:
// violations or, where there are none, warnings.
func (k kind) create(o manifest.Object, decoded runtime.Object) (created runtime.Object, violations, warnings []creation.Violation) {
	created, err := k.scheme.ConvertToVersion(decoded, runtime.InternalGroupVersioner)
	if err != nil {
		return decoded, []creation.Violation{{Message: err.Error()}}, nil
	}
	errs, texts := creation.Run(created, k.gvk, k.strategy)
	for _, text := range texts {
		warnings = append(warnings, creation.Warning(o.Fields, text))
	}
	return created, k.violations(o, errs), warnings
}

// violations turns the server's errors into Violations at the fields of o.
func (k kind) violations(o manifest.Object, errs field.ErrorList) []creation.Violation {
	var all []creation.Violation
	for _, err := range errs {
		if k.gvk.Kind == "CustomResourceDefinition" {
			written := *err
			written.Field = asWritten(err.Field)
			err = &written
		}
		all = append(all, creation.Of(o.Fields, err))
	}
	return all
}

// fields returns an object in the version that it was written in, as JSON
// would hold it.
func (k kind) fields(object runtime.Object) (map[string]any, error) {
	versioned, err := k.scheme.ConvertToVersion(object, k.gvk.GroupVersion())
	if err != nil {
		return nil, err
	}
	versioned.GetObjectKind().SetGroupVersionKind(k.gvk)
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(versioned)
	if err != nil {
		return nil, err
	}
	delete(fields, "status")
	creation.Forget(fields)
	return fields, nil
}

// encode returns o as the JSON a client would send.
func encode(fields any) ([]byte, error) {
	data, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encoding the object: %w", err)
	}
	return data, nil
}
