package native_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestPrepared holds what strategies change before validation and what can be
// seen afterwards: nil where they drop a field.
func TestPrepared(t *testing.T) {
	for _, c := range []struct {
		name, object string
		path         manifest.Path
		want         any
	}{
		{"dataSource is copied to dataSourceRef", `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: a}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}, dataSource: {kind: PersistentVolumeClaim, name: b}}`,
			manifest.Path{"spec", "dataSourceRef", "name"}, "b"},
		{"deprecatedTopology is dropped", `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a}
addressType: IPv4
endpoints: [{addresses: [10.0.0.1], deprecatedTopology: {a: b}}]
ports: []`,
			manifest.Path{"endpoints", "0", "deprecatedTopology"}, nil},
		{"status is dropped", `
apiVersion: v1
kind: Namespace
metadata: {name: a}
status: {phase: Terminating}`,
			manifest.Path{"status"}, nil},
		{"finalizer is set", `
apiVersion: v1
kind: Namespace
metadata: {name: a}`,
			manifest.Path{"spec", "finalizers"}, []any{"kubernetes"}},
		{"secrets of a ServiceAccount are names", `
apiVersion: v1
kind: ServiceAccount
metadata: {name: a}
secrets: [{name: s, namespace: other}]`,
			manifest.Path{"secrets", "0"}, map[string]any{"name": "s"}},
		{"ServiceAccount of a Pod", `
apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: a, image: nginx}]}`,
			manifest.Path{"spec", "serviceAccountName"}, "default"},
	} {
		result, err := native.Validate(parse(t, c.object))
		if err != nil || len(result.Violations) > 0 {
			t.Errorf("%s: %v %v", c.name, err, result.Violations)
		}
		if got, _ := manifest.Lookup(result.Defaulted, c.path...); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestPlaceOfViolation holds where a violation is said to be, beyond what the
// server says.
func TestPlaceOfViolation(t *testing.T) {
	for _, c := range []struct {
		object string
		want   manifest.Path
	}{
		{`
apiVersion: v1
kind: ConfigMap
metadata: {name: a, labels: {good: x, example.com/bad: "no spaces"}}`,
			manifest.Path{"metadata", "labels", "example.com/bad"}},
		{`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: as, singular: a, kind: A, listKind: AList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {a.b: {type: strange}}}}}`,
			manifest.Path{"spec", "versions", "0", "schema", "openAPIV3Schema", "properties", "a.b", "type"}},
		{`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: a.static.k8s.io}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "true"}]`,
			manifest.Path{"metadata", "name"}},
	} {
		o := parse(t, c.object)
		result, err := native.Validate(o)
		if err != nil || len(result.Violations) == 0 {
			t.Fatal(o.Ref, err, result.Violations)
		}
		for _, violation := range result.Violations {
			if !slices.Equal(violation.Path, c.want) {
				t.Errorf("%s: %s at %q, want %q", o.Ref, violation.Message, violation.Path, c.want)
			}
		}
	}
}
