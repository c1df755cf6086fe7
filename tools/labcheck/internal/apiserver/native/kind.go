package native

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/klog/v2"

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

// The uid that every object gets while it is judged. A server makes a new one
// each time; labels and selectors of a Job are made of it.
const uid = "00000000-0000-0000-0000-000000000000"

// generatedSuffix stands for the five random characters that the server
// appends to metadata.generateName.
const generatedSuffix = "xxxxx"

// create prepares and validates a decoded and defaulted object, in the order
// of the handler for create requests and rest.BeforeCreate. It returns the
// object in the server's internal version.
func (k kind) create(o manifest.Object, decoded runtime.Object) (runtime.Object, []Violation) {
	created, err := k.scheme.ConvertToVersion(decoded, runtime.InternalGroupVersioner)
	if err != nil {
		return decoded, []Violation{{Message: err.Error()}}
	}
	object, err := meta.Accessor(created)
	if err != nil {
		return created, []Violation{{Message: err.Error()}}
	}
	ctx := k.fillMetadata(object)
	k.strategy.PrepareForCreate(ctx, created)
	return created, k.violations(o, rest.ValidateCreate(ctx, created, k.strategy))
}

// fillMetadata does what the server does to metadata before a strategy sees
// it, and returns the context of the request.
func (k kind) fillMetadata(object metav1.Object) context.Context {
	namespace := rest.ExpectedNamespaceForScope(object.GetNamespace(), k.strategy.NamespaceScoped())
	if k.strategy.NamespaceScoped() && namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	object.SetNamespace(namespace)
	rest.WipeObjectMetaSystemFields(object)
	object.SetUID(uid)
	if prefix := object.GetGenerateName(); prefix != "" && object.GetName() == "" {
		object.SetName(k.generatedName(prefix))
	}
	ctx := klog.NewContext(context.Background(), logr.Discard()) // nothing is said to stderr
	ctx = request.WithNamespace(ctx, namespace)
	return request.WithRequestInfo(ctx, &request.RequestInfo{
		IsResourceRequest: true, Verb: "create",
		APIGroup: k.gvk.Group, APIVersion: k.gvk.Version,
		Namespace: namespace, Name: object.GetName(),
	})
}

// generatedName is what the strategy generates, with fixed characters where
// it takes random ones.
func (k kind) generatedName(prefix string) string {
	name := k.strategy.GenerateName(prefix)
	return name[:max(0, len(name)-len(generatedSuffix))] + generatedSuffix
}

// violations turns the server's errors into Violations at the fields of o.
func (k kind) violations(o manifest.Object, errs field.ErrorList) []Violation {
	var all []Violation
	for _, err := range errs {
		name := err.Field
		if k.gvk.Kind == "CustomResourceDefinition" {
			name = asWritten(name)
		}
		path := refined(o.Fields, pathOf(o.Fields, name), err.BadValue)
		all = append(all, Violation{Path: path, Message: err.ErrorBody()})
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
	if metadata, ok := fields["metadata"].(map[string]any); ok {
		delete(metadata, "uid")
		delete(metadata, "creationTimestamp")
	}
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
