//go:build e2e

package gitops

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// built are the directories that an engine may apply.
var built = []string{".", "overlays/minikube", "overlays/kind", "overlays/registry", "overlays/without-configmap", "probes"}

// kubectl, kustomize, Argo CD and Flux build the same bytes.
func TestSameBytes(t *testing.T) {
	kustomize := tool(t, "argocd", "kustomize")
	t.Setenv("PATH", filepath.Dir(kustomize)+string(os.PathListSeparator)+os.Getenv("PATH"))
	argocd, flux := tool(t, "argocd", "build"), tool(t, "flux", "build")
	clone := serve(t).clone
	for _, dir := range built {
		t.Run(dir, func(t *testing.T) {
			want := output(t, "kubectl", "kustomize", filepath.Join(clone, dir))
			if !strings.HasPrefix(want, "apiVersion: ") {
				t.Fatalf("kubectl built no object: %.80q", want)
			}
			for _, builder := range []struct {
				name    string
				command []string
			}{
				{"kustomize", []string{kustomize, "build", filepath.Join(clone, dir)}},
				{"Argo CD", []string{argocd, clone, dir}},
				{"Flux", []string{flux, clone, dir}}, // the last: it writes into the clone
			} {
				if got := output(t, builder.command...); got != want {
					t.Errorf("%s builds %d bytes and kubectl %d; they differ at %q", builder.name, len(got), len(want), difference(got, want))
				}
			}
			t.Logf("%d bytes", len(want))
		})
	}
}

// difference returns the first line of got that is not that of want.
func difference(got, want string) string {
	wanted := strings.Split(want, "\n")
	for i, line := range strings.Split(got, "\n") {
		if i >= len(wanted) || line != wanted[i] {
			return line
		}
	}
	return "the end"
}

func output(t *testing.T, command ...string) string {
	t.Helper()
	var stderr strings.Builder
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, stderr.String())
	}
	return string(out)
}
