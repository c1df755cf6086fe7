package custom

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/operation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/features"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
)

// Validate returns what is wrong with a resource, in the order of the server.
// Where it does not look at the CEL rules, because a value is not what they
// are written for, neither does this.
func (s *strategy) Validate(ctx context.Context, object runtime.Object) field.ErrorList {
	resource := object.(*unstructured.Unstructured)
	errs := slices.Concat(
		s.validateMetadata(ctx, operation.Create, resource.Object, nil),
		validation.ValidateCustomResource(nil, resource.Object, s.values),
		s.validateScale(resource.Object),
		objectmeta.Validate(ctx, nil, resource.Object, s.structural, false),
		listtype.ValidateListSetsAndMaps(nil, s.structural, resource.Object),
	)
	if s.rules == nil || slices.ContainsFunc(errs, blocking) {
		return errs
	}
	broken, _ := s.rules.Validate(ctx, nil, s.structural, resource.Object, nil, celconfig.RuntimeCELCostBudget)
	return append(errs, broken...)
}

// blocking tells whether a rule could fail for the same reason again.
func blocking(err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong, field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}

// validateMetadata judges the metadata of a new resource or, where before is not
// nil, of a change.
func (s *strategy) validateMetadata(ctx context.Context, request operation.Type, content, before map[string]any) field.ErrorList {
	metadata, errs := metadataOf(content)
	if errs != nil {
		return errs
	}
	var stored *metav1.ObjectMeta
	name := metavalidation.NameIsDNSSubdomain
	if before != nil {
		if stored, errs = metadataOf(before); errs != nil {
			return errs
		}
		name = nil
	}
	generated := utilfeature.DefaultFeatureGate.Enabled(features.DeclarativeValidationBeta)
	return metavalidation.ValidateObjectMetaDeclaratively(ctx, request, metadata, stored, s.namespaced, name, field.NewPath("metadata"), generated)
}

func metadataOf(content map[string]any) (*metav1.ObjectMeta, field.ErrorList) {
	written, _ := content["metadata"].(map[string]any)
	var metadata metav1.ObjectMeta
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(written, &metadata); err != nil {
		return nil, field.ErrorList{field.Invalid(field.NewPath("metadata"), written, err.Error())}
	}
	return &metadata, nil
}

// validateScale judges the fields that the subresource scale is made of.
func (s *strategy) validateScale(content map[string]any) field.ErrorList {
	scale := s.subresources.Scale
	if scale == nil {
		return nil
	}
	errs := append(validateReplicas(content, scale.SpecReplicasPath), validateReplicas(content, scale.StatusReplicasPath)...)
	if path := scale.LabelSelectorPath; path != nil {
		if selector, _, err := unstructured.NestedString(content, steps(*path)...); err != nil {
			errs = append(errs, field.Invalid(field.NewPath(*path), selector, err.Error()))
		}
	}
	return errs
}

func validateReplicas(content map[string]any, path string) field.ErrorList {
	replicas, _, err := unstructured.NestedInt64(content, steps(path)...)
	var message string
	switch {
	case err != nil:
		message = err.Error()
	case replicas < 0:
		message = "should be a non-negative integer"
	case replicas > math.MaxInt32:
		message = fmt.Sprintf("should be less than or equal to %v", math.MaxInt32)
	default:
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath(path), replicas, message)}
}

// steps are the fields that a JSON path of a definition, such as
// .spec.replicas, goes through.
func steps(path string) []string {
	return strings.Split(strings.TrimPrefix(path, "."), ".")
}
