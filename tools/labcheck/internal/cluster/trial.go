package cluster

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// runLabel is on everything that labcheck creates, with the id of the run.
const runLabel = "labcheck/run"

// cleanUpTime is how long may be spent on deleting what was created.
const cleanUpTime = 90 * time.Second

// newRun is an id that no other run has.
func newRun() string { return strings.ToLower(rand.Text()[:8]) }

// A Trying runs probe Jobs: objects of a build, of which the Jobs are waited
// for, and the others are there for them.
type Trying struct {
	Objects   []manifest.Object
	Namespace string // to run in, "" for the one that each object names
	Timeout   time.Duration
	Interval  time.Duration
	Progress  func(done, all int)
}

// Try runs the Jobs, and says how each has ended. Whatever was created is
// deleted before Try returns, also when ctx is done. Jobs are renamed, so that
// two runs do not meet; an object that is there already is used and left
// there. An error says why the Jobs could not be run.
func Try(ctx context.Context, client *Client, t Trying) ([]check.Trial, error) {
	run := newRun()
	objects, kinds := t.rename(run)
	if len(objects) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		return nil, err
	}
	defer removeRun(ctx, client, run, kinds, t.namespaces())
	_, err = client.run(ctx, string(list), "create", "--filename=-", requestTimeout)
	var refused *RunError
	if errors.As(err, &refused) && !onlyExists(refused.Output) {
		return nil, err
	}
	return t.wait(ctx, client, run)
}

// onlyExists reports whether all that kubectl create says is that objects are there.
func onlyExists(output string) bool {
	for line := range strings.Lines(output) {
		if strings.HasPrefix(line, "Error") && !strings.HasPrefix(line, "Error from server (AlreadyExists)") {
			return false
		}
	}
	return true
}

// rename makes copies of the objects for a run, and says of which kinds they are.
func (t Trying) rename(run string) (objects []fields, kinds []string) {
	for _, o := range t.Objects {
		content := clone(o.Fields)
		metadata := child(content, "metadata")
		child(metadata, "labels")[runLabel] = run
		if t.Namespace != "" && o.Namespace != "" {
			metadata["namespace"] = t.Namespace
		}
		if isJob(o) {
			metadata["name"] = jobName(o.Name, run)
			spec := child(content, "spec")
			child(child(child(spec, "template"), "metadata"), "labels")[runLabel] = run
			if spec["ttlSecondsAfterFinished"] == nil {
				spec["ttlSecondsAfterFinished"] = 600 // even if labcheck is killed
			}
		}
		objects = append(objects, content)
		kind := strings.ToLower(o.Kind)
		if group := o.Group(); group != "" {
			kind += "." + strings.TrimPrefix(o.APIVersion, group+"/") + "." + group
		}
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return objects, slices.Compact(kinds)
}

func isJob(o manifest.Object) bool { return o.Kind == "Job" && o.Group() == "batch" }

// jobName is a name for a Job in a run; the name of a Job is a label too.
func jobName(name, run string) string {
	return name[:min(len(name), 63-len(run)-1)] + "-" + run
}

func clone(value fields) fields {
	copied := make(fields, len(value))
	for key, inner := range value {
		copied[key] = cloneValue(inner)
	}
	return copied
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case fields:
		return clone(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = cloneValue(v[i])
		}
		return list
	}
	return value
}

// child is the mapping at key, made where it is missing.
func child(of fields, key string) fields {
	inner, ok := of[key].(fields)
	if !ok {
		inner = fields{}
		of[key] = inner
	}
	return inner
}

