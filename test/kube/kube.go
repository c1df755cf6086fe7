// Package kube asks a cluster with kubectl, for the tests that need one. The
// cluster is the one of KUBECONFIG.
package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Namespace is where the lab is.
const Namespace = "lab"

// A Command is what kubectl was asked, and what it answered.
type Command struct {
	Args   []string
	Stdout string
	Stderr string
	Err    error
}

func (c Command) String() string {
	return "kubectl " + strings.Join(c.Args, " ") + "\n" + c.Stdout + c.Stderr
}

// commandLimit is above every --timeout that is given to kubectl in a test.
const commandLimit = 11 * time.Minute

// Try runs kubectl with stdin and returns what it answered. It works in a
// Cleanup too, when the test's own context has ended.
func Try(t *testing.T, stdin string, args ...string) Command {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), commandLimit)
	defer cancel()
	c := exec.CommandContext(ctx, "kubectl", args...)
	c.WaitDelay = 5 * time.Second
	c.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	return Command{Args: args, Stdout: stdout.String(), Stderr: stderr.String(), Err: err}
}

// Ctl runs kubectl, which must succeed, and returns its output.
func Ctl(t *testing.T, args ...string) string {
	t.Helper()
	return Feed(t, "", args...)
}

// Feed is Ctl with something on stdin.
func Feed(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	c := Try(t, stdin, args...)
	if c.Err != nil {
		t.Fatalf("%v\n%v", c.Err, c)
	}
	return c.Stdout
}

// Get reads an object, or a list, of the lab's namespace into one value.
func Get[T any](t *testing.T, args ...string) T {
	t.Helper()
	var value T
	out := Ctl(t, append([]string{"-n", Namespace, "get", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		t.Fatalf("kubectl get %v: %v", args, err)
	}
	return value
}

// DeleteLab deletes the lab with its data, and the policies of every overlay.
func DeleteLab(t *testing.T) {
	t.Helper()
	Ctl(t, "delete", "namespace", Namespace, "--ignore-not-found", "--timeout=5m")
	Ctl(t, "delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", "--selector=app.kubernetes.io/part-of=kube-lab")
}

// Eventually calls probe until it returns "" and fails with what it returned
// last when the time is over.
func Eventually(t *testing.T, limit time.Duration, probe func() string) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for {
		problem := probe()
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %s", limit, problem)
		}
		time.Sleep(500 * time.Millisecond)
	}
}
