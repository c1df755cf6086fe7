//go:build e2e

package gitops

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kube-lab/kube-lab/test/kube"
)

func waitFor(t *testing.T, e engine, revision string, limit time.Duration) {
	t.Helper()
	start := time.Now()
	kube.Eventually(t, limit, func() string { return e.synced(t, revision) })
	t.Logf("synced and healthy after %v", time.Since(start).Round(time.Second))
}

// What is in the cluster is what the commit says, and every probe has passed.
func testApplied(t *testing.T, r repository) {
	for _, dir := range []string{"overlays/minikube", "probes"} {
		if c := kube.Try(t, "", "diff", "--server-side", "--force-conflicts", "-k", filepath.Join(r.clone, dir)); c.Err != nil {
			t.Errorf("want an empty diff: %v\n%v", c.Err, c)
		}
	}
	jobs := kube.Get[struct{ Items []job }](t, "jobs", "--selector=app.kubernetes.io/component=probe").Items
	if len(jobs) != 8 {
		t.Errorf("want 8 probe Jobs, got %d", len(jobs))
	}
	for _, j := range jobs {
		if !slices.ContainsFunc(j.Status.Conditions, func(c condition) bool { return c.Type == "Complete" && c.Status == "True" }) {
			t.Errorf("Job %s has not passed: %+v", j.Metadata.Name, j.Status.Conditions)
		}
	}
}

type job struct {
	Metadata struct{ Name string }
	Status   struct{ Conditions []condition }
}

type condition struct{ Type, Status, Reason, Message string }

// Rounds in which nothing is to be done touch no object.
func testQuiet(t *testing.T, e engine) {
	before := versions(t)
	for range rounds {
		last := e.rounds(t)
		kube.Eventually(t, laterSync, func() string {
			for i, now := range e.rounds(t) {
				if now == last[i] {
					return fmt.Sprintf("object %d of the engine was last reconciled at %s", i, now)
				}
			}
			return ""
		})
	}
	after := versions(t)
	for name, version := range before {
		if after[name] != version {
			t.Errorf("%s was changed: %s, then %q", name, version, after[name])
		}
	}
	if len(after) != len(before) {
		t.Errorf("there were %d objects, then %d", len(before), len(after))
	}
	t.Logf("%d objects have the generation and the resourceVersion that they had", len(before))
}

// versions returns the generation and the resourceVersion of every object of the lab.
func versions(t *testing.T) map[string]string {
	t.Helper()
	type object struct {
		Kind     string
		Metadata struct {
			Name, ResourceVersion string
			Generation            int
		}
	}
	found := map[string]string{}
	for _, o := range kube.Get[struct{ Items []object }](t, "namespace,pod,service,configmap,secret,statefulset,deployment,pdb,job,validatingadmissionpolicy,validatingadmissionpolicybinding",
		"--selector=app.kubernetes.io/part-of=kube-lab").Items {
		if o.Kind == "Namespace" && o.Metadata.Name != kube.Namespace {
			continue // another lab
		}
		found[o.Kind+"/"+o.Metadata.Name] = fmt.Sprintf("generation %d, resourceVersion %s", o.Metadata.Generation, o.Metadata.ResourceVersion)
	}
	return found
}

