package native_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const (
	updateVerdictsFile      = "testdata/update_verdicts.jsonl"
	updateDisagreementsFile = "testdata/update_disagreements.json"

	customUpdateVerdictsFile      = "testdata/custom_update_verdicts.jsonl"
	customUpdateDisagreementsFile = "testdata/custom_update_disagreements.json"
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
	mutants  []mutant
	old      map[string]manifest.Object // by the title of the object
	validate func(old, o manifest.Object) (creation.Result, error)
}

// builtInUpdates are the changes among mutants of built-in kinds.
func builtInUpdates(t testing.TB, mutants []mutant) updates {
	return updatesOf(t, mutants, judge, native.ValidateUpdate)
}

// updatesOf are the changes among mutants, each to the object that it is made
// of. create says what is wrong with a mutant on its own.
func updatesOf(t testing.TB, mutants []mutant, create func(testing.TB, mutant) []string, validate func(old, o manifest.Object) (creation.Result, error)) updates {
	all := updates{old: map[string]manifest.Object{}, validate: validate}
	for _, m := range mutants {
		object, path, changed := cutTitle(m.id)
		switch {
		case !changed:
			if stays(m.object) && len(create(t, m)) == 0 {
				all.old[object] = m.object
			}
		case slices.Contains(notUpdated, m.object.Kind), isIdentity(path):
		case len(create(t, m)) == 0 && all.old[object].Fields != nil:
			all.mutants = append(all.mutants, m)
		}
	}
	return all
}

// stays reports whether an object is there to be changed once it is created: one
// with a generated name is another each time, and one whose owner is not there
// is deleted at once.
func stays(o manifest.Object) bool {
	_, owned := o.Field("metadata", "ownerReferences")
	return o.Text("metadata", "name") != "" && !owned
}

// isIdentity reports whether a change makes another object of it.
func isIdentity(change string) bool {
	return strings.HasPrefix(change, "metadata.name ") || strings.HasPrefix(change, "metadata.generateName ") ||
		strings.HasPrefix(change, "metadata remove") || strings.HasPrefix(change, "metadata rename")
}

// cutTitle cuts the id of a mutant after the title of the object, which may
// begin with the version.
func cutTitle(id string) (object, change string, changed bool) {
	version, rest, versioned := strings.Cut(id, "v1 ")
	if !versioned || version != "" {
		return strings.Cut(id, " ")
	}
	object, change, changed = strings.Cut(rest, " ")
	return "v1 " + object, change, changed
}

func (u updates) of(m mutant) manifest.Object {
	object, _, _ := cutTitle(m.id)
	return u.old[object]
}

// judge returns what labcheck says to the change; nothing means accepted.
func (u updates) judge(t testing.TB, m mutant) []string {
	result, err := u.validate(u.of(m), m.object)
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
	return builtInUpdates(t, allMutants(t, recordedBut(listed)))
}

// TestUpdateAgreement replays what a real API server answered when an object
// that it held was changed into each of its mutants by what kubectl apply sends.
func TestUpdateAgreement(t *testing.T) {
	all := recordedUpdates(t)
	mutants := atLeast(t, 1000, all.mutants)
	compareVerdicts(t, mutants, judgeAll(t, mutants, all.judge), readVerdicts(t, updateVerdictsFile), readDisagreements(t, updateDisagreementsFile))
	t.Logf("kinds: %v", all.kinds())
}

func customUpdates(t testing.TB, mutants []mutant) updates {
	definitions := custom.Declared(ownDefinitions(t))
	return updatesOf(t, mutants, customJudge(t), func(old, o manifest.Object) (creation.Result, error) {
		return definitions.Of(o).ValidateUpdate(old, o)
	})
}

func recordedCustomUpdates(t testing.TB) updates {
	listed := readDisagreements(t, customUpdateDisagreementsFile)
	return customUpdates(t, allCustomMutants(t, recordedBut(listed)))
}

// TestCustomUpdateAgreement is TestUpdateAgreement for custom resources.
func TestCustomUpdateAgreement(t *testing.T) {
	all := recordedCustomUpdates(t)
	mutants := atLeast(t, 300, all.mutants)
	compareVerdicts(t, mutants, judgeAll(t, mutants, all.judge), readVerdicts(t, customUpdateVerdictsFile), readDisagreements(t, customUpdateDisagreementsFile))
}
