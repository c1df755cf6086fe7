package creation

import (
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
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
