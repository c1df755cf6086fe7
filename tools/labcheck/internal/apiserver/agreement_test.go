package apiserver

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A record is what a real API server said; agreement_e2e_test.go writes it.
type record struct {
	Server string `json:"server"`
	// Warned holds, by object, the warnings and denials of its creation.
	Warned map[string][]string `json:"warned"`
	// Refused holds, by object of refused.yaml, why it may not be created.
	Refused map[string]string `json:"refused"`
}

const recordFile = "testdata/agreement/record.json"

func readRecord(t *testing.T) record {
	t.Helper()
	data, err := os.ReadFile(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func testObjects(t testing.TB, file string) []manifest.Object {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/agreement", file))
	if err != nil {
		t.Fatal(err)
	}
	return build(t, string(data))
}

// warnings are our violations of each object, as the server words them.
func warnings(violations []Violation) map[string][]string {
	warned := map[string][]string{}
	for _, v := range violations {
		id := v.Object.Ref.String()
		text := "ValidatingAdmissionPolicy '" + v.Policy.Name + "' with binding '" + v.Binding.Name + "': " + v.Message
		if !slices.Contains(warned[id], text) { // the server says the same only once
			warned[id] = append(warned[id], text)
		}
	}
	for _, texts := range warned {
		slices.Sort(texts)
	}
	return warned
}

func TestAgreesWithServer(t *testing.T) {
	want := readRecord(t)
	objects := testObjects(t, "objects.yaml")
	j := judge(t, slices.Concat(testObjects(t, "policies.yaml"), objects)...)
	got := warnings(j.Violations)
	agreed := 0
	for _, o := range objects {
		id := o.Ref.String()
		for _, text := range want.Warned[id] {
			if !slices.Contains(got[id], text) {
				t.Errorf("%s: the server says, we do not:\n\t%s", id, text)
			}
			agreed++
		}
		for _, text := range got[id] {
			if !slices.Contains(want.Warned[id], text) {
				t.Errorf("%s: we say, the server does not:\n\t%s", id, text)
			}
		}
	}
	for _, f := range j.Faults {
		if !f.Skipped {
			t.Errorf("the server takes %s, we find at %s: %s", f.Object.Ref, f.Path, f.Message)
		}
	}
	t.Logf("%d messages on %d objects, %d pairs evaluated", agreed, len(objects), j.Evaluated)
}

func TestRefusesWhatTheServerRefuses(t *testing.T) {
	want := readRecord(t).Refused
	objects := testObjects(t, "refused.yaml")
	j := judge(t, objects...)
	found := map[string]string{}
	for _, f := range j.Faults {
		if strings.Contains(f.Message, "no binding of the build") {
			continue
		}
		found[f.Object.Ref.String()] += f.Path.String() + ": " + f.Message + "; "
	}
	for _, o := range objects {
		id := o.Ref.String()
		if (want[id] == "") != (found[id] == "") {
			t.Errorf("%s: the server says %q, we say %q", id, want[id], found[id])
		}
		t.Logf("%s: %s", id, found[id])
	}
}
