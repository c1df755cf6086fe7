//go:build e2e

package gitops

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/test/kube"
)

const (
	fluxNamespace   = "flux-system"
	fluxModules     = "github.com/fluxcd/"
	fluxDefinitions = "/config/crd/bases"
	fluxInterval    = "10s"
)

func TestFlux(t *testing.T) {
	r := serve(t)
	r.set(t, "gitops/flux/repository.yaml", r.url, "spec", "url")
	r.set(t, "gitops/flux/repository.yaml", fluxInterval, "spec", "interval")
	for _, file := range []string{"gitops/flux/lab.yaml", "gitops/flux/probes.yaml"} {
		r.set(t, file, fluxInterval, "spec", "interval")
		r.set(t, file, fluxInterval, "spec", "retryInterval")
	}
	r.push(t, "Where this copy is, and a shorter interval")
	testEngine(t, r, "gitops/flux", startFlux)
}

// Flux is its two controllers that the lab needs.
type flux struct{ programs []program }

func startFlux(t *testing.T) engine {
	t.Helper()
	source, kustomize := tool(t, "flux", "source-controller"), tool(t, "flux", "kustomize-controller")
	install(t, fluxNamespace, []string{"gitrepository/kube-lab", "kustomization/lab", "kustomization/lab-probes"},
		directory(t, "flux", fluxModules+"source-controller")+fluxDefinitions, directory(t, "flux", fluxModules+"kustomize-controller")+fluxDefinitions)
	artifacts, env := address(t), []string{"RUNTIME_NAMESPACE=" + fluxNamespace}
	common := []string{"--metrics-addr=0", "--health-addr=0"}
	return flux{[]program{
		start(t, "source-controller", env, source, append(common, "--storage-path="+t.TempDir(), "--storage-addr="+artifacts, "--storage-adv-addr="+artifacts)...),
		start(t, "kustomize-controller", env, kustomize, append(common, "--requeue-dependency=5s")...),
	}}
}

type kustomization struct {
	Metadata struct {
		Name       string
		Generation int
	}
	Status struct {
		ObservedGeneration  int
		LastAppliedRevision string
		Conditions          []condition
		History             []struct{ LastReconciled string }
	}
}

func (f flux) kustomizations(t *testing.T) []kustomization {
	t.Helper()
	for _, p := range f.programs {
		p.running(t)
	}
	var list struct{ Items []kustomization }
	out := kube.Ctl(t, "-n", fluxNamespace, "get", "kustomizations.kustomize.toolkit.fluxcd.io", "-o", "json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// ready returns the condition Ready as one line.
func (k kustomization) ready() (status, text string) {
	for _, c := range k.Status.Conditions {
		if c.Type == "Ready" && k.Status.ObservedGeneration == k.Metadata.Generation {
			return c.Status, fmt.Sprintf("Kustomization %s: Ready=%s, %s: %s", k.Metadata.Name, c.Status, c.Reason, c.Message)
		}
	}
	return "", "Kustomization " + k.Metadata.Name + " was not looked at yet"
}

func (f flux) synced(t *testing.T, revision string) string {
	t.Helper()
	all := f.kustomizations(t)
	for _, k := range all {
		if status, text := k.ready(); status != "True" || k.Status.LastAppliedRevision != "main@sha1:"+revision {
			return text
		}
	}
	if len(all) != 2 {
		return fmt.Sprintf("want 2 Kustomizations, the lab and its probes, and there are %d", len(all))
	}
	return ""
}

func (f flux) broken(t *testing.T, what string) (said string, ok bool) {
	t.Helper()
	for _, k := range f.kustomizations(t) {
		if status, text := k.ready(); k.Metadata.Name == "lab" {
			return text, status == "False" && strings.Contains(text, "HealthCheckFailed") && strings.Contains(text, what)
		}
	}
	return "there is no Kustomization lab", false
}

func (f flux) rounds(t *testing.T) []string {
	t.Helper()
	var last []string
	for _, k := range f.kustomizations(t) {
		if len(k.Status.History) > 0 {
			last = append(last, k.Status.History[0].LastReconciled)
		}
	}
	return last
}

func (f flux) shows(t *testing.T) string {
	t.Helper()
	return kube.Ctl(t, "-n", fluxNamespace, "get", "gitrepositories,kustomizations.kustomize.toolkit.fluxcd.io")
}
