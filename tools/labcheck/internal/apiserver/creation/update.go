package creation

import (
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
)

// resourceVersion stands for the one that the server gives a stored object.
const resourceVersion = "1"

// Store makes of an object that Run has prepared what the server would hold.
func Store(object runtime.Object) error {
	metadata, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	metadata.SetResourceVersion(resourceVersion)
	return nil
}

// RunUpdate prepares and validates the change of a stored object, in the order
// of the handler for patch requests and rest.BeforeUpdate of
// k8s.io/apiserver/pkg/registry/rest. It changes both objects as the server does.
func RunUpdate(object, stored runtime.Object, gvk schema.GroupVersionKind, strategy rest.RESTUpdateStrategy) field.ErrorList {
	metadata, err := meta.Accessor(object)
	if err != nil {
		return field.ErrorList{field.InternalError(field.NewPath("metadata"), err)}
	}
	before, err := meta.Accessor(stored)
	if err != nil {
		return field.ErrorList{field.InternalError(field.NewPath("metadata"), err)}
	}
	dropTwinOwners(metadata)
	metadata.SetManagedFields(nil)
	metadata.SetGeneration(before.GetGeneration())
	ctx := requestFor(metadata, gvk, "patch")
	strategy.PrepareForUpdate(ctx, object, stored)
	metadata.SetCreationTimestamp(before.GetCreationTimestamp())
	return rest.ValidateUpdate(ctx, object, stored, strategy)
}
