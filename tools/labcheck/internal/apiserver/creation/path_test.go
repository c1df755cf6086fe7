package creation

import (
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestPathOf(t *testing.T) {
	fields := map[string]any{
		"metadata": map[string]any{
			"labels":      map[string]any{"foo/bar": "x", "a.b": "y", "a.b/c[d]": "z"},
			"annotations": map[string]any{},
		},
		"data": map[string]any{"my.cnf": "x", "my": "y"},
		"spec": map[string]any{
			"containers": []any{map[string]any{"name": "web", "ports": []any{map[string]any{"containerPort": int64(1)}}}},
			"properties": map[string]any{"a.b": map[string]any{"type": "x"}},
		},
	}
	for text, want := range map[string]manifest.Path{
		"":      nil,
		"<nil>": nil,
		"spec.containers[0].ports[0].containerPort": {"spec", "containers", "0", "ports", "0", "containerPort"},
		"spec.containers[7].missing[2]":             {"spec", "containers", "7", "missing", "2"},
		"metadata.labels[foo/bar]":                  {"metadata", "labels", "foo/bar"},
		"metadata.labels[a.b]":                      {"metadata", "labels", "a.b"},
		"metadata.labels[a.b/c[d]]":                 {"metadata", "labels", "a.b/c[d]"},
		"metadata.labels[not.there/x]":              {"metadata", "labels", "not.there/x"},
		"metadata.annotations[example.com/x].y":     {"metadata", "annotations", "example.com/x", "y"},
		"data[my.cnf]":                              {"data", "my.cnf"},
		"data[my]":                                  {"data", "my"},
		"data.my.cnf":                               {"data", "my.cnf"},
		"spec.properties[a.b].type":                 {"spec", "properties", "a.b", "type"},
		"spec.properties.a.b.type":                  {"spec", "properties", "a.b", "type"},
		"spec.unknown.deeper":                       {"spec", "unknown", "deeper"},
	} {
		if got := PathOf(fields, text); !slices.Equal(got, want) {
			t.Errorf("PathOf(%s) = %q, want %q", text, got, want)
		}
	}
}

func TestRefined(t *testing.T) {
	fields := map[string]any{"labels": map[string]any{"a b": "x", "c": "bad!", "d": "twice", "e": "twice"}, "list": []any{"x"}}
	for bad, want := range map[string]manifest.Path{
		"a b":   {"labels", "a b"},
		"bad!":  {"labels", "c"},
		"twice": {"labels"},
		"none":  {"labels"},
	} {
		if got := refined(fields, manifest.Path{"labels"}, bad); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", bad, got, want)
		}
	}
	if got := refined(fields, manifest.Path{"list"}, "x"); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

// The paths are those that the API server 1.37 gave for such objects.
func TestPathsOfVolumes(t *testing.T) {
	named := func(name string) map[string]any { return map[string]any{"name": name} }
	config := map[string]any{"name": "config", "downwardAPI": map[string]any{"items": []any{
		map[string]any{"path": "a", "fieldRef": map[string]any{"fieldPath": "metadata.name"}},
		map[string]any{"path": "b", "fieldRef": map[string]any{"fieldPath": "metadata.nam"}},
	}}}
	pod := map[string]any{"volumes": []any{named("data"), config, named("tmp")}}
	fields := map[string]any{"spec": map[string]any{
		"template":             map[string]any{"spec": pod},
		"volumeClaimTemplates": []any{map[string]any{"metadata": named("data")}},
	}}
	for text, want := range map[string]string{
		"spec.template.spec.volumes[1].downwardAPI.fieldRef.fieldPath": "spec.template.spec.volumes[1].downwardAPI.items[1].fieldRef.fieldPath",
		"spec.template.spec.volumes[2].name":                           "spec.template.spec.volumes[2].name",
		"spec.template.spec.volumes[7].name":                           "spec.template.spec.volumes[7].name",
		"spec.template.spec.volumes":                                   "spec.template.spec.volumes",
		"spec.volumeClaimTemplates[0].spec":                            "spec.volumeClaimTemplates[0].spec",
	} {
		got := Of(fields, field.Invalid(field.NewPath(text), "metadata.nam", "")).Path
		if !slices.Equal(got, PathOf(fields, want)) {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	pod["volumes"] = []any{config, named("tmp")}
	got := Of(fields, field.Invalid(field.NewPath("spec.template.spec.volumes[2].name"), "x", "")).Path
	if want := PathOf(fields, "spec.template.spec.volumes[1].name"); !slices.Equal(got, want) {
		t.Errorf("behind a claim: got %q, want %q", got, want)
	}
}

func TestViolationsAreInOrder(t *testing.T) {
	at := func(index, message string) Violation {
		return Violation{Path: manifest.Path{"l", index}, Message: message}
	}
	got := Sorted([]Violation{at("10", "a"), at("2", "b"), at("2", "a"), at("2", "a")})
	want := []Violation{at("2", "a"), at("2", "b"), at("10", "a")}
	if !slices.EqualFunc(got, want, func(a, b Violation) bool { return compare(a, b) == 0 }) {
		t.Errorf("got %v", got)
	}
}
