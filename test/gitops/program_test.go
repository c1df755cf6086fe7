//go:build e2e

package gitops

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

// tool builds a program that the go.mod of a module below this directory names
// as one of its tools, unless Go's cache has it, and returns its file.
func tool(t *testing.T, module, name string) string {
	t.Helper()
	return golang(t, module, "tool", "-n", name)
}

// directory returns where the source of a dependency of module is.
func directory(t *testing.T, module, dependency string) string {
	t.Helper()
	return golang(t, module, "list", "-m", "-f", "{{.Dir}}", dependency)
}

func golang(t *testing.T, module string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "go", args...)
	c.Dir = module
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("in %s, go %s: %v\n%s", module, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

// A program runs until the test ends.
type program struct {
	name  string
	log   string        // the file that holds what it says
	ended chan struct{} // closed when it has ended
}

// start runs a program; when the test fails, it shows what the program said last.
func start(t *testing.T, name string, env []string, file string, args ...string) program {
	t.Helper()
	p := program{name: name, log: filepath.Join(t.TempDir(), "log"), ended: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(file, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = c.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(30 * time.Second):
			_ = c.Process.Kill()
		}
		_ = log.Close()
		if t.Failed() {
			t.Logf("%s said last:\n%s", p.name, p.last(60))
		}
	})
	return p
}

// running ends the test if the program has ended.
func (p program) running(t *testing.T) {
	t.Helper()
	select {
	case <-p.ended:
		t.Fatalf("%s has ended", p.name)
	default:
	}
}

func (p program) last(lines int) string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// address returns an address of this machine at which nobody listens.
func address(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// install makes a namespace and the definitions in files, and removes them when
// the test ends, with the objects of the engine if they are still there.
func install(t *testing.T, namespace string, objects []string, files ...string) {
	t.Helper()
	var definitions []string
	for _, file := range files {
		definitions = append(definitions, "-f", file)
	}
	t.Cleanup(func() {
		release(t, namespace, objects...)
		kube.Try(t, "", "delete", "namespace", namespace, "--ignore-not-found", "--timeout=2m")
		kube.Try(t, "", append([]string{"delete", "--ignore-not-found", "--timeout=2m"}, definitions...)...)
	})
	kube.Ctl(t, append([]string{"apply", "--server-side"}, definitions...)...)
	kube.Eventually(t, time.Minute, func() string {
		// kubectl fails at once while a definition has no conditions at all.
		if c := kube.Try(t, "", append([]string{"wait", "--for=condition=Established"}, definitions...)...); c.Err != nil {
			return c.String()
		}
		return ""
	})
	kube.Ctl(t, "create", "namespace", namespace)
}

// release takes the finalizers from objects, if a test that failed has left
// some: whoever would do so has ended.
func release(t *testing.T, namespace string, objects ...string) {
	t.Helper()
	kube.Try(t, "", append([]string{"-n", namespace, "patch", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`}, objects...)...)
}
