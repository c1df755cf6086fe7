// Ci runs the tests that need no cluster, with and without the race detector, and then, where the scripts of a
// local cluster lie beside the repository, starts that cluster, proves the
// lab on it, syncs it with Flux and Argo CD as long as there is time, and stops
// it again. The last line is the test runner's.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	timeLimit = 58 * time.Minute // the whole run; CI allows 60
	stopLimit = 2 * time.Minute  // for stopping the cluster, beyond that
	syncTime  = 15 * time.Minute // what building an engine and syncing with it may take
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ci:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeLimit)
	defer cancel()
	for _, target := range []string{"race", "test"} {
		if err := command(ctx, nil, "make", target); err != nil {
			return fmt.Errorf("make %s: %w", target, err)
		}
	}
	scripts, err := filepath.Abs("../shared/cluster")
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(scripts, "up.sh")); err != nil {
		fmt.Fprintln(os.Stderr, "ci: no cluster can be started here: the lab was not proved on one")
		return nil
	}
	return proveOnCluster(ctx, scripts)
}

// proveOnCluster starts a new three-node cluster, runs the end-to-end tests
// against it and stops it, whatever happened.
func proveOnCluster(ctx context.Context, scripts string) error {
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	home := filepath.Join(cache, "local-cluster")
	env := []string{
		"CLUSTER_ROOT=" + home, "NODES=3", "KUBECONFIG=" + filepath.Join(home, "kubeconfig"),
		"PATH=" + filepath.Join(home, "bin") + string(os.PathListSeparator) + os.Getenv("PATH"),
	}
	script := func(name string) string { return filepath.Join(scripts, name) }
	if err := command(ctx, env, script("down.sh"), "--purge"); err != nil {
		return fmt.Errorf("removing an earlier cluster: %w", err)
	}
	defer stop(env, script("down.sh"))
	if err := command(ctx, env, script("up.sh")); err != nil {
		return fmt.Errorf("starting the cluster: %w", err)
	}
	if err := command(ctx, env, script("image.sh"), "images/custom-nginx", "custom-nginx:1.0.0"); err != nil {
		return fmt.Errorf("building the image: %w", err)
	}
	if err := command(ctx, env, "make", "e2e"); err != nil {
		return fmt.Errorf("make e2e: %w", err)
	}
	return sync(ctx, append(env, "BUILD_IMAGE="+script("image.sh")))
}

// sync syncs the lab with the engines for which there is time left. What is left
// out is said before, so that the test runner has the last line.
func sync(ctx context.Context, env []string) error {
	end, _ := ctx.Deadline()
	engine, left := "", time.Until(end).Round(time.Minute)
	if left < 2*syncTime {
		fmt.Fprintf(os.Stderr, "ci: with %v left the lab is not synced with Argo CD: make e2e-gitops ENGINE=ArgoCD\n", left)
		engine = "Flux"
	}
	if left < syncTime {
		fmt.Fprintln(os.Stderr, "ci: nor with Flux: make e2e-gitops ENGINE=Flux")
		return nil
	}
	if err := command(ctx, env, "make", "e2e-gitops", "ENGINE="+engine); err != nil {
		return fmt.Errorf("make e2e-gitops: %w", err)
	}
	return nil
}

// stop stops the cluster without a word, so that the test runner has the last one.
func stop(env []string, script string) {
	ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	c := exec.CommandContext(ctx, script)
	c.Env = append(os.Environ(), env...)
	_ = c.Run()
}

// command runs a command in a process group of its own, which a time-out ends as a whole.
func command(ctx context.Context, env []string, name string, args ...string) error {
	fmt.Fprintln(os.Stderr, "ci:", name, args)
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 30 * time.Second
	return c.Run()
}
