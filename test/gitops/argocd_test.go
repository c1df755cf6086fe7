//go:build e2e

package gitops

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/test/kube"
)

const (
	argocdNamespace = "argocd"
	argocdModule    = "github.com/argoproj/argo-cd/v3"
)

func TestArgoCD(t *testing.T) {
	r := serve(t)
	r.set(t, "gitops/argocd/application.yaml", r.url, "spec", "source", "repoURL")
	r.push(t, "Where this copy is")
	testEngine(t, r, "gitops/argocd", startArgoCD)
}

// Argo CD is its controller, its repo-server and something that speaks Redis.
type argocd struct{ programs []program }

func startArgoCD(t *testing.T) engine {
	t.Helper()
	source := directory(t, "argocd", argocdModule)
	manifests := filepath.Join(source, "manifests")
	file, redis, kustomize := tool(t, "argocd", "cmd"), tool(t, "argocd", "redis"), tool(t, "argocd", "kustomize")
	install(t, argocdNamespace, []string{"application/kube-lab", "application/kube-lab-probes", "appproject/kube-lab"},
		manifests+"/crds/application-crd.yaml", manifests+"/crds/applicationset-crd.yaml", manifests+"/crds/appproject-crd.yaml")
	kube.Ctl(t, "-n", argocdNamespace, "apply", "-k", manifests+"/base/config")
	t.Cleanup(func() {
		for _, hook := range strings.Fields(kube.Try(t, "", "-n", kube.Namespace, "get", "jobs", "-o", "name").Stdout) {
			release(t, kube.Namespace, hook)
		}
	})

	store, repositories := address(t), address(t)
	env := []string{
		"ARGOCD_FAKE_IN_CLUSTER=true", // the cluster that it is in is that of KUBECONFIG
		"ARGOCD_GPG_ENABLED=false",
		"PATH=" + helpers(t, source) + string(os.PathListSeparator) + filepath.Dir(kustomize) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"TMPDIR=" + t.TempDir(), "ARGOCD_TLS_DATA_PATH=" + t.TempDir(), "ARGOCD_SSH_DATA_PATH=" + t.TempDir(),
	}
	is := func(name string) []string { return append(slices.Clone(env), "ARGOCD_BINARY_NAME="+name) }
	return argocd{[]program{
		start(t, "redis", nil, redis, store),
		start(t, "repo-server", is("argocd-repo-server"), file, "--redis="+store, "--disable-tls", "--client-ca-path=", "--port="+port(repositories), "--metrics-port="+port(address(t)), "--revision-cache-expiration=5s"),
		start(t, "application-controller", is("argocd-application-controller"), file, "--namespace="+argocdNamespace, "--redis="+store, "--repo-server="+repositories, "--repo-server-plaintext",
			"--metrics-port="+port(address(t)), "--app-resync=10", "--app-resync-jitter=0", "--persist-resource-health"),
	}}
}

// helpers returns a directory of the scripts that Argo CD's image has on PATH.
func helpers(t *testing.T, source string) string {
	t.Helper()
	const name = "git-verify-wrapper.sh"
	script, err := os.ReadFile(filepath.Join(source, "hack", name))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), script, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

func port(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

type application struct {
	Metadata struct{ Name string }
	Status   struct {
		ReconciledAt string
		Sync         struct{ Status, Revision string }
		Health       struct{ Status string }
		Resources    []struct {
			Kind, Name string
			Health     struct{ Status, Message string }
		}
		OperationState struct {
			Phase, Message string
			SyncResult     struct {
				Resources []struct{ Kind, Name, Status, Message, HookPhase string }
			}
		}
		Conditions []struct{ Type, Message string }
	}
}

func (a argocd) applications(t *testing.T) []application {
	t.Helper()
	for _, p := range a.programs {
		p.running(t)
	}
	var list struct{ Items []application }
	out := kube.Ctl(t, "-n", argocdNamespace, "get", "applications.argoproj.io", "-o", "json")
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		t.Fatal(err)
	}
	return list.Items
}

// String says in one line what Argo CD's page says.
func (a application) String() string {
	s := a.Status
	text := fmt.Sprintf("%s: %s, %s, sync %s: %s", a.Metadata.Name, s.Sync.Status, s.Health.Status, s.OperationState.Phase, s.OperationState.Message)
	for _, c := range s.Conditions {
		text += fmt.Sprintf("; %s: %s", c.Type, c.Message)
	}
	for _, r := range s.OperationState.SyncResult.Resources {
		if r.HookPhase == "Failed" || r.Status == "SyncFailed" {
			text += fmt.Sprintf("; %s %s %s: %s", r.Kind, r.Name, r.Status, r.Message)
		}
	}
	for _, r := range s.Resources {
		if r.Health.Status != "" && r.Health.Status != "Healthy" {
			text += fmt.Sprintf("; %s %s is %s: %s", r.Kind, r.Name, r.Health.Status, r.Health.Message)
		}
	}
	return text
}

func (a argocd) synced(t *testing.T, revision string) string {
	t.Helper()
	all := a.applications(t)
	for _, app := range all {
		s := app.Status
		if s.Sync.Status != "Synced" || s.Sync.Revision != revision || s.Health.Status != "Healthy" || s.OperationState.Phase != "Succeeded" {
			return app.String()
		}
	}
	if len(all) != 2 {
		return fmt.Sprintf("want 2 Applications, the lab and its probes, and there are %d", len(all))
	}
	return ""
}

func (a argocd) broken(t *testing.T, what string) (said string, ok bool) {
	t.Helper()
	for _, app := range a.applications(t) {
		if app.Metadata.Name == "kube-lab" {
			return app.String(), app.Status.Health.Status == "Degraded" && strings.Contains(app.String(), what)
		}
	}
	return "there is no Application kube-lab", false
}

func (a argocd) rounds(t *testing.T) []string {
	t.Helper()
	var last []string
	for _, app := range a.applications(t) {
		last = append(last, app.Status.ReconciledAt)
	}
	return last
}

func (a argocd) shows(t *testing.T) string {
	t.Helper()
	return kube.Ctl(t, "-n", argocdNamespace, "get", "applications.argoproj.io")
}
