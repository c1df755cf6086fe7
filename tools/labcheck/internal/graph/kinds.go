package graph

import (
	"reflect"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	resourcev1 "k8s.io/api/resource/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// builtIn are the Go types of the kinds built into Kubernetes, of all API
// groups in which an object can name another one.
func builtIn() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistrationv1.AddToScheme, appsv1.AddToScheme, autoscalingv1.AddToScheme, autoscalingv2.AddToScheme,
		batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme, rbacv1.AddToScheme,
		resourcev1.AddToScheme, storagev1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err) // Kubernetes' own registrations contradict each other
		}
	}
	return scheme
}

// shapes are those of all kinds that are known, by API version and kind; of
// custom resources, whose versions differ little, by group and kind. They are
// made when the first object is read.
var shapes = sync.OnceValue(func() map[[2]string]*shape {
	all := map[[2]string]*shape{}
	c := compiler{done: map[reflect.Type]*shape{}}
	for kind, goType := range builtIn().AllKnownTypes() {
		if s := c.of(goType); s != nil {
			all[[2]string{kind.GroupVersion().String(), kind.Kind}] = s
		}
	}
	for kind, paths := range custom {
		s := &shape{}
		for _, path := range sortedKeys(paths) {
			s.put(path, paths[path])
		}
		all[kind] = s
	}
	return all
})

// podSpec is the shape of what Pods are made of.
var podSpec = sync.OnceValue(func() *shape {
	c := compiler{done: map[reflect.Type]*shape{}}
	return c.of(reflect.TypeFor[corev1.PodSpec]())
})

// shapeOf is the shape of the objects of a kind, or nil where nothing is
// known of it.
func shapeOf(o manifest.Ref) *shape {
	if s, ok := shapes()[[2]string{o.APIVersion, o.Kind}]; ok {
		return s
	}
	return shapes()[[2]string{o.Group(), o.Kind}]
}
