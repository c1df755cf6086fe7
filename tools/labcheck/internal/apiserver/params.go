package apiserver

import (
	"errors"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A paramSource holds every object of the build that may be a parameter of a
// policy, in the version that its paramKind names.
type paramSource struct {
	namespaced bool
	objects    []manifest.Object
}

// paramSource finds the parameters of a policy; nil for one without any.
func (c cluster) paramSource(kind *admissionv1.ParamKind) (*paramSource, []problem) {
	if kind == nil {
		return nil, nil
	}
	path := field("spec", "paramKind")
	gvk := schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)
	source := &paramSource{}
	for _, o := range c.objects {
		if o.Kind != gvk.Kind || o.Group() != gvk.Group {
			continue
		}
		source.namespaced = c.resources.of(o).namespaced
		if o.APIVersion != kind.APIVersion {
			fields, err := c.convert(o.Fields, gvk)
			if err != nil {
				return nil, []problem{skippedAt(path, "%v", err)}
			}
			o.Fields = fields
		}
		source.objects = append(source.objects, o)
	}
	known, ok := c.resources.find(gvk.GroupKind())
	switch {
	case ok && !slices.Contains(known.versions, gvk.Version), !ok && builtinGroup(gvk.Group):
		return nil, []problem{problemAt(path, "failed to configure policy: failed to find resource referenced by paramKind: '%v'", gvk)}
	case ok:
		source.namespaced = known.namespaced
	case len(source.objects) == 0:
		return nil, []problem{skippedAt(path, "nothing is known of the kind %s of %s: neither its CustomResourceDefinition nor an object of it is in the build; name the former with --crds", gvk.Kind, gvk.GroupVersion())}
	}
	return source, nil
}

// collect returns the parameters that a binding gives its policy for r, for
// one evaluation each; nil stands for an evaluation with params being null. It
// restates generic.CollectParams of k8s.io/apiserver. The error is a mistake in
// the binding, for which the server denies r.
func (s *paramSource) collect(ref *admissionv1.ParamRef, r *request) ([]*manifest.Object, error) {
	if s == nil || ref == nil {
		return []*manifest.Object{nil}, nil
	}
	namespace := ref.Namespace
	switch {
	case !s.namespaced && namespace != "":
		return nil, errors.New("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
	case s.namespaced && namespace == "":
		namespace = r.attributes.GetNamespace()
	}
	if s.namespaced && namespace == "" {
		return nil, errors.New("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
	}
	chosen := func(o manifest.Object) bool { return o.Name == ref.Name }
	if ref.Selector != nil {
		selector, err := metav1.LabelSelectorAsSelector(ref.Selector)
		if err != nil {
			return nil, err
		}
		chosen = func(o manifest.Object) bool { return selector.Matches(labelsOf(o)) }
	}
	var params []*manifest.Object
	for i, o := range s.objects {
		if chosen(o) && (!s.namespaced || namespaceOf(o) == namespace) {
			params = append(params, &s.objects[i])
		}
	}
	if len(params) == 0 && *ref.ParameterNotFoundAction == admissionv1.DenyAction {
		return nil, errors.New("no params found for policy binding with `Deny` parameterNotFoundAction")
	}
	return params, nil
}
