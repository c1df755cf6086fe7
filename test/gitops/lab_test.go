//go:build e2e

package gitops

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

const (
	firstSync = 9 * time.Minute // three MySQL servers one after the other, then the probes
	laterSync = 6 * time.Minute
	rounds    = 3 // how many in which nothing may change
)

func TestMain(m *testing.M) {
	for name, what := range map[string]string{
		"KUBECONFIG":  "the cluster to sync the lab to; its namespace lab is deleted",
		"BUILD_IMAGE": "the program that builds an image where the cluster finds it: it is called with FOLDER NAME:TAG",
	} {
		if os.Getenv(name) == "" {
			fmt.Fprintf(os.Stderr, "e2e-gitops: %s is not set: name %s\n", name, what)
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// An engine brings a cluster to what a repository says.
type engine interface {
	// synced returns "" when the engine says that it has applied revision, that
	// all of it is healthy and the probes have passed, and else what it says.
	synced(t *testing.T, revision string) string
	// broken tells whether the engine says that what does not work, and what it says.
	broken(t *testing.T, what string) (said string, ok bool)
	// rounds returns when each object of the engine was last reconciled.
	rounds(t *testing.T) []string
	// shows returns what a person sees of the engine with kubectl.
	shows(t *testing.T) string
}

// testEngine syncs the lab from r with the manifests in dir.
func testEngine(t *testing.T, r repository, dir string, start func(*testing.T) engine) {
	kube.DeleteLab(t)
	// Runs when the engine is no longer there to bring the lab back.
	t.Cleanup(func() {
		dump(t)
		kube.DeleteLab(t)
	})
	e := start(t)
	manifests := filepath.Join(r.clone, dir)
	kube.Ctl(t, "apply", "-k", manifests)
	var volumes map[string]string
	for _, step := range []struct {
		name string
		test func(t *testing.T)
	}{
		{"first sync", func(t *testing.T) {
			waitFor(t, e, r.revision(t), firstSync)
			testApplied(t, r)
			volumes = claims(t)
			if len(volumes) != 3 {
				t.Fatalf("want 3 claims, got %v", volumes)
			}
		}},
		{"nothing changes", func(t *testing.T) { testQuiet(t, e) }},
		{"page", func(t *testing.T) { testPage(t, r, e) }},
		{"bare Pod", func(t *testing.T) { testReplacePod(t, r, e) }},
		{"scale is repaired", func(t *testing.T) { testRepair(t, r, e) }},
		{"prune", func(t *testing.T) { testPrune(t, r, e) }},
		{"broken image", func(t *testing.T) { testBrokenImage(t, r, e) }},
		{"remove", func(t *testing.T) { testRemove(t, manifests) }},
	} {
		if !t.Run(step.name, step.test) {
			return
		}
		t.Logf("%s:\n%s", step.name, e.shows(t))
		if now := claims(t); !maps.Equal(now, volumes) {
			t.Fatalf("after %q the claims are %v, before they were %v", step.name, now, volumes)
		}
	}
}

// claims returns the UID of every claim that is bound, by name.
func claims(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, c := range kube.Get[struct {
		Items []struct {
			Metadata struct{ Name, UID string }
			Status   struct{ Phase string }
		}
	}](t, "pvc").Items {
		if c.Status.Phase == "Bound" {
			found[c.Metadata.Name] = c.Metadata.UID
		}
	}
	return found
}

// dump shows what the cluster says when a test has failed.
func dump(t *testing.T) {
	if t.Failed() {
		t.Log(kube.Try(t, "", "-n", kube.Namespace, "get", "pods,services,deployments,statefulsets,jobs,pvc,events", "-o", "wide"))
	}
}
