//go:build e2e

package gitops

import (
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const root = "../.." // the tests run in their own directory

// A repository is a copy of this one, as it is on disk, that an engine follows
// and the test pushes to.
type repository struct {
	url   string
	clone string
}

// serve makes the copy and serves it over http, as a git host does.
func serve(t *testing.T) repository {
	t.Helper()
	dir := t.TempDir()
	bare := filepath.Join(dir, "lab.git")
	git(t, dir, "init", "--quiet", "--bare", "--initial-branch=main", bare)
	git(t, bare, "config", "http.receivepack", "true")
	worktree, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	git(t, worktree, "--git-dir="+bare, "--work-tree=.", "add", "--all")
	git(t, worktree, "--git-dir="+bare, "--work-tree=.", "commit", "--quiet", "--message=The repository as it is")

	server := httptest.NewServer(&cgi.Handler{
		Path: filepath.Join(git(t, dir, "--exec-path"), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1"},
	})
	t.Cleanup(server.Close)
	r := repository{url: server.URL + "/lab.git", clone: filepath.Join(dir, "clone")}
	git(t, dir, "clone", "--quiet", r.url, r.clone)
	return r
}

// set writes value at path in a YAML file of the clone.
func (r repository) set(t *testing.T, file, value string, path ...string) {
	t.Helper()
	r.edit(t, file, yaml.Lookup(path...), yaml.FilterFunc(func(node *yaml.RNode) (*yaml.RNode, error) {
		if node != nil {
			node.YNode().Value = value // an anchor of it stays
		}
		return node, nil
	}))
}

// edit changes a YAML file of the clone.
func (r repository) edit(t *testing.T, file string, filters ...yaml.Filter) {
	t.Helper()
	name := filepath.Join(r.clone, file)
	object, err := yaml.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	changed, err := object.Pipe(filters...)
	if err != nil || changed == nil {
		t.Fatalf("%s has not what was to be changed: %v", file, err)
	}
	if err := yaml.WriteFile(object, name); err != nil {
		t.Fatal(err)
	}
}

// push commits what was changed in the clone and returns the revision.
func (r repository) push(t *testing.T, message string) string {
	t.Helper()
	git(t, r.clone, "add", "--all")
	git(t, r.clone, "commit", "--quiet", "--message="+message)
	git(t, r.clone, "push", "--quiet")
	return r.revision(t)
}

func (r repository) revision(t *testing.T) string {
	t.Helper()
	return git(t, r.clone, "rev-parse", "HEAD")
}

// git runs git in dir, whatever the configuration of this machine, and returns
// its output.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "git", args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=kube-lab", "GIT_AUTHOR_EMAIL=kube-lab@localhost",
		"GIT_COMMITTER_NAME=kube-lab", "GIT_COMMITTER_EMAIL=kube-lab@localhost")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
