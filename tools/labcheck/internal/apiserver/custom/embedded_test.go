package custom

import (
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kindsOf are the kinds that the index names.
func kindsOf(t testing.TB) []schema.GroupKind {
	t.Helper()
	var kinds []schema.GroupKind
	for line := range strings.Lines(strings.TrimPrefix(index(), "\n")) {
		fields := strings.Fields(line)
		kinds = append(kinds, schema.GroupKind{Group: fields[0], Kind: fields[1]})
	}
	return kinds
}

// Every version of every embedded definition can be used, and no rule in it
// fails to compile.
func TestEmbeddedDefinitionsServe(t *testing.T) {
	kinds := kindsOf(t)
	if len(kinds) != 18 {
		t.Errorf("%d kinds are embedded, want the 3 of Argo CD and the 15 of Flux", len(kinds))
	}
	for _, kind := range kinds {
		d := Embedded(kind)
		if d == nil || len(d.Served) == 0 || !d.Namespaced || d.Name != d.Plural+"."+kind.Group {
			t.Errorf("%s: got %+v", kind, d)
			continue
		}
		for _, version := range d.Served {
			o := manifest.Object{
				Ref: manifest.Ref{APIVersion: kind.Group + "/" + version, Kind: kind.Kind, Name: "empty"},
				Fields: map[string]any{
					"apiVersion": kind.Group + "/" + version, "kind": kind.Kind,
					"metadata": map[string]any{"name": "empty"}, "spec": map[string]any{},
				},
			}
			result, err := d.Validate(o)
			if err != nil || result.Defaulted == nil {
				t.Errorf("%s: %v", kind, err)
			}
			for _, violation := range result.Violations {
				if strings.Contains(violation.Message, "compile") {
					t.Errorf("%s: %s", kind, violation.Message)
				}
			}
		}
	}
	if Embedded(kinds[0]) != Embedded(kinds[0]) {
		t.Error("a definition is read twice")
	}
	for _, kind := range []schema.GroupKind{{Group: "argoproj.io", Kind: "Rollout"}, {Group: "argoproj.io\nargoproj.io", Kind: "Application"}, {}} {
		if d := Embedded(kind); d != nil {
			t.Errorf("%s: got %+v", kind, d)
		}
	}
}
