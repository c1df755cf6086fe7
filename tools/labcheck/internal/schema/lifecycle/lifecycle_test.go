package lifecycle

import "testing"

func TestLifecycle(t *testing.T) {
	for _, test := range []struct {
		apiVersion, kind string
		want             Lifecycle
		ok               bool
	}{
		{"extensions/v1beta1", "Ingress", Lifecycle{1, 14, 22, "networking.k8s.io/v1 Ingress"}, true},
		{"policy/v1beta1", "PodSecurityPolicy", Lifecycle{10, 21, 25, ""}, true}, // in old modules only
		{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", Lifecycle{7, 16, 22, "apiextensions.k8s.io/v1 CustomResourceDefinition"}, true},
		{"apps/v1", "Deployment", Lifecycle{Introduced: 9}, true},
		{"apps/v1", "Deploymnet", Lifecycle{}, false},
		{"policy/v1beta1 PodSecurityPolicy", "10", Lifecycle{}, false},
		{"", "", Lifecycle{}, false},
	} {
		got, ok := Of(test.apiVersion, test.kind)
		if got != test.want || ok != test.ok {
			t.Errorf("%s %s: got %+v, %v, want %+v, %v", test.apiVersion, test.kind, got, ok, test.want, test.ok)
		}
	}
}

// What is deprecated is outdated only where all versions have what is to be
// used instead.
func TestOutdated(t *testing.T) {
	l, _ := Of("resource.k8s.io/v1beta1", "DeviceClass") // deprecated in 1.35 for v1, which is there since 1.34
	for _, test := range []struct {
		versions       []string
		gone, outdated bool
	}{
		{[]string{"1.34"}, false, false},
		{[]string{"1.34", "1.35"}, false, true},
		{[]string{"1.33", "1.35"}, false, false},
		{[]string{"1.37"}, false, true},
		{[]string{"1.37", "1.38"}, true, true},
	} {
		if gone, outdated := l.Gone(test.versions), l.Outdated(test.versions); gone != test.gone || outdated != test.outdated {
			t.Errorf("%v: gone %v, outdated %v", test.versions, gone, outdated)
		}
	}
}
