package custom

import (
	"context"
	"fmt"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/storage/names"
)

// A strategy creates the resources of one version of a definition. Restated
// from the type customResourceStrategy of
// k8s.io/apiextensions-apiserver/pkg/registry/customresource.
type strategy struct {
	runtime.ObjectTyper // nobody asks it: creation.Run knows the kind
	names.NameGenerator
	kind         schema.GroupVersionKind
	namespaced   bool
	structural   *structuralschema.Structural
	values       validation.SchemaValidator
	rules        *cel.Validator // nil where the schema has no rules
	subresources apiextensionsv1.CustomResourceSubresources
}

// newStrategy prepares a version as the handler of custom resources does
// before it serves the version. Making it compiles the CEL rules.
func newStrategy(kind schema.GroupVersionKind, namespaced bool, version *apiextensionsv1.CustomResourceDefinitionVersion) (*strategy, error) {
	var internal apiextensions.CustomResourceValidation
	if err := apiextensionsv1.Convert_v1_CustomResourceValidation_To_apiextensions_CustomResourceValidation(version.Schema, &internal, nil); err != nil {
		return nil, fmt.Errorf("converting the schema: %w", err)
	}
	structural, err := structuralschema.NewStructural(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("the schema is not structural: %w", err)
	}
	structural = structural.DeepCopy() // it shares its defaults with the schema
	if err := defaulting.PruneDefaults(structural); err != nil {
		return nil, fmt.Errorf("pruning defaults: %w", err)
	}
	values, _, err := validation.NewSchemaValidator(internal.OpenAPIV3Schema)
	if err != nil {
		return nil, fmt.Errorf("compiling the schema: %w", err)
	}
	s := &strategy{
		NameGenerator: names.SimpleNameGenerator,
		kind:          kind, namespaced: namespaced,
		structural: structural, values: values,
		rules: cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}
	if version.Subresources != nil {
		s.subresources = *version.Subresources
	}
	return s, nil
}

func (s *strategy) NamespaceScoped() bool { return s.namespaced }

func (s *strategy) PrepareForCreate(_ context.Context, object runtime.Object) {
	resource := object.(*unstructured.Unstructured)
	if s.subresources.Status != nil {
		delete(resource.Object, "status")
	}
	resource.SetGeneration(1)
}

func (*strategy) WarningsOnCreate(context.Context, runtime.Object) []string { return nil }

func (*strategy) Canonicalize(runtime.Object) {}