// namespaces are those in which the objects are created.
func (t Trying) namespaces() []string {
	var all []string
	for _, o := range t.Objects {
		if o.Namespace != "" {
			all = append(all, cmp.Or(t.Namespace, o.Namespace))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// removeRun deletes what a run has created, and does not stop because ctx is done.
func removeRun(ctx context.Context, client *Client, run string, kinds, namespaces []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	for _, namespace := range namespaces {
		// A second Ctrl-C reaches kubectl too, hence more than one try.
		for range 3 {
			if _, err := client.run(ctx, "", "--namespace", namespace, "delete", strings.Join(kinds, ","),
				"--selector="+runLabel+"="+run, "--cascade=foreground", "--ignore-not-found"); err == nil {
				break
			}
		}
	}
}

// wait waits until all Jobs of a run have ended, and says how.
func (t Trying) wait(ctx context.Context, client *Client, run string) ([]check.Trial, error) {
	for deadline := time.Now().Add(t.Timeout); ; {
		states := map[string]*trialState{}
		for _, namespace := range t.namespaces() {
			out, err := client.run(ctx, "", "--namespace", namespace, "get", "jobs,pods", "--selector="+runLabel+"="+run, "--output=json", requestTimeout)
			if err != nil {
				return nil, err
			}
			items, err := decodeList(out)
			if err != nil {
				return nil, err
			}
			readStates(items, states)
		}
		trials, done := t.trials(states, run)
		t.Progress(done, len(trials))
		if done == len(trials) || time.Now().After(deadline) {
			return trials, nil
		}
		if !pause(ctx, t.Interval) {
			return nil, ctx.Err()
		}
	}
}

// A trialState is what is known of a Job and its Pods.
type trialState struct {
	passed, failed   bool
	proof, complaint string // the last sentence of a container that ended well, and of one that did not
	waits            string // why the Pod does not run
}

func readStates(items []fields, states map[string]*trialState) {
	state := func(job string) *trialState {
		if states[job] == nil {
			states[job] = &trialState{}
		}
		return states[job]
	}
	for _, item := range items {
		switch o := objectOf(item); o.Kind {
		case "Job":
			var job batchv1.Job
			convert(o, &job)
			for _, c := range job.Status.Conditions {
				on := c.Status == corev1.ConditionTrue
				state(o.Name).passed = state(o.Name).passed || on && c.Type == batchv1.JobComplete
				if on && c.Type == batchv1.JobFailed {
					state(o.Name).failed, state(o.Name).waits = true, c.Message
				}
			}
		case "Pod":
			var pod corev1.Pod
			convert(o, &pod)
			readPod(pod, state(pod.Labels["job-name"]))
		}
	}
}

// readPod takes the sentences of the containers that have ended.
func readPod(pod corev1.Pod, state *trialState) {
	for _, s := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if ended := s.State.Terminated; ended != nil && ended.Message != "" {
			lines := strings.Split(strings.TrimSpace(ended.Message), "\n")
			sentence := &state.complaint
			if ended.ExitCode == 0 {
				sentence = &state.proof
			}
			*sentence = lines[len(lines)-1]
		}
		if waiting := s.State.Waiting; waiting != nil {
			state.waits = strings.TrimSpace(waiting.Reason + " " + waiting.Message)
		}
	}
}

// trials are how the Jobs have ended, in their order, and how many have.
func (t Trying) trials(states map[string]*trialState, run string) (trials []check.Trial, done int) {
	for _, o := range t.Objects {
		if !isJob(o) {
			continue
		}
		state := states[jobName(o.Name, run)]
		if state == nil {
			state = &trialState{waits: "its Pod was not created"}
		}
		trial := check.Trial{Job: o.Ref, Passed: state.passed, Says: withoutRun(state.complaint, run)}
		if state.passed {
			trial.Says = withoutRun(state.proof, run) // of a Pod that was made again, perhaps
		}
		if state.passed || state.failed {
			done++
		}
		if trial.Says == "" && !trial.Passed {
			trial.Says = "it did not come to an end: " + cmp.Or(withoutRun(state.waits, run), "it was still running")
		}
		trials = append(trials, trial)
	}
	return trials, done
}

// withoutRun is a text without what differs between two runs: the name of the
// run, and what the cluster adds for the Pod of a Job.
func withoutRun(text, run string) string {
	return regexp.MustCompile(fmt.Sprintf(`-%s(-[a-z0-9]{5})?`, run)).ReplaceAllString(text, "")
}
