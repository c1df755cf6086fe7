package schema

import (
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// goodObjects are those of testdata/good.yaml: all of them are right in all
// versions.
func goodObjects(t testing.TB) []manifest.Object {
	t.Helper()
	content, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var objects []manifest.Object
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		objects = append(objects, object(t, document))
	}
	return objects
}

func TestValidateGood(t *testing.T) {
	objects := goodObjects(t)
	if len(objects) < 20 {
		t.Fatalf("read %d objects, want more", len(objects))
	}
	for _, o := range objects {
		for _, versions := range [][]string{Versions, Versions[:1], Versions[3:]} {
			found, err := Validate(o, versions)
			if err != nil || len(found) > 0 {
				t.Errorf("%s in %v: error %v, found\n%s", o.Ref, versions, err, render(found))
			}
		}
	}
}

func TestValidateBad(t *testing.T) {
	for _, test := range []struct{ name, object, want string }{
		{"a container", `
			apiVersion: apps/v1
			kind: Deployment
			metadata: {name: nginx, lables: {a: b}}
			spec:
			  replicas: "3"
			  template:
			    metadata: {labels: {a: 1, b: true}}
			    spec:
			      containers:
			      - name: nginx
			        imgae: nginx:1.30
			        ports: [{containerPort: "80"}, {containerport: 81}, 5]
			        env: [{name: A, value: 1.5}]
			        resources: {limits: {cpu: [1], memory: {}}}
			        livenessProbe: {httpGet: {path: /, port: {a: b}}}`, `
			metadata.lables: unknown field "lables", did you mean "labels"?
			spec: missing field "selector"
			spec.replicas: must be an integer, not a string "3"
			spec.template.metadata.labels.a: must be a string, not the number 1
			spec.template.metadata.labels.b: must be a string, not true
			spec.template.spec.containers[0].env[0].value: must be a string, not the number 1.5
			spec.template.spec.containers[0].imgae: unknown field "imgae", did you mean "image"?
			spec.template.spec.containers[0].livenessProbe.httpGet.port: must be an integer or a string, not a mapping
			spec.template.spec.containers[0].ports[0].containerPort: must be an integer, not a string "80"
			spec.template.spec.containers[0].ports[1]: missing field "containerPort"
			spec.template.spec.containers[0].ports[1].containerport: unknown field "containerport", did you mean "containerPort"?
			spec.template.spec.containers[0].ports[2]: must be a mapping, not the number 5
			spec.template.spec.containers[0].resources.limits.cpu: must be a number or a string, not a list
			spec.template.spec.containers[0].resources.limits.memory: must be a number or a string, not a mapping`},
		{"no suggestion far from any field, nor of one that is there", `
			apiVersion: v1
			kind: Service
			metadata: {name: a}
			spec: {ports: {port: 80}, selector: [a], type: ClusterIP, typ: x, foo: bar}`, `
			spec.foo: unknown field "foo"
			spec.ports: must be a list, not a mapping
			spec.selector: must be a mapping, not a list
			spec.typ: unknown field "typ"`},
		{"null where a value is required", `
			apiVersion: apps/v1
			kind: StatefulSet
			metadata: {name: a}
			spec: {serviceName: a, selector: null, template: {spec: {containers: null}}}`, `
			spec.selector: must be a mapping, not null
			spec.template.spec.containers: must be a list, not null`},
		{"an object within an object", `
			apiVersion: apps/v1
			kind: StatefulSet
			metadata: {name: a}
			spec:
			  selector: {}
			  template: {}
			  volumeClaimTemplates: [{apiVersion: v2, kind: PVC, spec: {}}]`, `
			spec.volumeClaimTemplates[0].apiVersion: must be "v1", not a string "v2"
			spec.volumeClaimTemplates[0].kind: must be "PersistentVolumeClaim", not a string "PVC"`},
		{"a time", `
			apiVersion: v1
			kind: ConfigMap
			metadata: {name: a, creationTimestamp: yesterday}`, `
			metadata.creationTimestamp: must be a date and time such as 2006-01-02T15:04:05Z, not a string "yesterday"`},
		{"a CRD, deep in its schema", `
			apiVersion: apiextensions.k8s.io/v1
			kind: CustomResourceDefinition
			spec:
			  group: g
			  scope: Namespaced
			  names: {kind: W, plural: ws}
			  versions:
			  - {name: v1, served: yes, storage: "true", schema: {openAPIV3Schema: {properties: {a: {properties: {b: {typ: x}}}}}}}`, `
			spec.versions[0].schema.openAPIV3Schema.properties.a.properties.b.typ: unknown field "typ", did you mean "type"?
			spec.versions[0].storage: must be true or false, not a string "true"`},
		{"characters that YAML does not allow", `
			apiVersion: v1
			kind: ConfigMap
			data: {a: "\x7f\u0085é\ufeff😀", b: 1}`, `
			data.b: must be a string, not the number 1`},
		{"a long string is cut short", `
			apiVersion: v1
			kind: ConfigMap
			data: "0123456789012345678901234567890123456789and so on"`, `
			data: must be a mapping, not a string "0123456789012345678901234567890123456789…"`},
		{"the Pod specification itself", `
			apiVersion: v1
			kind: Pod
			spec: all`, `
			spec: must be a mapping, not a string "all"`},
		{"items in the order of the list", `
			apiVersion: v1
			kind: PersistentVolume
			spec: {accessModes: [0, a, 2, a, a, a, a, a, a, a, 10]}`, `
			spec.accessModes[0]: must be a string, not the number 0
			spec.accessModes[2]: must be a string, not the number 2
			spec.accessModes[10]: must be a string, not the number 10`},
		{"a field of some versions", `
			apiVersion: v1
			kind: Pod
			metadata: {name: a}
			spec: {containers: [], evictionResponders: [], schedulingGroup: {}, workloadRef: 5}`, `
			spec.evictionResponders: unknown field "evictionResponders" [1.34 1.35 1.36]
			spec.schedulingGroup: unknown field "schedulingGroup" [1.34 1.35]
			spec.workloadRef: must be a mapping, not the number 5 [1.35]
			spec.workloadRef: unknown field "workloadRef" [1.34 1.36 1.37]`},
		{"a requirement of some versions", `
			apiVersion: apps/v1
			kind: Deployment`, `
			: missing field "spec" [1.37]`},
		{"a kind of some versions", `
			apiVersion: scheduling.k8s.io/v1alpha2
			kind: PodGroup
			metadata: []`, `
			: missing field "spec" [1.36]
			apiVersion: there is no PodGroup in scheduling.k8s.io/v1alpha2 [1.34 1.35 1.37]
			metadata: must be a mapping, not a list [1.36]`},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := Validate(object(t, dedent(test.object)), Versions)
			if err != nil {
				t.Fatal(err)
			}
			want := dedent(test.want) + "\n"
			if got := render(found); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// dedent takes the indentation of this file from a text.
func dedent(text string) string {
	return strings.TrimPrefix(strings.ReplaceAll(text, "\n\t\t\t", "\n"), "\n")
}

func TestValidateNoSchema(t *testing.T) {
	for _, text := range []string{
		"{apiVersion: apps.example.com/v1, kind: Deployment}", // kubeconform by itself takes this for apps/v1
		"{apiVersion: apps/v1, kind: deployment}",
		"{apiVersion: apps/v2, kind: Deployment}",
		"{apiVersion: v1, kind: Pod 1.34}",
		"{apiVersion: v1 Pod, kind: common}",
		"{apiVersion: part, kind: PodSpec, spec: {}}", // a schema, but none of Kubernetes
		"{apiVersion: ../v1, kind: Pod}",
		"{}",
	} {
		found, err := Validate(object(t, text), Versions)
		if !errors.Is(err, ErrNoSchema) || found != nil {
			t.Errorf("%s: got %v, %v, want ErrNoSchema", text, found, err)
		}
	}
	line := strings.Fields(strings.Split(embedded().text, "\n")[1])
	o := wrap(map[string]any{"apiVersion": line[0], "kind": strings.Join(line[1:len(line)-1], " ")})
	if _, err := Validate(o, Versions); !errors.Is(err, ErrNoSchema) {
		t.Errorf("%s: got %v, want ErrNoSchema", o.Kind, err)
	}
	_, err := Validate(object(t, "{apiVersion: storage.k8s.io/v1alpha1, kind: VolumeAttributesClass}"), []string{"1.36", "1.37"})
	if !errors.Is(err, ErrNoSchema) {
		t.Errorf("a kind of 1.34 in later versions: got %v, want ErrNoSchema", err)
	}
}

func TestValidateVersions(t *testing.T) {
	pod := object(t, "{apiVersion: v1, kind: Pod, spec: {containers: [], schedulingGroup: {}}}")
	found, err := Validate(pod, []string{"1.36", "1.34", "1.36"})
	if want := "spec.schedulingGroup: unknown field \"schedulingGroup\" [1.34]\n"; err != nil || render(found) != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, render(found), want)
	}
	for _, versions := range [][]string{nil, {"1.33"}, {"1.37", "common"}, {"1.37.2"}} {
		if _, err := Validate(pod, versions); err == nil || errors.Is(err, ErrNoSchema) {
			t.Errorf("versions %q: got error %v, want another", versions, err)
		}
	}
	if want := []string{"1.34", "1.35", "1.36", "1.37"}; !slices.Equal(Versions, want) {
		t.Errorf("Versions is %q, want %q", Versions, want)
	}
}

func TestValidateLeavesObjectAlone(t *testing.T) {
	for i, o := range goodObjects(t) {
		if _, err := Validate(o, Versions); err != nil {
			t.Fatal(err)
		}
		if want := goodObjects(t)[i]; !reflect.DeepEqual(o.Fields, want.Fields) {
			t.Errorf("%s was changed to %v, want %v", o.Ref, o.Fields, want.Fields)
		}
	}
}
