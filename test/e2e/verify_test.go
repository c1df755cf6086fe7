//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

// rolloutLimit is how soon after kubectl apply a lab is proved.
const rolloutLimit = 3 * time.Minute

// labcheck is the tool, built once.
var labcheck = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(os.TempDir(), "labcheck-e2e")
	out, err := exec.Command("go", "build", "-ldflags=-w", "-o", binary, repository+"/tools/labcheck").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

// verify runs labcheck verify on the cluster of the test, and returns what it
// printed and its exit code.
func verify(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	binary, err := labcheck()
	if err != nil {
		t.Fatal(err)
	}
	var said, complained strings.Builder
	c := exec.CommandContext(t.Context(), binary, append([]string{"verify"}, args...)...)
	c.Dir = repository
	c.Stdout, c.Stderr = &said, &complained
	err = c.Run()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return said.String(), complained.String(), c.ProcessState.ExitCode()
}

// currentContext is the context of the cluster of the test.
func currentContext(t *testing.T) string {
	return strings.TrimSpace(kube.Ctl(t, "config", "current-context"))
}

// testProved holds that an overlay, applied a moment ago, is proved in time,
// that nothing is left of the proof, and that a second one says the same.
func testProved(t *testing.T, overlay string, applied time.Time) {
	first := wantClean(t, overlay)
	if took := time.Since(applied); took > rolloutLimit {
		t.Errorf("want the lab proved within %v of kubectl apply, it took %v", rolloutLimit, took)
	} else {
		t.Logf("proved %.0f s after kubectl apply -k\n%s", took.Seconds(), first)
	}
	before := everything(t)
	if second := wantClean(t, overlay); second != first {
		t.Errorf("want the same report twice, the second says\n%s", second)
	}
	if after := everything(t); !slices.Equal(after, before) {
		t.Errorf("want nothing left, there was\n%s\nand now\n%s", strings.Join(before, "\n"), strings.Join(after, "\n"))
	}
}

func wantClean(t *testing.T, overlay string) string {
	t.Helper()
	stdout, stderr, code := verify(t, overlay, "--context", currentContext(t))
	if code != 0 {
		t.Fatalf("labcheck verify %s: want exit code 0, got %d\n%s\n%s", overlay, code, stdout, stderr)
	}
	return stdout
}

// everything names all objects of the cluster, sorted, but for those that the
// cluster itself makes and forgets, or invents when it is asked.
func everything(t *testing.T) []string {
	t.Helper()
	kinds := strings.Fields(kube.Ctl(t, "api-resources", "--verbs=list", "-o", "name"))
	kinds = slices.DeleteFunc(kinds, func(kind string) bool {
		name, _, _ := strings.Cut(kind, ".")
		return slices.Contains([]string{"events", "leases", "componentstatuses"}, name)
	})
	names := strings.Fields(kube.Ctl(t, "get", strings.Join(kinds, ","), "-A", "-o", "name"))
	slices.Sort(names)
	return names
}

// A user who may only look gets every answer that looking gives, and is told
// what was not proved.
func testReadOnly(t *testing.T, overlay string) {
	kubeconfig := reader(t)
	stdout, stderr, code := verify(t, overlay, "--context", currentContext(t), "--kubeconfig", kubeconfig, "--probes=false")
	if code != 3 {
		t.Errorf("want exit code 3, got %d\n%s\n%s", code, stdout, stderr)
	}
	for line := range strings.Lines(stderr) {
		if !strings.Contains(line, "answers-outside") && !strings.Contains(line, `resource "secrets"`) {
			t.Errorf("want only Secrets and the answers from outside left out, got %s", line)
		}
	}
	for _, want := range []string{"answers-outside", "is forbidden"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("want what was not proved on stderr, with %q:\n%s", want, stderr)
		}
	}
	if !strings.Contains(stdout, "3 of 3 Pods are Ready") || !strings.Contains(stdout, "0 findings") {
		t.Errorf("want what was seen of the lab:\n%s", stdout)
	}
}

// reader returns the kubeconfig of a user who may read all but Secrets.
func reader(t *testing.T) string {
	t.Helper()
	const name = "labcheck-reader"
	remove := func() {
		kube.Ctl(t, "delete", "clusterrolebinding/"+name, "clusterrole/"+name, "--ignore-not-found")
		kube.Ctl(t, "-n", "default", "delete", "serviceaccount/"+name, "--ignore-not-found")
	}
	remove()
	t.Cleanup(remove)
	kube.Ctl(t, "-n", "default", "create", "serviceaccount", name)
	kube.Ctl(t, "create", "clusterrole", name, "--verb=get,list,watch",
		"--resource=namespaces,nodes,pods,pods/log,services,configmaps,persistentvolumeclaims,persistentvolumes,events,replicationcontrollers,resourcequotas,serviceaccounts,limitranges,deployments.apps,statefulsets.apps,replicasets.apps,daemonsets.apps,controllerrevisions.apps,jobs.batch,poddisruptionbudgets.policy,endpointslices.discovery.k8s.io,storageclasses.storage.k8s.io,validatingadmissionpolicies.admissionregistration.k8s.io,validatingadmissionpolicybindings.admissionregistration.k8s.io")
	kube.Ctl(t, "create", "clusterrolebinding", name, "--clusterrole="+name, "--serviceaccount=default:"+name)
	token := strings.TrimSpace(kube.Ctl(t, "-n", "default", "create", "token", name, "--duration=1h"))
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(file, []byte(kube.Ctl(t, "config", "view", "--minify", "--raw")), 0o600); err != nil {
		t.Fatal(err)
	}
	kube.Ctl(t, "--kubeconfig", file, "config", "set-credentials", name, "--token="+token)
	kube.Ctl(t, "--kubeconfig", file, "config", "set-context", "--current", "--user="+name)
	return file
}

// A cluster that cannot be asked is no pass and no finding.
func TestVerifyCannotTell(t *testing.T) {
	const overlay = "overlays/kind"
	nobody := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(nobody, []byte(kube.Ctl(t, "config", "view", "--minify", "--raw")), 0o600); err != nil {
		t.Fatal(err)
	}
	cluster := strings.TrimSpace(kube.Ctl(t, "config", "view", "--minify", "-o", "jsonpath={.clusters[0].name}"))
	kube.Ctl(t, "--kubeconfig", nobody, "config", "set-cluster", cluster, "--server=https://127.0.0.1:1")
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"no such context", "there is no context", []string{"--context", "no-such-context"}},
		{"not reached", "refused", []string{"--context", currentContext(t), "--kubeconfig", nobody}},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := verify(t, append([]string{overlay}, c.args...)...)
			if code != 3 || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "goroutine") {
				t.Errorf("want exit code 3 and a sentence with %q, got %d\n%s\n%s", c.want, code, stdout, stderr)
			}
		})
	}
}
