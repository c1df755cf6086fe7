//go:build e2e

package native_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

var update = flag.Bool("update", false, "record what the cluster answers, and what the lab builds")

// TestRecord asks a real API server about the sample of mutants that
// TestAgreement replays, and records the answers: -update.
func TestRecord(t *testing.T) {
	if !*update {
		t.Skip("not asked to record: -update")
	}
	c := connect(t)
	c.prepare(t)
	buildLab(t)
	mutants := allMutants(t, recorded(t))
	verdicts, _ := c.askAll(t, mutants)
	writeVerdicts(t, verdictsFile, verdicts)
	compareVerdicts(t, mutants, judgeAll(t, mutants, judge), verdicts, readDisagreements(t, disagreementsFile))
}

// TestEveryMutant asks a real API server about all mutants, compares with what
// labcheck says, and prints how well kubeconform does.
func TestEveryMutant(t *testing.T) {
	c := connect(t)
	c.prepare(t)
	mutants := allMutants(t, every)
	verdicts, answers := c.askAll(t, mutants)
	ours := judgeAll(t, mutants, judge)
	compareVerdicts(t, mutants, ours, verdicts, readDisagreements(t, disagreementsFile))
	countSchema(t, mutants, answers)
	countCauses(t, mutants, answers, ours)
}

// buildLab builds overlays/minikube in the namespace of the test. Objects that
// are in no namespace get names that the cluster does not have.
func buildLab(t *testing.T) {
	t.Helper()
	built, err := exec.Command("kubectl", "kustomize", "../../../../../overlays/minikube").Output()
	if err != nil {
		t.Fatal(err)
	}
	const note = "# What overlays/minikube builds, in a namespace of the test. Made by go test -tags e2e -run TestRecord -update.\n"
	moved := strings.NewReplacer(
		"namespace: lab\n", "namespace: h6-restricted\n",
		"  name: lab\n", "  name: h6-lab\n", "  name: lab-", "  name: h6-lab-", "  policyName: lab-", "  policyName: h6-lab-",
	).Replace(string(built))
	if err := os.WriteFile("testdata/corpus/lab.yaml", []byte(note+moved), 0o644); err != nil {
		t.Fatal(err)
	}
}

// askAll asks about all mutants, a few at a time.
func (c *cluster) askAll(t *testing.T, mutants []mutant) ([]verdict, []answer) {
	t.Helper()
	answers := make([]answer, len(mutants))
	var group sync.WaitGroup
	const workers = 6
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(mutants); i += workers {
				answer, err := c.create(mutants[i])
				if err != nil {
					t.Error(err)
				}
				answers[i] = answer
			}
		})
	}
	group.Wait()
	verdicts := make([]verdict, len(mutants))
	for i, m := range mutants {
		verdicts[i] = verdict{ID: m.id, Error: shortened(answers[i].Message)}
	}
	return verdicts, answers
}

// awaitAccount waits for the ServiceAccount that Pods need.
func (c *cluster) awaitAccount(t testing.TB, namespace string) {
	t.Helper()
	for range 100 {
		code, _, err := c.do("GET", "/api/v1/namespaces/"+namespace+"/serviceaccounts/default", nil)
		if err == nil && code == http.StatusOK {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("namespace %s got no ServiceAccount", namespace)
}

func writeVerdicts(t *testing.T, file string, verdicts []verdict) {
	t.Helper()
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	for _, v := range verdicts {
		if err := encoder.Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// countSchema says how often kubeconform, strict, agrees with the server.
func countSchema(t *testing.T, mutants []mutant, answers []answer) {
	var missed, invented, agree, failed int
	for i, m := range mutants {
		violations, err := schema.Validate(m.object, []string{"1.37"})
		if err != nil { // as of a kind that it has no schema for
			failed++
			continue
		}
		rejects, serverRejects := len(violations) > 0, answers[i].Message != ""
		switch {
		case rejects == serverRejects:
			agree++
		case serverRejects:
			missed++
		default:
			invented++
		}
	}
	t.Logf("kubeconform -strict: %d of %d agree, %d rejections missed, %d false alarms, %d not judged", agree, len(mutants), missed, invented, failed)
}

// countCauses says how often labcheck names all of the server's causes, with
// the same words and at the same fields or, in a mapping, at the entry to blame.
func countCauses(t *testing.T, mutants []mutant, answers []answer, ours [][]string) {
	var rejected, words, fields int
	for i := range mutants {
		if answers[i].Message == "" || len(ours[i]) == 0 {
			continue
		}
		rejected++
		sameWords, sameFields := true, true
		for _, cause := range answers[i].Details.Causes {
			said := slices.IndexFunc(ours[i], func(reason string) bool { return strings.HasSuffix(reason, ": "+cause.Message) })
			at := slices.IndexFunc(ours[i], func(reason string) bool {
				return strings.HasSuffix(reason, ": "+cause.Message) && strings.HasPrefix(bare(reason), bare(cause.Field))
			})
			sameWords, sameFields = sameWords && said >= 0, sameFields && at >= 0
		}
		if len(answers[i].Details.Causes) == 0 {
			_, message, _ := strings.Cut(ours[i][0], ": ")
			sameWords = strings.Contains(answers[i].Message, message)
			sameFields = sameWords
		}
		if sameWords {
			words++
		} else {
			t.Logf("other words: %s: the server says %q, labcheck %q", mutants[i].id, answers[i].Message, ours[i])
		}
		if sameFields {
			fields++
		} else if sameWords {
			t.Logf("other field: %s: the server says %q, labcheck %q", mutants[i].id, answers[i].Message, ours[i])
		}
	}
	t.Logf("both reject %d; %d in the server's words, %d with its fields too", rejected, words, fields)
}

// bare leaves out how a path is punctuated.
func bare(text string) string {
	return strings.NewReplacer(".", "", "[", "", "]", "", `"`, "").Replace(text)
}

// every is the sample of all mutants.
func every(string, bool) bool { return true }

// shortened keeps the verdicts small: the beginning of a message tells the
// cause.
func shortened(message string) string {
	message = strings.ToValidUTF8(message, "?")
	if runes := []rune(message); len(runes) > 120 {
		return string(runes[:120])
	}
	return message
}