// A new page, in an image under a new tag, is what the Service serves in the end.
func testPage(t *testing.T, r repository, e engine) {
	folder := filepath.Join(r.clone, "images/custom-nginx")
	page, err := os.ReadFile(filepath.Join(folder, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	page = append(page, "<!-- pushed -->\n"...)
	if err := os.WriteFile(filepath.Join(folder, "index.html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
	tag := fmt.Sprintf("page-%x", sha256.Sum256(page))[:13]
	if out, err := exec.CommandContext(t.Context(), os.Getenv("BUILD_IMAGE"), folder, "custom-nginx:"+tag).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", os.Getenv("BUILD_IMAGE"), err, out)
	}
	r.setTag(t, tag)
	waitFor(t, e, r.push(t, "A new page"), laterSync)
	if got := fetch(t); got != string(page) {
		t.Errorf("the Service serves\n%s\nand not the new page", got)
	}
	testApplied(t, r)
}

// fetch returns the page that the Service of task custom-nginx serves.
func fetch(t *testing.T) string {
	t.Helper()
	return kube.Ctl(t, "-n", kube.Namespace, "exec", "pod-network", "-c", "web", "--", "curl", "-sS", "--fail", "http://custom-nginx/")
}

func (r repository) setTag(t *testing.T, tag string) {
	t.Helper()
	r.set(t, "base/kustomization.yaml", tag, "images", "[name=custom-nginx]", "newTag")
}

// What cannot be changed of a running Pod comes with a new Pod.
func testReplacePod(t *testing.T, r repository, e engine) {
	type pod struct {
		Metadata struct{ UID string }
		Spec     struct {
			Containers []struct {
				Resources struct{ Limits struct{ Memory string } }
			}
		}
	}
	before := kube.Get[pod](t, "pod", "nginx")
	r.set(t, "base/nginx/pod.yaml", "129Mi", "spec", "containers", "[name=nginx]", "resources", "limits", "memory")
	waitFor(t, e, r.push(t, "More memory for a Pod"), laterSync)
	after := kube.Get[pod](t, "pod", "nginx")
	if after.Metadata.UID == before.Metadata.UID || after.Spec.Containers[0].Resources.Limits.Memory != "129Mi" {
		t.Errorf("want another Pod, with a limit of 129Mi: before %+v, now %+v", before, after)
	}
}

type deployment struct {
	Metadata struct{ Generation int }
	Spec     struct{ Replicas int }
	Status   struct{ ReadyReplicas, ObservedGeneration int }
}

// What a person changes by hand is changed back.
func testRepair(t *testing.T, r repository, e engine) {
	before := kube.Get[deployment](t, "deployment", "custom-nginx")
	kube.Ctl(t, "-n", kube.Namespace, "scale", "deployment", "custom-nginx", "--replicas=1")
	kube.Eventually(t, laterSync, func() string {
		now := kube.Get[deployment](t, "deployment", "custom-nginx")
		if now.Metadata.Generation < before.Metadata.Generation+2 || now.Spec.Replicas != 2 || now.Status.ReadyReplicas != 2 {
			return fmt.Sprintf("before %+v, now %+v", before, now)
		}
		return ""
	})
	waitFor(t, e, r.revision(t), laterSync)
}

// What leaves the repository leaves the cluster.
func testPrune(t *testing.T, r repository, e engine) {
	const name = "poddisruptionbudget"
	kube.Ctl(t, "-n", kube.Namespace, "get", name, "custom-nginx")
	r.edit(t, "base/custom-nginx/kustomization.yaml", yaml.Lookup("resources"),
		yaml.Tee(yaml.ElementSetter{Keys: []string{""}, Values: []string{name + ".yaml"}}))
	git(t, r.clone, "rm", "--quiet", "base/custom-nginx/"+name+".yaml")
	waitFor(t, e, r.push(t, "Without the disruption budget"), laterSync)
	if c := kube.Try(t, "", "-n", kube.Namespace, "get", name, "custom-nginx"); !strings.Contains(c.Stderr, "NotFound") {
		t.Errorf("want it gone: %v", c)
	}
}

// An image that is nowhere is a failure that the engine names; the old Pods
// serve on, and the commit that mends it is taken.
func testBrokenImage(t *testing.T, r repository, e engine) {
	r.setTag(t, "nowhere")
	broken := r.push(t, "An image that is nowhere")
	kube.Eventually(t, laterSync, func() string {
		said, ok := e.broken(t, "custom-nginx")
		if ok {
			t.Logf("%s: %s\n%s", broken[:7], said, e.shows(t))
			return ""
		}
		return said
	})
	fetch(t)
	git(t, r.clone, "revert", "--no-edit", broken)
	git(t, r.clone, "push", "--quiet")
	waitFor(t, e, r.revision(t), laterSync)
}

// When the engine's own objects go, so does the lab, but for its namespace and
// MySQL's volumes.
func testRemove(t *testing.T, manifests string) {
	kube.Ctl(t, "delete", "-k", manifests, "--timeout=5m")
	kube.Eventually(t, laterSync, func() string {
		if left := versions(t); len(left) != 1 || left["Namespace/lab"] == "" {
			return fmt.Sprint("want the namespace and nothing else: ", left)
		}
		return ""
	})
}
