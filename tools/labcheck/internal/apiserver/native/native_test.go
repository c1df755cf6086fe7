package native_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// parse returns the one object of a YAML text.
func parse(t testing.TB, text string) manifest.Object {
	t.Helper()
	objects, err := decodeAll([]byte(text))
	if err != nil || len(objects) != 1 {
		t.Fatalf("%d objects, %v", len(objects), err)
	}
	return objects[0]
}

func violations(t testing.TB, o manifest.Object) []string {
	t.Helper()
	result, err := native.Validate(o)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, violation := range result.Violations {
		all = append(all, violation.Path.String()+": "+violation.Message)
	}
	return all
}

// TestNineCases holds what users of kubeconform asked for and were told is
// "not in the OpenAPI": each file is a good object, a line ---, a bad one that
// names its violation in a comment on its first line.
func TestNineCases(t *testing.T) {
	files, err := filepath.Glob("testdata/nine/*.yaml")
	if err != nil || len(files) != 9 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		good, bad, _ := strings.Cut(string(data), "\n---\n")
		if got := violations(t, parse(t, good)); got != nil {
			t.Errorf("%s: the good object has %q", file, got)
		}
		want, _, _ := strings.Cut(strings.TrimPrefix(bad, "# "), "\n")
		named := func(reason string) bool { return strings.HasPrefix(reason, want) }
		if got := violations(t, parse(t, bad)); want == "" || !slices.ContainsFunc(got, named) {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

func TestValuesThatDoNotDecode(t *testing.T) {
	o := parse(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: two
  nope: 1
  selector: {matchLabels: {app: web}}
  template:
    spec:
      containers:
      - {name: a, resources: {limits: {cpu: 1}}}
      - {name: b, ports: [{containerPort: 1}, {containerPort: x}], resources: {limits: {cpu: 1x, memory: 1x}}}
`)
	const quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
	want := []string{
		"spec.replicas: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
		"spec.template.spec.containers[1].ports[1].containerPort: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32",
		"spec.template.spec.containers[1].resources.limits.cpu: " + quantity,
		"spec.template.spec.containers[1].resources.limits.memory: " + quantity,
	}
	if got := violations(t, o); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestDefaulted(t *testing.T) {
	o := parse(t, `
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}
status: {loadBalancer: {ingress: [{ip: 10.0.0.1}]}}
`)
	before, _ := json.Marshal(o.Fields)
	result, err := native.Validate(o)
	if err != nil || len(result.Violations) != 0 {
		t.Fatal(err, result.Violations)
	}
	want := map[string]any{
		"apiVersion": "v1", "kind": "Service",
		"metadata": map[string]any{"name": "web", "namespace": "default"},
		"spec": map[string]any{
			"type": "LoadBalancer", "sessionAffinity": "None",
			"externalTrafficPolicy": "Local", "internalTrafficPolicy": "Cluster",
			"allocateLoadBalancerNodePorts": true,
			"ports":                         []any{map[string]any{"port": int64(80), "protocol": "TCP", "targetPort": int64(80)}},
		},
	}
	if !reflect.DeepEqual(result.Defaulted, want) {
		t.Errorf("got  %v\nwant %v", result.Defaulted, want)
	}
	if after, _ := json.Marshal(o.Fields); !bytes.Equal(before, after) {
		t.Errorf("Validate changed the object to %s", after)
	}
}

func TestGeneratedNameIsStable(t *testing.T) {
	o := parse(t, "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: web-}\n")
	result, err := native.Validate(o)
	if err != nil || len(result.Violations) != 0 {
		t.Fatal(err, result.Violations)
	}
	if got, _ := manifest.Lookup(result.Defaulted, "metadata", "name"); got != "web-xxxxx" {
		t.Errorf("got %v", got)
	}
}

func TestUnknownKind(t *testing.T) {
	for _, ref := range []manifest.Ref{
		{APIVersion: "apps/v1beta1", Kind: "Deployment"}, // served long ago
		{APIVersion: "v1", Kind: "Deployment"},
		{APIVersion: "example.com/v1", Kind: "Widget"},
		{},
	} {
		o := manifest.Object{Ref: ref}
		if _, err := native.Validate(o); !errors.Is(err, native.ErrUnknownKind) {
			t.Errorf("%v: got %v", ref, err)
		}
		if _, err := native.Default(o); !errors.Is(err, native.ErrUnknownKind) {
			t.Errorf("%v: got %v", ref, err)
		}
	}
}

// Whatever an object holds, the server's code does not panic on it.
func FuzzValidate(f *testing.F) {
	for _, o := range readCorpus(f) {
		data, err := json.Marshal(o.Fields)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, err := decodeJSON(data)
		if err != nil || fields == nil {
			return
		}
		if _, err := native.Validate(objectOf(fields)); err != nil && !errors.Is(err, native.ErrUnknownKind) {
			t.Error(err)
		}
	})
}

func BenchmarkValidate(b *testing.B) {
	objects := readCorpus(b)
	for b.Loop() {
		for _, o := range objects {
			if _, err := native.Validate(o); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(objects)), "µs/object")
}
