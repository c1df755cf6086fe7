package cluster

import (
	"context"
	"errors"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const (
	logLines = "--tail=8"
	logBytes = "--limit-bytes=16384"
	// maxLogs bounds the calls where a whole Deployment fails for one reason.
	maxLogs = 12
)

// readLogs adds to s the ends of the logs of containers that do not do what
// they should.
func readLogs(ctx context.Context, client *Client, s *check.Snapshot) error {
	var wanted []wantedLog
	for _, o := range s.Objects {
		if o.Kind == "Pod" && o.Group() == "" {
			wanted = append(wanted, troubled(o)...)
		}
	}
	wanted = wanted[:min(len(wanted), maxLogs)]
	failed := make([]error, len(wanted))
	var wait sync.WaitGroup
	for i := range wanted {
		wait.Go(func() { failed[i] = readLog(ctx, client, &wanted[i]) })
	}
	wait.Wait()
	for _, l := range wanted {
		if len(l.Lines) > 0 {
			s.Logs = append(s.Logs, l.Log)
		}
	}
	var refused *RunError
	if errors.As(errors.Join(failed...), &refused) && strings.Contains(refused.Output, "(Forbidden)") {
		s.Misses = append(s.Misses, check.Miss{Resource: "pods/log", Reason: refused.Error()})
	}
	return ctx.Err()
}

// readLog reads the end of one log. A container that has not written one yet
// is no error that matters.
func readLog(ctx context.Context, client *Client, l *wantedLog) error {
	args := []string{"--namespace", l.Namespace, "logs", l.Pod, "--container", l.Container, logLines, logBytes, requestTimeout}
	if l.previous {
		args = append(args, "--previous")
	}
	out, err := client.run(ctx, "", args...)
	for line := range strings.Lines(string(out)) {
		if text := strings.TrimSpace(line); text != "" {
			l.Lines = append(l.Lines, text)
		}
	}
	return err
}

// A wanted log is that of a container that runs, or of its run before.
type wantedLog struct {
	check.Log
	previous bool
}

// troubled are the containers of a Pod that is not Ready which have run and
// are not ready themselves. Of one that starts again, it is the run before that
// says why.
func troubled(pod manifest.Object) []wantedLog {
	var p corev1.Pod
	convert(pod, &p)
	if p.Status.Phase == corev1.PodSucceeded {
		return nil
	}
	var logs []wantedLog
	for i, s := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
		isInit := i < len(p.Status.InitContainerStatuses)
		done := isInit && s.State.Terminated != nil && s.State.Terminated.ExitCode == 0
		hasRun := s.State.Running != nil || s.State.Terminated != nil || s.LastTerminationState.Terminated != nil
		if hasRun && !done && !s.Ready {
			starts := s.State.Running != nil && (s.Started == nil || !*s.Started)
			logs = append(logs, wantedLog{check.Log{Namespace: p.Namespace, Pod: p.Name, Container: s.Name}, starts && s.LastTerminationState.Terminated != nil})
		}
	}
	return logs
}

// convert reads the fields of o into the type of its kind.
func convert(o manifest.Object, into any) {
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(o.Fields, into)
}
