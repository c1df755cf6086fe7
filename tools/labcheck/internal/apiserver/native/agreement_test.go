package native_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/podsecurity"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const (
	verdictsFile      = "testdata/verdicts.jsonl"
	disagreementsFile = "testdata/disagreements.json"
)

// A verdict is what a real API server answered to the creation of a mutant.
type verdict struct {
	ID string `json:"id"`
	// Error is the beginning of its answer; empty where it accepted.
	Error string `json:"error,omitempty"`
}

// restricted is the namespace in the cluster that enforces Pod Security.
var restricted = objectOf(map[string]any{
	"apiVersion": "v1", "kind": "Namespace",
	"metadata": map[string]any{"name": "h6-restricted", "labels": map[string]any{
		"pod-security.kubernetes.io/enforce": "restricted",
	}},
})

// allMutants are the corpus and those of its mutants that keep keeps.
func allMutants(t testing.TB, keep sample) []mutant {
	t.Helper()
	return atLeast(t, 3000, mutantsOfAll(readCorpus(t), keep))
}

func mutantsOfAll(objects []manifest.Object, keep sample) []mutant {
	var all []mutant
	for _, object := range objects {
		all = append(all, mutantsOf(object, keep)...)
	}
	return all
}

// atLeast fails where mutants are too few to say anything.
func atLeast(t testing.TB, n int, mutants []mutant) []mutant {
	t.Helper()
	if len(mutants) < n {
		t.Errorf("%d mutants, want %d at least", len(mutants), n)
	}
	return mutants
}

// judge returns what labcheck says to a mutant; nothing means accepted.
func judge(t testing.TB, m mutant) []string {
	result, err := native.Validate(m.object)
	if err != nil {
		t.Errorf("%s: %v", m.id, err)
		return []string{err.Error()}
	}
	if result.Defaulted == nil {
		return reasons(result)
	}
	return append(reasons(result), enforced(m)...)
}

// reasons are the violations of a result, each with its path.
func reasons(result creation.Result) []string {
	var all []string
	for _, violation := range result.Violations {
		all = append(all, violation.Path.String()+": "+violation.Message)
	}
	return all
}

// enforced is what Pod Security refuses of a mutant.
func enforced(m mutant) []string {
	judgement := podsecurity.Judge([]manifest.Object{restricted, m.object})
	var enforced []podsecurity.Violation
	for _, violation := range judgement.Violations {
		if violation.Mode == podsecurity.Enforce && (m.object.Kind == "Pod" || m.object.Kind == "Namespace") {
			enforced = append(enforced, violation)
		}
	}
	if len(enforced) == 0 {
		return nil
	}
	return []string{enforced[0].Path.String() + ": " + podsecurity.Join(enforced)}
}

// judgeAll judges all mutants, on all processors, in order.
func judgeAll(t testing.TB, mutants []mutant, judge func(testing.TB, mutant) []string) [][]string {
	verdicts := make([][]string, len(mutants))
	var group sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(mutants); i += workers {
				verdicts[i] = judge(t, mutants[i])
			}
		})
	}
	group.Wait()
	return verdicts
}

// TestAgreement replays what a real API server answered to every mutant: what
// it rejects, labcheck rejects, and nothing else. What is not so is listed with
// its cause in testdata/disagreements.json.
func TestAgreement(t *testing.T) {
	mutants := allMutants(t, recorded(t))
	compareVerdicts(t, mutants, judgeAll(t, mutants, judge), readVerdicts(t, verdictsFile), readDisagreements(t, disagreementsFile))
}

// recorded keeps the sample, and what is listed as a disagreement.
func recorded(t testing.TB) sample {
	return recordedBut(readDisagreements(t, disagreementsFile))
}

// recordedBut keeps the sample, and what is listed.
func recordedBut(listed disagreements) sample {
	return func(id string, rare bool) bool {
		_, known := listed.cause(id)
		return known || sampled(id, rare)
	}
}

// compareVerdicts fails for what is not listed, and for what is listed but
// agrees.
func compareVerdicts(t *testing.T, mutants []mutant, ours [][]string, server []verdict, listed disagreements) {
	t.Helper()
	if !slices.EqualFunc(mutants, server, func(m mutant, v verdict) bool { return m.id == v.ID }) {
		t.Fatal("the corpus or its mutations changed since the verdicts were recorded: go test -tags e2e -run TestRecord -update")
	}
	agree, rejected, missing := 0, 0, listed.count()
	for i, m := range mutants {
		accepts, serverAccepts := len(ours[i]) == 0, server[i].Error == ""
		if !serverAccepts {
			rejected++
		}
		cause, known := listed.cause(m.id)
		if known {
			missing--
		}
		switch {
		case accepts == serverAccepts && known:
			t.Errorf("%s is listed as a disagreement (%s), but agrees", m.id, cause)
		case accepts == serverAccepts:
			agree++
		case !known:
			t.Errorf("%s: the server says %q, labcheck %q", m.id, server[i].Error, ours[i])
		}
	}
	if missing != 0 {
		t.Errorf("%d listed disagreements are of mutants that there are not", missing)
	}
	t.Logf("%d mutants, %d rejected by the server, %d agree, %d disagree for known causes", len(mutants), rejected, agree, len(mutants)-agree)
}

// disagreements are known differences, by cause.
type disagreements []struct {
	Cause string   `json:"cause"`
	IDs   []string `json:"ids"`
}

func (d disagreements) cause(id string) (string, bool) {
	for _, known := range d {
		if slices.Contains(known.IDs, id) {
			return known.Cause, true
		}
	}
	return "", false
}

func (d disagreements) count() int {
	n := 0
	for _, known := range d {
		n += len(known.IDs)
	}
	return n
}

func readDisagreements(t testing.TB, file string) disagreements {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var known disagreements
	if err := json.Unmarshal(data, &known); err != nil {
		t.Fatal(err)
	}
	return known
}

func readVerdicts(t testing.TB, file string) []verdict {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all []verdict
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		var v verdict
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}
