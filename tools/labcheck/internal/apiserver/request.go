package apiserver

import (
	"cmp"
	"fmt"
	"maps"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	reviewv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/authentication/user"
)

// A request is the creation of one object of the build, as a policy sees it.
type request struct {
	object     manifest.Object
	fields     map[string]any // what the policy sees as object
	attributes *admission.VersionedAttributes
	resource   schema.GroupVersionResource   // what the policy sees it as
	others     []schema.GroupVersionResource // what it could be converted to
	namespace  *corev1.Namespace             // nil for an object without a namespace
	// selectable are the labels a namespaceSelector is compared with; nil where
	// there is no namespace, and then every selector matches.
	selectable labels.Set
}

// A cluster is what the objects of a build say about the cluster they go to.
type cluster struct {
	objects    []manifest.Object
	resources  resources
	namespaces map[string]manifest.Object
}

func newCluster(objects []manifest.Object, definitions custom.Definitions) cluster {
	c := cluster{objects: objects, resources: resources{definitions}, namespaces: map[string]manifest.Object{}}
	for _, o := range objects {
		if isNamespace(o) {
			c.namespaces[o.Name] = o
		}
	}
	return c
}

func isNamespace(o manifest.Object) bool { return o.APIVersion == "v1" && o.Kind == "Namespace" }

// namespaceOf is where an object of a namespaced kind goes. One that names no
// namespace goes to the namespace default, as with kubectl.
func namespaceOf(o manifest.Object) string { return cmp.Or(o.Namespace, metav1.NamespaceDefault) }

func labelsOf(o manifest.Object) labels.Set {
	return (&unstructured.Unstructured{Object: o.Fields}).GetLabels()
}

// create is the request that creates o.
func (c cluster) create(o manifest.Object) *request {
	r := &request{object: o, fields: o.Fields}
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	res := c.resources.of(o)
	r.resource = gvk.GroupVersion().WithResource(res.plural)
	r.others = c.resources.others(gvk.GroupKind(), r.resource)
	var name string
	switch {
	case isNamespace(o):
		// The server lets a Namespace be in the namespace that it is.
		name, r.selectable = o.Name, c.namespace(o.Name).Labels
	case res.namespaced:
		name = namespaceOf(o)
		r.fields = withNamespace(o.Fields, name)
		r.namespace = c.namespace(name)
		r.selectable = r.namespace.Labels
	}
	body := &unstructured.Unstructured{Object: r.fields}
	r.attributes = &admission.VersionedAttributes{
		Attributes: admission.NewAttributesRecord(body, nil, gvk, name, o.Name,
			r.resource, "", admission.Create,
			&metav1.CreateOptions{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "CreateOptions"}},
			false, &user.DefaultInfo{Groups: []string{user.AllAuthenticated}}),
		VersionedObject: admission.NewLazyObject(body),
		VersionedKind:   gvk,
	}
	return r
}

// seenAs is r as a policy sees it that chose it as res: converted, where that
// is another version than was requested.
func (c cluster) seenAs(r *request, res schema.GroupVersionResource) (*request, error) {
	if res == r.resource {
		return r, nil
	}
	gvk := res.GroupVersion().WithKind(r.object.Kind)
	fields, err := c.convert(r.fields, gvk)
	if err != nil {
		return nil, err
	}
	seen := *r
	seen.fields, seen.resource = fields, res
	seen.attributes = &admission.VersionedAttributes{
		Attributes:      r.attributes.Attributes,
		VersionedObject: admission.NewLazyObject(&unstructured.Unstructured{Object: fields}),
		VersionedKind:   gvk,
	}
	return &seen, nil
}

// convert returns the fields of an object in another version of its kind, or
// why that is not known.
func (c cluster) convert(fields map[string]any, to schema.GroupVersionKind) (map[string]any, error) {
	definition := c.resources.definitions.OfKind(to.GroupKind())
	switch {
	case definition != nil && definition.Webhook:
		return nil, fmt.Errorf("a webhook converts %s to %s, which is not known offline", to.Kind, to.GroupVersion())
	case definition != nil:
		converted := maps.Clone(fields)
		converted["apiVersion"] = to.GroupVersion().String()
		return converted, nil
	}
	return native.Convert(fields, to.GroupVersion())
}

// review is what the policies see as request.
func (r *request) review() *reviewv1.AdmissionRequest {
	return plugincel.CreateAdmissionRequest(r.attributes.Attributes,
		metav1.GroupVersionResource(r.resource), metav1.GroupVersionKind(r.attributes.VersionedKind))
}

// withNamespace returns fields with metadata.namespace, which the server fills
// in before it asks a policy. fields itself stays as it is.
func withNamespace(fields map[string]any, namespace string) map[string]any {
	metadata, ok := fields["metadata"].(map[string]any)
	if _, written := metadata["namespace"]; !ok || written {
		return fields
	}
	fields, metadata = maps.Clone(fields), maps.Clone(metadata)
	metadata["namespace"] = namespace
	fields["metadata"] = metadata
	return fields
}

// namespace is the Namespace of that name as the cluster would hold it: with
// the labels and annotations of the build, if it is part of the build, and
// with what the server adds to every namespace.
func (c cluster) namespace(name string) *corev1.Namespace {
	written := unstructured.Unstructured{Object: c.namespaces[name].Fields}
	withName := map[string]string{}
	maps.Copy(withName, written.GetLabels())
	withName[corev1.LabelMetadataName] = name
	return &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: withName, Annotations: written.GetAnnotations()},
		Spec:       corev1.NamespaceSpec{Finalizers: []corev1.FinalizerName{corev1.FinalizerKubernetes}},
		Status:     corev1.NamespaceStatus{Phase: corev1.NamespaceActive},
	}
}
