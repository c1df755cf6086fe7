package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
)

const repository = "../../../.."

// copyLab copies what labcheck judges into a directory of the test's own.
func copyLab(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, part := range []string{"base", "components", "images", "overlays", "probes"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(repository, part))); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.ReadFile(filepath.Join(repository, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), root, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// labcheck runs the command line in dir.
func labcheck(dir string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = cli.Main(args, cli.World{Dir: dir, Stdout: &out, Stderr: &err})
	return code, out.String(), err.String()
}

func TestLabIsClean(t *testing.T) {
	code, stdout, stderr := labcheck(copyLab(t))
	if code != cli.Clean || stderr != "" {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
	for _, overlay := range []string{"overlays/kind", "overlays/minikube", "overlays/registry"} {
		if !regexp.MustCompile(`(?m)^` + overlay + ` +\d+ objects`).MatchString(stdout) {
			t.Errorf("nothing is said of %s:\n%s", overlay, stdout)
		}
	}
}

// A value that the task does not ask for is found at its line, with the promise,
// and so is what no longer fits it, and nothing else is. (On kind the patch of the Service then misses its port,
// which is a finding of its own.)
func TestBrokenPromisesAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		file, old, new string
		promise        string
		unfit          string // what another finding says
	}{
		"replicas": {"base/mysql/statefulset.yaml", "replicas: 3", "replicas: 2", "3", `host "mysql-2"`},
		"claims":   {"base/mysql/statefulset.yaml", "storage: 5Gi", "storage: 4Gi", "5Gi", ""},
		"port":     {"base/custom-nginx/service.yaml", "port: 80", "port: 8080", "port 80", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyLab(t)
			line := edit(t, filepath.Join(dir, c.file), c.old, c.new)
			code, stdout, _ := labcheck(dir, "-o", "json", "overlays/minikube")
			if code != cli.Findings {
				t.Errorf("exit code %d, want %d", code, cli.Findings)
			}
			var report struct {
				Findings []struct {
					Rule, Message string
					Position      struct {
						File string
						Line int
					}
				}
			}
			if err := json.Unmarshal([]byte(stdout), &report); err != nil {
				t.Fatal(err)
			}
			promises, unfit := 0, 0
			for _, f := range report.Findings {
				if c.unfit != "" && f.Rule == "hosts-resolve" && strings.Contains(f.Message, c.unfit) {
					unfit++
					continue
				}
				promises++
				if f.Position.File != c.file || f.Position.Line != line || f.Rule != "policy-holds" || !strings.Contains(f.Message, c.promise) {
					t.Errorf("want %s:%d, policy-holds, a message that says %q; got %+v", c.file, line, c.promise, f)
				}
			}
			if promises == 0 || (unfit > 0) != (c.unfit != "") {
				t.Errorf("%d findings of the promise, %d that say %q", promises, unfit, c.unfit)
			}
		})
	}
}

// edit replaces the first line that is old, but for its indent, and returns its number.
func edit(t *testing.T, file, old, new string) int {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(content), "\n")
	for i, line := range lines {
		if text := strings.TrimPrefix(strings.TrimSpace(line), "- "); text == old || strings.HasPrefix(text, old+" ") {
			lines[i] = strings.Replace(line, old, new, 1)
			if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
			return i + 1
		}
	}
	t.Fatalf("%s has no line %q", file, old)
	return 0
}
