package creation

import (
	"context"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"
)

// The uid that every object gets while it is judged. A server makes a new one
// each time; labels and selectors of a Job are made of it.
const uid = "00000000-0000-0000-0000-000000000000"

// generatedSuffix stands for the five random characters that the server
// appends to metadata.generateName.
const generatedSuffix = "xxxxx"

// Run prepares and validates a decoded and defaulted object, in the order of
// the handler for create requests and rest.BeforeCreate of
// k8s.io/apiserver/pkg/registry/rest. It changes object as the server does
// before it stores it. The warnings are what the server says to an object that
// it accepts, and none where there are errors.
func Run(object runtime.Object, gvk schema.GroupVersionKind, strategy rest.RESTCreateStrategy) (errs field.ErrorList, warnings []string) {
	metadata, err := meta.Accessor(object)
	if err != nil {
		return field.ErrorList{field.InternalError(field.NewPath("metadata"), err)}, nil
	}
	warnings = dropTwinOwners(metadata)
	ctx := fillMetadata(metadata, gvk, strategy)
	strategy.PrepareForCreate(ctx, object)
	if errs := rest.ValidateCreate(ctx, object, strategy); len(errs) > 0 {
		return errs, nil
	}
	return nil, append(warnings, strategy.WarningsOnCreate(ctx, object)...)
}

// fillMetadata does what the server does to metadata before a strategy sees
// it, and returns the context of the request.
func fillMetadata(object metav1.Object, gvk schema.GroupVersionKind, strategy rest.RESTCreateStrategy) context.Context {
	namespace := rest.ExpectedNamespaceForScope(object.GetNamespace(), strategy.NamespaceScoped())
	if strategy.NamespaceScoped() && namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	object.SetNamespace(namespace)
	rest.WipeObjectMetaSystemFields(object)
	object.SetUID(uid)
	if prefix := object.GetGenerateName(); prefix != "" && object.GetName() == "" {
		object.SetName(generatedName(strategy, prefix))
	}
	return requestFor(object, gvk, "create")
}

// requestFor is the context of a request for object.
func requestFor(object metav1.Object, gvk schema.GroupVersionKind, verb string) context.Context {
	ctx := klog.NewContext(context.Background(), logr.Discard()) // nothing is said to stderr
	ctx = request.WithNamespace(ctx, object.GetNamespace())
	return request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: verb,
		APIGroup: gvk.Group, APIVersion: gvk.Version,
		Namespace: object.GetNamespace(), Name: object.GetName(),
	})
}

// generatedName is what the strategy generates, with fixed characters where
// it takes random ones.
func generatedName(strategy rest.RESTCreateStrategy, prefix string) string {
	name := strategy.GenerateName(prefix)
	return name[:max(0, len(name)-len(generatedSuffix))] + generatedSuffix
}

// Forget removes from fields what differs in every run of a server: uid and
// creationTimestamp.
func Forget(fields map[string]any) {
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "uid")
		delete(metadata, "creationTimestamp")
	}
}
