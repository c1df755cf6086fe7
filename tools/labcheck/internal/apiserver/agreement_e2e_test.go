//go:build e2e

package apiserver

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestRecord asks the API server of KUBECONFIG what it says to the objects of
// testdata/agreement and writes it down. It needs the namespace h4 with the
// label lab=h4, creates policies whose names start with h4-, creates nothing
// else (all by dry run), and removes the policies again:
//
//	go test -tags e2e -run TestRecord ./tools/labcheck/internal/apiserver
func TestRecord(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to ask")
	}
	policies := "testdata/agreement/policies.yaml"
	if out, err := exec.Command("kubectl", "apply", "-f", policies).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	defer exec.Command("kubectl", "delete", "--wait=false", "-f", policies).Run()
	time.Sleep(5 * time.Second) // the server notices policies within a second or so
	version, err := exec.Command("kubectl", "get", "--raw", "/version").Output()
	if err != nil {
		t.Fatal(err)
	}
	r := record{Warned: map[string][]string{}, Refused: map[string]string{}}
	r.Server = object(t, version).Text("gitVersion")
	for _, o := range testObjects(t, "objects.yaml") {
		answer, _ := create(t, o)
		if len(answer) > 4000 {
			t.Errorf("the server shortens warnings this long: %s", o.Ref)
		}
		for line := range strings.Lines(answer) {
			if text := said(line); text != "" {
				r.Warned[o.Ref.String()] = append(r.Warned[o.Ref.String()], text)
			}
		}
		slices.Sort(r.Warned[o.Ref.String()])
	}
	for _, o := range testObjects(t, "refused.yaml") {
		if answer, taken := create(t, o); !taken {
			r.Refused[o.Ref.String()] = answer
		}
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(recordFile, append(data, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
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
