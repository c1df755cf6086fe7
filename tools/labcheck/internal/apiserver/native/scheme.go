package native

import (
	"reflect"
	"sync"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/admissionregistration"
	admissionregistrationv1 "k8s.io/kubernetes/pkg/apis/admissionregistration/v1"
	"k8s.io/kubernetes/pkg/apis/apps"
	appsv1 "k8s.io/kubernetes/pkg/apis/apps/v1"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	autoscalingv1 "k8s.io/kubernetes/pkg/apis/autoscaling/v1"
	autoscalingv2 "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/apis/batch"
	batchv1 "k8s.io/kubernetes/pkg/apis/batch/v1"
	"k8s.io/kubernetes/pkg/apis/coordination"
	coordinationv1 "k8s.io/kubernetes/pkg/apis/coordination/v1"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/apis/discovery"
	discoveryv1 "k8s.io/kubernetes/pkg/apis/discovery/v1"
	"k8s.io/kubernetes/pkg/apis/events"
	eventsv1 "k8s.io/kubernetes/pkg/apis/events/v1"
	"k8s.io/kubernetes/pkg/apis/networking"
	networkingv1 "k8s.io/kubernetes/pkg/apis/networking/v1"
	"k8s.io/kubernetes/pkg/apis/node"
	nodev1 "k8s.io/kubernetes/pkg/apis/node/v1"
	"k8s.io/kubernetes/pkg/apis/policy"
	policyv1 "k8s.io/kubernetes/pkg/apis/policy/v1"
	"k8s.io/kubernetes/pkg/apis/rbac"
	rbacv1 "k8s.io/kubernetes/pkg/apis/rbac/v1"
	"k8s.io/kubernetes/pkg/apis/scheduling"
	schedulingv1 "k8s.io/kubernetes/pkg/apis/scheduling/v1"
	"k8s.io/kubernetes/pkg/apis/storage"
	storagev1 "k8s.io/kubernetes/pkg/apis/storage/v1"
)

// schemes are those that know the kinds: the one that the server's strategies
// share, and that of the part of the server that serves
// CustomResourceDefinitions. The groups' own install packages would add
// versions that hardly any server has, 4.6 MB of binary.
var schemes = sync.OnceValue(func() []*runtime.Scheme {
	add(legacyscheme.Scheme,
		admissionregistration.AddToScheme, admissionregistrationv1.AddToScheme,
		apps.AddToScheme, appsv1.AddToScheme,
		autoscaling.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme,
		batch.AddToScheme, batchv1.AddToScheme,
		coordination.AddToScheme, coordinationv1.AddToScheme,
		core.AddToScheme, corev1.AddToScheme,
		discovery.AddToScheme, discoveryv1.AddToScheme,
		events.AddToScheme, eventsv1.AddToScheme,
		networking.AddToScheme, networkingv1.AddToScheme,
		node.AddToScheme, nodev1.AddToScheme,
		policy.AddToScheme, policyv1.AddToScheme,
		rbac.AddToScheme, rbacv1.AddToScheme,
		scheduling.AddToScheme, schedulingv1.AddToScheme,
		storage.AddToScheme, storagev1.AddToScheme,
	)
	definitions := runtime.NewScheme()
	add(definitions, apiextensions.AddToScheme, apiextensionsv1.AddToScheme)
	metav1.AddToGroupVersion(definitions, schema.GroupVersion{Version: "v1"})
	return []*runtime.Scheme{legacyscheme.Scheme, definitions}
})

// schemeOf is the scheme that knows a kind, nil if none does.
func schemeOf(gvk schema.GroupVersionKind) *runtime.Scheme {
	for _, scheme := range schemes() {
		if scheme.Recognizes(gvk) {
			return scheme
		}
	}
	return nil
}

// TypeOf returns the Go type of a kind, and whether it is known here.
func TypeOf(gvk schema.GroupVersionKind) (reflect.Type, bool) {
	scheme := schemeOf(gvk)
	if scheme == nil {
		return nil, false
	}
	t, ok := scheme.AllKnownTypes()[gvk]
	return t, ok
}

// add panics where Kubernetes' own registrations contradict each other.
func add(scheme *runtime.Scheme, registrations ...func(*runtime.Scheme) error) {
	for _, register := range registrations {
		if err := register(scheme); err != nil {
			panic(err)
		}
	}
}
