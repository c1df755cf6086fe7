package schema

import (
	"slices"
	"testing"
)

func TestKinds(t *testing.T) {
	if kinds := Kinds("apps/v1"); !slices.Contains(kinds, "StatefulSet") || slices.Contains(kinds, "Pod") {
		t.Errorf("apps/v1 has %v", kinds)
	}
	for _, kind := range Kinds("apps/v1") {
		if !HasKind("apps/v1", kind) || HasKind("apps/v11", kind) {
			t.Errorf("want %s in apps/v1 and not in apps/v11", kind)
		}
	}
	if kinds := Kinds("apps/v11"); kinds != nil {
		t.Errorf("apps/v11 has %v", kinds)
	}
	if versions := APIVersions("Deployment"); !slices.Equal(versions, []string{"apps/v1"}) {
		t.Errorf("Deployment is in %v", versions)
	}
}
