//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A command is what kubectl was asked, and what it answered.
type command struct {
	args   []string
	stdin  string
	stdout string
	stderr string
	err    error
}

func (c command) String() string {
	return "kubectl " + strings.Join(c.args, " ") + "\n" + c.stdout + c.stderr
}

// commandLimit is above every --timeout that is given to kubectl here.
const commandLimit = 11 * time.Minute

// try runs kubectl and returns what it answered. It works in a Cleanup too,
// when the test's own context has ended.
func try(t *testing.T, stdin string, args ...string) command {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), commandLimit)
	defer cancel()
	c := exec.CommandContext(ctx, "kubectl", args...)
	c.WaitDelay = 5 * time.Second
	c.Stdin = strings.NewReader(stdin)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	err := c.Run()
	return command{args: args, stdin: stdin, stdout: stdout.String(), stderr: stderr.String(), err: err}
}

// kubectl runs kubectl, which must succeed, and returns its output.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	c := try(t, "", args...)
	if c.err != nil {
		t.Fatalf("%v\n%v", c.err, c)
	}
	return c.stdout
}

// get reads an object, or a list, of namespace lab into one value.
func get[T any](t *testing.T, args ...string) T {
	t.Helper()
	var value T
	out := kubectl(t, append([]string{"-n", namespace, "get", "-o", "json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &value); err != nil {
		t.Fatalf("kubectl get %v: %v", args, err)
	}
	return value
}

// eventually calls probe until it returns "" and fails with what it returned
// last when the time is over.
func eventually(t *testing.T, limit time.Duration, probe func() string) {
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
