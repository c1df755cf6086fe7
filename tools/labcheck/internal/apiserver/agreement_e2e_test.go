//go:build e2e

package apiserver

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

var update = flag.Bool("update", false, "record what the cluster answers")

// TestPoliciesOnCluster asks the API server of KUBECONFIG what it says to the
// objects of testdata/agreement, and compares with what was recorded, which the
// other tests replay; -update records anew. It creates the namespaces h4,
// h4-params and h4-empty, two CustomResourceDefinitions of the group
// h4.example.com and policies whose names start with h4- and which choose
// nothing but objects with labels of their own. All objects to be judged are
// created by dry run. In the end everything is removed.
func TestPoliciesOnCluster(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to ask")
	}
	prepare(t)
	got := ask(t)
	if !*update {
		if want := readRecord(t); !reflect.DeepEqual(got, want) {
			t.Errorf("the server says something else than was recorded:\n%s\nrecord it again with -update", asJSON(t, got))
		}
		return
	}
	if err := os.WriteFile(recordFile, asJSON(t, got), 0o644); err != nil {
		t.Fatal(err)
	}
}

func asJSON(t *testing.T, r record) []byte {
	t.Helper()
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(data, '\n')
}

// prepare creates what the objects are judged by, and waits until the server
// has noticed.
func prepare(t *testing.T) {
	kubectl(t, "create", "namespace", "h4")
	t.Cleanup(func() { exec.Command("kubectl", "delete", "--wait=false", "namespace", "h4").Run() })
	kubectl(t, "label", "namespace", "h4", "lab=h4")
	for _, file := range []string{"params.yaml", "policies.yaml", "types.yaml"} {
		t.Cleanup(func() {
			exec.Command("kubectl", "delete", "--wait=false", "--ignore-not-found", "-f", "testdata/agreement/"+file).Run()
		})
	}
	// Objects of a kind are refused until their definition is established.
	await(t, "the parameters", func() bool {
		return exec.Command("kubectl", "apply", "-f", "testdata/agreement/params.yaml").Run() == nil
	})
	kubectl(t, "apply", "-f", "testdata/agreement/types.yaml")
	kubectl(t, "apply", "-f", "testdata/agreement/policies.yaml")
	await(t, "the type checks", func() bool { return !strings.Contains(statuses(t), "unchecked") })
	time.Sleep(10 * time.Second) // the server watches policies and parameters, and does not say when it has seen them
}

// statuses has a line for each policy of types.yaml; the status of one that was
// not looked at yet is "unchecked".
func statuses(t *testing.T) string {
	return kubectl(t, "get", "-f", "testdata/agreement/types.yaml", "-o",
		`go-template={{range .items}}{{.metadata.name}} {{with .status}}{{.observedGeneration}}{{else}}unchecked{{end}}{{"\n"}}{{end}}`)
}

func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 60 {
		if done() {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatalf("waited a minute for %s", what)
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("kubectl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// ask takes down what the server says.
func ask(t *testing.T) record {
	r := record{Warned: map[string][]string{}, Refused: map[string]string{}, Types: map[string]map[string]string{}}
	r.Server = object(t, []byte(kubectl(t, "get", "--raw", "/version"))).Text("gitVersion")
	for _, o := range testObjects(t, "objects.yaml") {
		id := o.Ref.String()
		answer, taken := create(t, o)
		if len(answer) > 4000 {
			t.Errorf("the server shortens warnings this long: %s", o.Ref)
		}
		for line := range strings.Lines(answer) {
			if text := said(line); text != "" {
				r.Warned[id] = append(r.Warned[id], text)
			}
		}
		slices.Sort(r.Warned[id])
		if !taken {
			r.Denied = append(r.Denied, id)
		}
	}
	for _, o := range testObjects(t, "refused.yaml") {
		if answer, taken := create(t, o); !taken {
			r.Refused[o.Ref.String()] = answer
		}
	}
	for _, o := range testObjects(t, "types.yaml") {
		r.Types[o.Name] = typeWarnings(t, o)
	}
	return r
}

// typeWarnings are those in the status of a policy, by the expression.
func typeWarnings(t *testing.T, policy manifest.Object) map[string]string {
	var live struct {
		Status struct {
			TypeChecking struct {
				ExpressionWarnings []struct{ FieldRef, Warning string }
			}
		}
	}
	if err := json.Unmarshal([]byte(kubectl(t, "get", "validatingadmissionpolicy", policy.Name, "-o", "json")), &live); err != nil {
		t.Fatal(err)
	}
	warnings := map[string]string{}
	for _, w := range live.Status.TypeChecking.ExpressionWarnings {
		warnings[w.FieldRef] = serverTypeName.ReplaceAllString(w.Warning, "$1")
	}
	return warnings
}

// create lets the server judge the creation of o and says whether it takes it.
// A namespace that exists cannot be created again and is left out.
func create(t *testing.T, o manifest.Object) (answer string, taken bool) {
	t.Helper()
	data, err := json.Marshal(o.Fields)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("kubectl", "create", "--dry-run=server", "--validate=ignore", "-f", "-")
	cmd.Stdin = strings.NewReader(string(data))
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "already exists") {
		return "", true
	}
	return string(out), err == nil
}

// said is the warning or denial in a line of kubectl's.
func said(line string) string {
	if text, ok := strings.CutPrefix(line, "Warning: Validation failed for "); ok {
		return strings.TrimSpace(text)
	}
	if i := strings.Index(line, "ValidatingAdmissionPolicy '"); i >= 0 && strings.Contains(line, "denied request") {
		return strings.TrimSpace(strings.Replace(line[i:], " denied request", "", 1))
	}
	return ""
}
