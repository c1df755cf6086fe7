package apiserver

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// A resource is what a kind is called in a URL, and where its objects are.
type resource struct {
	plural     string
	namespaced bool
}

// resourceOf returns the resource of o. A kind that is neither the API
// server's nor defined is namespaced if the object has a namespace, and its
// plural is the one that API machinery and English suggest.
func resourceOf(o manifest.Object, definitions custom.Definitions) resource {
	if d := definitions.Of(o); d != nil {
		return resource{d.Plural, d.Namespaced}
	}
	gvk := schema.FromAPIVersionAndKind(o.APIVersion, o.Kind)
	clusterKinds, builtin := clusterScoped[gvk.Group]
	if !builtin {
		return resource{plural(gvk), o.Namespace != ""}
	}
	return resource{plural(gvk), !slices.Contains(clusterKinds, gvk.Kind)}
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

// clusterScoped lists the groups of the API server and, for each, the kinds
// that have no namespace. testdata/resources.txt is what a server lists.
var clusterScoped = map[string][]string{
	"": {"ComponentStatus", "Namespace", "Node", "PersistentVolume"},
	"admissionregistration.k8s.io": {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
		"MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
		"ValidatingWebhookConfiguration"},
	"apiextensions.k8s.io":         {"CustomResourceDefinition"},
	"apiregistration.k8s.io":       {"APIService"},
	"apps":                         nil,
	"authentication.k8s.io":        {"SelfSubjectReview", "TokenReview"},
	"authorization.k8s.io":         {"SelfSubjectAccessReview", "SelfSubjectRulesReview", "SubjectAccessReview"},
	"autoscaling":                  nil,
	"batch":                        nil,
	"certificates.k8s.io":          {"CertificateSigningRequest", "ClusterTrustBundle"},
	"coordination.k8s.io":          nil,
	"discovery.k8s.io":             nil,
	"events.k8s.io":                nil,
	"flowcontrol.apiserver.k8s.io": {"FlowSchema", "PriorityLevelConfiguration"},
	"networking.k8s.io":            {"IPAddress", "IngressClass", "ServiceCIDR"},
	"node.k8s.io":                  {"RuntimeClass"},
	"policy":                       nil,
	"rbac.authorization.k8s.io":    {"ClusterRole", "ClusterRoleBinding"},
	"resource.k8s.io":              {"DeviceClass", "DeviceTaintRule", "ResourceSlice"},
	"scheduling.k8s.io":            {"PriorityClass"},
	"storage.k8s.io":               {"CSIDriver", "CSINode", "StorageClass", "VolumeAttachment", "VolumeAttributesClass"},
	"storagemigration.k8s.io":      {"StorageVersionMigration"},
}

// equivalents are the resources that the API server serves in more than one
// way and converts between for a policy with matchPolicy Equivalent.
var equivalents = [][]schema.GroupVersionResource{
	{
		{Group: "autoscaling", Version: "v1", Resource: "horizontalpodautoscalers"},
		{Group: "autoscaling", Version: "v2", Resource: "horizontalpodautoscalers"},
	},
	{
		{Version: "v1", Resource: "events"},
		{Group: "events.k8s.io", Version: "v1", Resource: "events"},
	},
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
