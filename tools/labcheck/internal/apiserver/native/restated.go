package native

import (
	"context"

	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

// A restated strategy does on create and update what the kind's own strategy in
// k8s.io/kubernetes/pkg/registry does, whose package cannot be imported
// without the etcd client and gRPC. Its functions are the few lines of that
// strategy; what they call is the server's.
type restated[T runtime.Object] struct {
	rest.DeclarativeValidation
	names.NameGenerator
	clusterScoped bool
	prepare       func(T)
	validate      func(T) field.ErrorList
	warn          func(context.Context, T) []string
	// prepareUpdate and validateUpdate are handed the new object and the stored one.
	prepareUpdate  func(T, T)
	validateUpdate func(T, T) field.ErrorList
	// options are those that the validation generated from the type asks for.
	options map[string]bool
}

// namespaced restates the strategy of a namespaced kind. A nil prepare
// changes nothing.
func namespaced[T runtime.Object](prepare func(T), validate func(T) field.ErrorList) restated[T] {
	return restated[T]{
		DeclarativeValidation: rest.DeclarativeValidation{Scheme: legacyscheme.Scheme},
		NameGenerator:         names.SimpleNameGenerator,
		prepare:               prepare,
		validate:              validate,
	}
}

// clusterScoped restates the strategy of a cluster-scoped kind.
func clusterScoped[T runtime.Object](prepare func(T), validate func(T) field.ErrorList) restated[T] {
	s := namespaced(prepare, validate)
	s.clusterScoped = true
	return s
}

func (s restated[T]) NamespaceScoped() bool { return !s.clusterScoped }

func (s restated[T]) PrepareForCreate(_ context.Context, object runtime.Object) {
	if s.prepare != nil {
		s.prepare(object.(T))
	}
}

func (s restated[T]) Validate(_ context.Context, object runtime.Object) field.ErrorList {
	return s.validate(object.(T))
}

func (s restated[T]) DeclarativeValidationConfig(context.Context, runtime.Object, runtime.Object) rest.DeclarativeValidationConfig {
	return rest.DeclarativeValidationConfig{Options: s.options}
}

func (s restated[T]) WarningsOnCreate(ctx context.Context, object runtime.Object) []string {
	if s.warn == nil {
		return nil
	}
	return s.warn(ctx, object.(T))
}

func (restated[T]) Canonicalize(runtime.Object) {}

// updating adds what the kind's own strategy does on update. A nil prepare
// changes nothing.
func (s restated[T]) updating(prepare func(object, stored T), validate func(object, stored T) field.ErrorList) restated[T] {
	s.prepareUpdate, s.validateUpdate = prepare, validate
	return s
}

func (s restated[T]) PrepareForUpdate(_ context.Context, object, stored runtime.Object) {
	if s.prepareUpdate != nil {
		s.prepareUpdate(object.(T), stored.(T))
	}
}

func (s restated[T]) ValidateUpdate(_ context.Context, object, stored runtime.Object) field.ErrorList {
	return s.validateUpdate(object.(T), stored.(T))
}

func (restated[T]) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

func (restated[T]) AllowCreateOnUpdate(context.Context) bool { return false }

func (restated[T]) AllowUnconditionalUpdate(context.Context) bool { return true }

// undeclared is a restated strategy of a kind whose type has no generated
// validation.
type undeclared[T runtime.Object] struct{ restated[T] }

func (undeclared[T]) ValidateDeclaratively(_ context.Context, _, _ runtime.Object, errs field.ErrorList, _ operation.Type, _ rest.DeclarativeValidationConfig) field.ErrorList {
	return errs
}
