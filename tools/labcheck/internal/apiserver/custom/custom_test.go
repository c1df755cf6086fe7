package custom

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"sigs.k8s.io/yaml"
)

// parse returns the object of a YAML text.
func parse(t testing.TB, text string) manifest.Object {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	content, err := copied(fields)
	if err != nil {
		t.Fatal(err)
	}
	o := manifest.Object{Fields: content}
	o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"), Namespace: o.Text("metadata", "namespace"), Name: o.Text("metadata", "name")}
	return o
}

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}, scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
          spec:
            type: object
            properties:
              replicas: {type: integer, default: 1}
              pod: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              "a.b": {type: object, properties: {c: {type: string}}}
  - name: v1alpha1
    served: false
    storage: false
    schema: {openAPIV3Schema: {type: object}}
`

func violations(t testing.TB, definitions Definitions, o manifest.Object) []string {
	t.Helper()
	result, err := definitions.Of(o).Validate(o)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, violation := range result.Violations {
		all = append(all, violation.Path.String()+": "+violation.Message)
	}
	return all
}

func TestValidate(t *testing.T) {
	definitions := Declared([]manifest.Object{parse(t, definition)})
	for _, c := range []struct {
		object string
		want   []string
	}{
		{`{apiVersion: example.com/v1, kind: Widget, metadata: {name: fits}, status: {replicas: -1}}`, nil},
		{`{apiVersion: example.com/v1, kind: Widget, metadata: {generateName: fits-}, spec: {replicas: 2}}`, nil},
		{`{apiVersion: example.com/v1alpha1, kind: Widget, metadata: {name: a}}`,
			[]string{`apiVersion: version "v1alpha1" of Widget is not served: the CustomResourceDefinition widgets.example.com serves v1`}},
		{`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, label: {}}, spec: {a.b: {d: x}, pod: {metadata: {nme: x}}}, extra: 1}`,
			[]string{
				`extra: unknown field "extra"`, `metadata.label: unknown field "metadata.label"`,
				`spec["a.b"].d: unknown field "spec.a.b.d"`, `spec.pod.metadata.nme: unknown field "spec.pod.metadata.nme"`,
			}},
		{`{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, labels: {a: 1, b: x}, annotations: 2}}`,
			[]string{
				`metadata.annotations: cannot unmarshal number into Go struct field ObjectMeta.annotations of type map[string]string`,
				`metadata.labels.a: cannot unmarshal number into Go struct field ObjectMeta.labels of type string`,
			}},
		{`{apiVersion: example.com/v1, kind: Widget, metadata: {name: A}, spec: {replicas: -1}}`,
			[]string{
				`metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
				`spec.replicas: Invalid value: -1: should be a non-negative integer`,
			}},
	} {
		o := parse(t, c.object)
		if got := violations(t, definitions, o); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.object, got, c.want)
		}
	}
}

func TestDefaulted(t *testing.T) {
	definitions := Declared([]manifest.Object{parse(t, definition)})
	o := parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a, namespace: dropped}, spec: {pod: null}, status: {replicas: 3}}`)
	before, _ := json.Marshal(o.Fields)
	result, err := definitions.Of(o).Validate(o)
	if err != nil || len(result.Violations) != 0 {
		t.Fatal(err, result.Violations)
	}
	want := map[string]any{
		"apiVersion": "example.com/v1", "kind": "Widget",
		"metadata": map[string]any{"name": "a", "generation": int64(1)},
		"spec":     map[string]any{"replicas": int64(1)},
	}
	if !reflect.DeepEqual(result.Defaulted, want) {
		t.Errorf("got  %v\nwant %v", result.Defaulted, want)
	}
	if after, _ := json.Marshal(o.Fields); string(after) != string(before) {
		t.Errorf("Validate changed the object to %s", after)
	}
}

// A definition that the server would not take is an error, not a verdict.
func TestDefinitionThatCannotBeUsed(t *testing.T) {
	crd := parse(t, definition)
	spec := crd.Fields["spec"].(map[string]any)
	spec["versions"] = []any{map[string]any{"name": "v1", "served": true, "schema": map[string]any{
		"openAPIV3Schema": map[string]any{"type": "object", "$ref": "#/definitions/widget"},
	}}}
	o := parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}`)
	if _, err := Declared([]manifest.Object{crd}).Of(o).Validate(o); err == nil {
		t.Error("no error")
	}
}

// Of two definitions of one kind the first has it, and both come before an
// embedded one.
func TestFirstDefinitionWins(t *testing.T) {
	first, second := parse(t, definition), parse(t, definition)
	second.Name = "second.example.com"
	o := parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}`)
	if got := Declared([]manifest.Object{first, second}).Of(o); got.Name != first.Name {
		t.Errorf("got %s", got.Name)
	}
	application := parse(t, `{apiVersion: argoproj.io/v1alpha1, kind: Application, metadata: {name: a}}`)
	own := Declared([]manifest.Object{parse(t, `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: applications.argoproj.io}
spec: {group: argoproj.io, scope: Cluster, names: {kind: Application, plural: applications}, versions: []}`)})
	if got := own.Of(application); got.Namespaced {
		t.Errorf("got %+v", got)
	}
	if got := (Definitions)(nil).Of(application); got == nil || !got.Namespaced {
		t.Errorf("got %+v", got)
	}
}

// Flux Operator lets an Alert name its own kinds; nobody lets it name others.
func TestAlertOfFluxOperator(t *testing.T) {
	alert := func(kind string) manifest.Object {
		return parse(t, `{apiVersion: notification.toolkit.fluxcd.io/v1beta3, kind: Alert, metadata: {name: a, namespace: flux},
			spec: {providerRef: {name: p}, eventSources: [{kind: `+kind+`, name: x}]}}`)
	}
	if got := violations(t, Declared(nil), alert("FluxInstance")); got != nil {
		t.Errorf("FluxInstance is refused: %q", got)
	}
	if got := violations(t, Declared(nil), alert("FluxInstances")); len(got) != 1 {
		t.Errorf("want FluxInstances refused once, got %q", got)
	}
}
