package native_test

import (
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const (
	customVerdictsFile      = "testdata/custom_verdicts.jsonl"
	customDisagreementsFile = "testdata/custom_disagreements.json"
)

func readCustomCorpus(t testing.TB) []manifest.Object {
	t.Helper()
	return readObjects(t, "testdata/custom/corpus/*.yaml")
}

// ownDefinitions are those that the corpus is written for, beside those of
// Argo CD and Flux.
func ownDefinitions(t testing.TB) []manifest.Object {
	t.Helper()
	return readObjects(t, "testdata/custom/definitions/*.yaml")
}

// allCustomMutants are the custom resources of the corpus and those of their
// mutants that keep keeps.
func allCustomMutants(t testing.TB, keep sample) []mutant {
	t.Helper()
	return atLeast(t, 1000, mutantsOfAll(readCustomCorpus(t), keep))
}

// customJudge returns what judges custom resources, as judge does others.
func customJudge(t testing.TB) func(testing.TB, mutant) []string {
	definitions := custom.Declared(ownDefinitions(t))
	return func(t testing.TB, m mutant) []string {
		result, err := definitions.Of(m.object).Validate(m.object)
		if err != nil {
			t.Errorf("%s: %v", m.id, err)
			return []string{err.Error()}
		}
		return reasons(result)
	}
}

// recordedCustom keeps the sample, and what is listed as a disagreement.
func recordedCustom(t testing.TB) sample {
	return recordedBut(readDisagreements(t, customDisagreementsFile))
}

// TestCustomAgreement replays what a real API server answered to every mutant
// of a custom resource.
func TestCustomAgreement(t *testing.T) {
	mutants := allCustomMutants(t, recordedCustom(t))
	ours := judgeAll(t, mutants, customJudge(t))
	compareVerdicts(t, mutants, ours, readVerdicts(t, customVerdictsFile), readDisagreements(t, customDisagreementsFile))
}

// The server takes the definitions that the corpus is written for.
func TestOwnDefinitionsAreAccepted(t *testing.T) {
	for _, definition := range ownDefinitions(t) {
		result, err := native.Validate(definition)
		if err != nil || len(result.Violations) > 0 {
			t.Errorf("%s: %v %v", definition.Ref, err, result.Violations)
		}
	}
}

// Whatever a custom resource holds, the server's code does not panic on it.
func FuzzCustomResource(f *testing.F) {
	corpus, definitions := readCustomCorpus(f), custom.Declared(ownDefinitions(f))
	for i, o := range corpus {
		f.Add(i, mutant{object: o}.asJSON())
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		fields, err := decodeJSON(data)
		if err != nil || fields == nil || i < 0 || i >= len(corpus) {
			return
		}
		if _, err := definitions.Of(corpus[i]).Validate(manifest.Object{Ref: corpus[i].Ref, Fields: fields}); err != nil {
			t.Error(err)
		}
	})
}
