//go:build e2e

package diff_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

var update = flag.Bool("update", false, "record what the cluster answers")

// volume is what the claim of the pairs is bound to.
const volume = `{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "h7-volume"}, "spec": {
	"capacity": {"storage": "5Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "h7-class", "volumeMode": "Filesystem",
	"persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": "/tmp/h7"}, "claimRef": {"namespace": "h7", "name": "h7-data"}}}`

// TestPairsOnCluster asks a real API server about every pair that TestPairs
// replays: the old objects are applied, the change is applied as a dry run.
func TestPairsOnCluster(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to ask")
	}
	objects := readObjects(t)
	prepare(t, objects)
	recorded := map[string]string{}
	if data, err := os.ReadFile(verdictsFile); err == nil {
		if err := json.Unmarshal(data, &recorded); err != nil {
			t.Fatal(err)
		}
	}
	verdicts := map[string]string{}
	for _, p := range readPairs(t) {
		if p.Removed {
			continue
		}
		verdict := ""
		for i, o := range p.applied(t, objects) {
			if title(objects[i]) == p.Object {
				_, verdict = kubectl(t, o, "apply", "--dry-run=server", "-f", "-")
			}
		}
		verdicts[p.Name] = verdict
		if was, ok := recorded[p.Name]; !*update && (!ok || (was == "") != (verdict == "")) {
			t.Errorf("%s: recorded is %q, the server says %q", p.Name, was, verdict)
		}
	}
	if *update {
		write(t, verdicts)
	}
}

func prepare(t *testing.T, objects []manifest.Object) {
	t.Helper()
	namespace := manifest.Object{Fields: map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": "h7"}}}
	namespace.Ref = manifest.Ref{APIVersion: "v1", Kind: "Namespace", Name: "h7"}
	bound := parse(t, []byte(volume))
	t.Cleanup(func() {
		for _, o := range append(objects, bound, namespace) {
			if o.Namespace == "" {
				kubectl(t, o, "delete", "--wait=false", "--ignore-not-found", "-f", "-")
			}
		}
	})
	for _, o := range append([]manifest.Object{namespace, bound}, objects...) {
		deadline := time.Now().Add(20 * time.Second)
		_, message := kubectl(t, o, "apply", "-f", "-")
		for message != "" && time.Now().Before(deadline) { // a definition is served some time after it is there
			time.Sleep(500 * time.Millisecond)
			_, message = kubectl(t, o, "apply", "-f", "-")
		}
		if message != "" {
			t.Fatalf("applying %s: %s", o.Ref, message)
		}
	}
	out, err := exec.Command("kubectl", "-n", "h7", "wait", "--for=jsonpath={.status.phase}=Bound", "pvc/h7-data", "--timeout=60s").CombinedOutput()
	if err != nil {
		t.Fatalf("%s", out)
	}
}

// kubectl runs kubectl with o on its standard input. The message is what it says
// against it, shortened; nothing means that it did it.
func kubectl(t *testing.T, o manifest.Object, args ...string) (out, message string) {
	t.Helper()
	text, err := json.Marshal(o.Fields)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command("kubectl", args...)
	command.Stdin = bytes.NewReader(text)
	var stdout, stderr strings.Builder
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		message, _, _ = strings.Cut(strings.TrimSpace(stderr.String()), "\n")
		return stdout.String(), message[:min(len(message), 160)]
	}
	return stdout.String(), ""
}

func write(t *testing.T, verdicts map[string]string) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(verdicts); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(verdictsFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
