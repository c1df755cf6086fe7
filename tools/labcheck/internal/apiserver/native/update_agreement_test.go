package native_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const (
	updateVerdictsFile      = "testdata/update_verdicts.jsonl"
	updateDisagreementsFile = "testdata/update_disagreements.json"
)

// notUpdated are kinds that the test does not create for real, since they would
// change what the server says to everything else. None of them has a field
// that cannot be changed.
var notUpdated = []string{
	"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
	"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
}

// An updates is the mutants of accepted objects that are accepted when they
// are created, and the objects that they are changes of.
type updates struct {
	mutants []mutant
	old     map[string]manifest.Object // by the title of the object
}

// updatesOf are the changes among mutants, each to the object that it is made of.
func updatesOf(t testing.TB, mutants []mutant) updates {
	all := updates{old: map[string]manifest.Object{}}
	for _, m := range mutants {
		object, path, changed := strings.Cut(m.id, " ")
		if object == "v1" {
			object, path, changed = strings.Cut(path, " ")
			object = "v1 " + object
		}
		switch {
		case !changed:
			if m.object.Text("metadata", "name") != "" { // one with a generated name is created, never changed
				all.old[object] = m.object
			}
		case slices.Contains(notUpdated, m.object.Kind), isIdentity(path):
		case len(judge(t, m)) == 0 && all.old[object].Fields != nil:
			all.mutants = append(all.mutants, m)
		}
	}
	return all
}

// isIdentity reports whether a change makes another object of it.
func isIdentity(change string) bool {
	return strings.HasPrefix(change, "metadata.name ") || strings.HasPrefix(change, "metadata.generateName ") ||
		strings.HasPrefix(change, "metadata remove") || strings.HasPrefix(change, "metadata rename")
}

func (u updates) of(m mutant) manifest.Object {
	object, rest, _ := strings.Cut(m.id, " ")
	if object == "v1" {
		second, _, _ := strings.Cut(rest, " ")
		object += " " + second
	}
	return u.old[object]
}

// judge returns what labcheck says to the change; nothing means accepted.
func (u updates) judge(t testing.TB, m mutant) []string {
	result, err := native.ValidateUpdate(u.of(m), m.object)
	if err != nil {
		t.Errorf("%s: %v", m.id, err)
		return []string{err.Error()}
	}
	return reasons(result)
}

// kinds are those of the objects that are changed.
func (u updates) kinds() []string {
	kinds := map[string]bool{}
	for _, m := range u.mutants {
		kinds[m.object.Kind] = true
	}
	return slices.Sorted(maps.Keys(kinds))
}

func recordedUpdates(t testing.TB) updates {
	listed := readDisagreements(t, updateDisagreementsFile)
	return updatesOf(t, allMutants(t, recordedBut(listed)))
}

// TestUpdateAgreement replays what a real API server answered when an object
// that it held was changed into each of its mutants by what kubectl apply sends.
func TestUpdateAgreement(t *testing.T) {
	all := recordedUpdates(t)
	mutants := atLeast(t, 1000, all.mutants)
	compareVerdicts(t, mutants, judgeAll(t, mutants, all.judge), readVerdicts(t, updateVerdictsFile), readDisagreements(t, updateDisagreementsFile))
	t.Logf("kinds: %v", all.kinds())
}
