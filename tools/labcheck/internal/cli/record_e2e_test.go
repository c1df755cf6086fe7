//go:build e2e

package cli_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
)

// breaks is what is done to the cluster once an example is applied, where the
// example is about something that is not in its files.
var breaks = map[string][]string{
	"applied/bad":       {"delete", "configmap", "page"},
	"no-drift/bad":      {"scale", "deployment", "web", "--replicas=2"},
	"promises-kept/bad": {"scale", "deployment", "web", "--replicas=3"},
}

// noCluster are the examples that are recorded by hand: of a node that was
// stopped, and of two Pods with one address, which no cluster gives.
var noCluster = map[string]bool{"nodes-ready/bad": true, "own-addresses/bad": true}

// TestRecord applies every example of a live rule to the cluster of KUBECONFIG
// and saves what verify sees of it beside the example: -update; one with -run
// TestRecord/<rule>.
func TestRecord(t *testing.T) {
	if !*update {
		t.Skip("not asked to record: -update")
	}
	context := strings.TrimSpace(kubectl(t, "config", "current-context"))
	for _, rule := range rules.All {
		if rule.Needs != check.Live {
			continue
		}
		t.Run(rule.ID, func(t *testing.T) {
			for _, example := range []string{"good", "bad"} {
				recordExample(t, context, rule.ID, example)
			}
		})
	}
}

func recordExample(t *testing.T, context, rule, example string) {
	if noCluster[rule+"/"+example] {
		return
	}
	root, err := filepath.Abs(filepath.Join("../rules/testdata", rule, example))
	if err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(root, "overlay")
	if _, err := os.Stat(overlay); err != nil {
		return // an example that no cluster has a part in
	}
	remove := func() { kubectl(t, "delete", "-k", overlay, "--ignore-not-found", "--wait", "--timeout=3m") }
	remove()
	defer remove()
	kubectl(t, "apply", "-k", overlay)
	if args := breaks[rule+"/"+example]; args != nil {
		kubectl(t, append([]string{"-n", rule}, args...)...)
	}
	saved := filepath.Join(t.TempDir(), "snapshot.json")
	code := cli.Main([]string{"verify", overlay, "--root", root, "--context", context, "--save", saved}, cli.World{Dir: root, Stdout: io.Discard, Stderr: io.Discard})
	content, err := os.ReadFile(saved)
	if err != nil {
		t.Fatalf("%s/%s: exit code %d: %v", rule, example, code, err)
	}
	content = bytes.Replace(content, []byte(`"context": "`+context+`"`), []byte(`"context": "kind-lab"`), 1)
	if err := os.WriteFile(filepath.Join(overlay, "snapshot.json"), content, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%s/%s: exit code %d", rule, example, code)
}

func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("kubectl", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
