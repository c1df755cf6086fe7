// Package cluster asks a cluster what it holds of an overlay, through kubectl
// alone, so that every answer can be had again by typing the command. It
// judges nothing: what it saw is a check.Snapshot, which can be saved.
package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// A Command is one call of kubectl.
type Command struct {
	Args   []string
	Stdin  string
	Stdout io.Writer
	Stderr io.Writer
}

// String is the command as one may paste it into a shell.
func (c Command) String() string {
	return check.ShellLine(append([]string{"kubectl"}, c.Args...)...)
}

// A Runner runs kubectl until it ends or ctx is done.
type Runner interface {
	Run(ctx context.Context, c Command) error
}

// Kubectl is the Runner that runs the program kubectl of the PATH.
type Kubectl struct{}

// Run interrupts kubectl when ctx is done, so that it can close what it opened.
func (Kubectl) Run(ctx context.Context, c Command) error {
	process := exec.CommandContext(ctx, "kubectl", c.Args...)
	process.Stdin, process.Stdout, process.Stderr = strings.NewReader(c.Stdin), c.Stdout, c.Stderr
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	process.WaitDelay = 5 * time.Second
	err := process.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("kubectl is not on the PATH")
	}
	return err
}

// A RunError is a kubectl that failed.
type RunError struct {
	Command Command
	Output  string // what it said on stderr
	Err     error
}

// Error is what kubectl said, in one line.
func (e *RunError) Error() string {
	lines := strings.Split(strings.TrimSpace(e.Output), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	for _, prefix := range []string{"error: ", "Error from server ", "Error in configuration: "} {
		last = strings.TrimPrefix(last, prefix)
	}
	if last == "" {
		return e.Err.Error()
	}
	return last
}

func (e *RunError) Unwrap() error { return e.Err }

// A Client asks the cluster of one context.
type Client struct {
	Runner     Runner
	Kubeconfig string // a file, or "" for kubectl's own choice
	Context    string
	// Trace is told of every command that has ended, and of its error if any.
	Trace func(Command, *RunError)
}

// requestTimeout bounds every request to the API server, so that one that does
// not answer is found out.
const requestTimeout = "--request-timeout=20s"

// command is kubectl with args on the context of c.
func (c *Client) command(args ...string) Command {
	var all []string
	if c.Kubeconfig != "" {
		all = append(all, "--kubeconfig", c.Kubeconfig)
	}
	if c.Context != "" {
		all = append(all, "--context", c.Context)
	}
	return Command{Args: append(all, args...)}
}

// run returns what kubectl prints. Where kubectl failed, the error is a
// *RunError, and what it printed before is returned as well.
func (c *Client) run(ctx context.Context, stdin string, args ...string) ([]byte, error) {
	command := c.command(args...)
	command.Stdin = stdin
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	err := c.finish(ctx, command, &said)
	return out.Bytes(), err
}

// finish runs command, whose stderr goes to said.
func (c *Client) finish(ctx context.Context, command Command, said *bytes.Buffer) error {
	err := c.Runner.Run(ctx, command)
	var failed *RunError
	if err != nil {
		failed = &RunError{Command: command, Output: said.String(), Err: err}
	}
	if c.Trace != nil && ctx.Err() == nil {
		c.Trace(command, failed)
	} else if c.Trace != nil {
		c.Trace(command, nil) // it was ended from here
	}
	if failed == nil {
		return nil
	}
	return failed
}

// Contexts are the names of the contexts that kubectl knows.
func (c *Client) Contexts(ctx context.Context) ([]string, error) {
	anywhere := &Client{Runner: c.Runner, Kubeconfig: c.Kubeconfig, Trace: c.Trace}
	out, err := anywhere.run(ctx, "", "config", "get-contexts", "--output=name")
	if err != nil {
		return nil, fmt.Errorf("listing the contexts of kubectl: %w", err)
	}
	return strings.Fields(string(out)), nil
}
