package apiserver

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// resources knows the resources behind kinds: those of the API server itself
// and the custom ones that are defined.
type resources struct{ definitions custom.Definitions }

// A resource is what a kind is called in a URL, and where its objects are.
type resource struct {
	plural     string
	namespaced bool
	versions   []string // served
}

// find returns the resource of a kind that is the API server's or defined.
func (all resources) find(kind schema.GroupKind) (resource, bool) {
	if d := all.definitions.OfKind(kind); d != nil {
		return resource{d.Plural, d.Namespaced, d.Served}, true
	}
	builtin, ok := served()[kind]
	return builtin, ok
}

// of returns the resource of o. A kind that is neither the API server's nor
// defined is namespaced if the object has a namespace, and its plural is the
// one that API machinery and English suggest.
func (all resources) of(o manifest.Object) resource {
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	if known, ok := all.find(gvk.GroupKind()); ok {
		return known
	}
	return resource{plural: plural(gvk), namespaced: o.Namespace != ""}
}

// kindsOf returns the kinds behind a resource. As to the server's own mapper,
// the group "" is any group.
func (all resources) kindsOf(gvr schema.GroupVersionResource) []schema.GroupVersionKind {
	var kinds []schema.GroupVersionKind
	add := func(kind schema.GroupKind, r resource) {
		if r.plural == gvr.Resource && slices.Contains(r.versions, gvr.Version) && (gvr.Group == "" || gvr.Group == kind.Group) {
			kinds = append(kinds, kind.WithVersion(gvr.Version))
		}
	}
	for kind, r := range served() {
		add(kind, r)
	}
	for d := range all.definitions.Every() {
		add(d.Kind, resource{d.Plural, d.Namespaced, d.Served})
	}
	return kinds
}

// others returns the other resources under which the server serves an object
// of kind that was requested as requested, converted.
func (all resources) others(kind schema.GroupKind, requested schema.GroupVersionResource) []schema.GroupVersionResource {
	if i := slices.Index(events, requested); i >= 0 {
		return events[1-i : 2-i]
	}
	var others []schema.GroupVersionResource
	known, _ := all.find(kind)
	for _, version := range known.versions {
		if version != requested.Version {
			others = append(others, schema.GroupVersionResource{Group: requested.Group, Version: version, Resource: requested.Resource})
		}
	}
	return others
}

// plural is API machinery's guess, put right for kinds such as Gateway.
func plural(gvk schema.GroupVersionKind) string {
	guess, _ := meta.UnsafeGuessKindToResource(gvk)
	stem, ok := strings.CutSuffix(guess.Resource, "ies")
	if ok && stem != "" && strings.Contains("aeou", stem[len(stem)-1:]) {
		return stem + "ys"
	}
	return guess.Resource
}

// servedList was made from the discovery of an API server 1.37.2: for each of
// kubectl api-versions, group and version, kind, name, namespaced, createable.
//
//go:embed resources.txt
var servedList string

// served are the resources of the API server itself.
var served = sync.OnceValue(func() map[schema.GroupKind]resource {
	all := map[schema.GroupKind]resource{}
	for line := range strings.Lines(servedList) {
		f := strings.Fields(line)
		gvk := schema.FromAPIVersionAndKind(f[0], f[1])
		known := all[gvk.GroupKind()]
		all[gvk.GroupKind()] = resource{plural: f[2], namespaced: f[3] == "True", versions: append(known.versions, gvk.Version)}
	}
	return all
})

// builtinGroup tells whether a group is one of the API server's own, so that
// it has no kinds but those that are served.
func builtinGroup(group string) bool {
	for kind := range served() {
		if kind.Group == group {
			return true
		}
	}
	return false
}

// events are the two resources that the API server serves the same Events as.
var events = []schema.GroupVersionResource{
	{Version: "v1", Resource: "events"},
	{Group: "events.k8s.io", Version: "v1", Resource: "events"},
}

// exempt are the resources that no policy of the API is evaluated on: the
// reviews, which are not stored, so that no policy can lock everybody out, and
// the policies themselves. Webhook configurations are not among them.
// Facts: kubernetes/pkg/kubeapiserver/admission/exclusion/resources.go and
// apiserver/pkg/admission/plugin/policy/generic/plugin.go, v1.37.2.
var exempt = []schema.GroupResource{
	{Group: "authentication.k8s.io", Resource: "selfsubjectreviews"},
	{Group: "authentication.k8s.io", Resource: "tokenreviews"},
	{Group: "authorization.k8s.io", Resource: "localsubjectaccessreviews"},
	{Group: "authorization.k8s.io", Resource: "selfsubjectaccessreviews"},
	{Group: "authorization.k8s.io", Resource: "selfsubjectrulesreviews"},
	{Group: "authorization.k8s.io", Resource: "subjectaccessreviews"},
	{Group: "admissionregistration.k8s.io", Resource: "mutatingadmissionpolicies"},
	{Group: "admissionregistration.k8s.io", Resource: "mutatingadmissionpolicybindings"},
	{Group: "admissionregistration.k8s.io", Resource: "validatingadmissionpolicies"},
	{Group: "admissionregistration.k8s.io", Resource: "validatingadmissionpolicybindings"},
}

// Namespaced says whether objects of the kind of o are in a namespace. Of an
// unknown kind those are that name one.
func Namespaced(o manifest.Object, definitions custom.Definitions) bool {
	return resources{definitions}.of(o).namespaced
}
