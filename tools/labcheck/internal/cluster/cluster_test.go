package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A fake answers kubectl by the first of its keys that a command line contains.
type fake struct {
	answers []answer
	lock    sync.Mutex
	ran     []string
}

type answer struct {
	contains, stdout, stderr string
	hangs                    bool // until it is stopped
}

func (f *fake) Run(ctx context.Context, c Command) error {
	f.lock.Lock()
	f.ran = append(f.ran, c.String())
	f.lock.Unlock()
	for _, a := range f.answers {
		if !strings.Contains(c.String(), a.contains) {
			continue
		}
		_, _ = io.WriteString(c.Stdout, a.stdout)
		_, _ = io.WriteString(c.Stderr, a.stderr)
		if a.hangs {
			<-ctx.Done()
			return ctx.Err()
		}
		if a.stderr != "" {
			return errors.New("exit status 1")
		}
		return nil
	}
	return fmt.Errorf("no answer for %s", c)
}

func (f *fake) commands(contains string) (found []string) {
	f.lock.Lock()
	defer f.lock.Unlock()
	for _, line := range f.ran {
		if strings.Contains(line, contains) {
			found = append(found, line)
		}
	}
	return found
}

const apiResources = `pods        po   v1      true   Pod
secrets          v1      true   Secret
events      ev   v1      true   Event
nodes       no   v1      false  Node
deployments deploy apps/v1 true Deployment
replicasets rs   apps/v1 true   ReplicaSet
`

var basics = []answer{{contains: "api-resources", stdout: apiResources}, {contains: "config view", stdout: ""}}

func object(apiVersion, kind, name string) manifest.Object {
	return objectOf(fields{"apiVersion": apiVersion, "kind": kind, "metadata": fields{"name": name, "namespace": "lab"}})
}

func patience(timeout time.Duration) Patience {
	return Patience{Timeout: timeout, Grace: 30 * time.Second, Steady: 10 * time.Second, Interval: 2 * time.Second, Progress: func(diagnosis.Diagnosis) {}}
}

const ready = `{"items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"lab","uid":"u","resourceVersion":"7"},
"status":{"phase":"Running","startTime":"2026-01-01T00:00:00Z","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}]}`

func TestObserveReturnsWhenAllIsCurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kubectl := &fake{answers: append(basics, answer{contains: "get ", stdout: ready})}
		start := time.Now()
		s, err := Observe(t.Context(), &Client{Runner: kubectl, Context: "kind"}, []manifest.Object{object("v1", "Pod", "web")}, patience(time.Minute))
		if took := time.Since(start); err != nil || took < 10*time.Second || took > 12*time.Second {
			t.Fatalf("%v after %v", err, time.Since(start))
		}
		saved, err := Encode(s)
		if err != nil {
			t.Fatal(err)
		}
		for _, differs := range []string{"2026-01-01", "resourceVersion", "uid"} {
			if strings.Contains(string(saved), differs) {
				t.Errorf("the Snapshot has %s, which differs in every run:\n%s", differs, saved)
			}
		}
		again, err := Decode(saved)
		if err != nil {
			t.Fatal(err)
		}
		if twice, _ := Encode(again); string(twice) != string(saved) {
			t.Errorf("loaded and saved again, it is\n%s\nnot\n%s", twice, saved)
		}
	})
}

// What is stuck is waited for as long as the grace, what is on its way until
// the deadline, and what is absent or current until it has been so for a while.
func TestObserveIsPatient(t *testing.T) {
	pod := func(status string) string {
		return `{"items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"lab"},"spec":{"nodeName":"n","containers":[{"name":"web","image":"i"}]},"status":` + status + `}]}`
	}
	for name, c := range map[string]struct {
		get  string
		want time.Duration
	}{
		"stuck":       {pod(`{"containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ImagePullBackOff"}}}]}`), 30 * time.Second},
		"progressing": {pod(`{"containerStatuses":[{"name":"web","state":{"waiting":{"reason":"ContainerCreating"}}}]}`), 2 * time.Minute},
		"absent":      {`{"items":[]}`, 10 * time.Second},
		"current":     {pod(`{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}`), 10 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			kubectl := &fake{answers: append(basics, answer{contains: "get ", stdout: c.get})}
			start := time.Now()
			_, err := Observe(t.Context(), &Client{Runner: kubectl}, []manifest.Object{object("v1", "Pod", "web")}, patience(2*time.Minute))
			if took := time.Since(start); err != nil || took < c.want || took > c.want+3*time.Second {
				t.Errorf("%s: %v after %v, want about %v", name, err, took, c.want)
			}
		})
	}
}

func TestUnreachableIsAnError(t *testing.T) {
	kubectl := &fake{answers: []answer{{contains: "", stderr: "E1125 memcache.go:265] x\nUnable to connect to the server: dial tcp 127.0.0.1:1: connect: connection refused\n"}}}
	_, err := Observe(t.Context(), &Client{Runner: kubectl, Context: "kind"}, nil, patience(time.Minute))
	if err == nil || !strings.HasSuffix(err.Error(), "Unable to connect to the server: dial tcp 127.0.0.1:1: connect: connection refused") {
		t.Errorf("got %v", err)
	}
	var failed *RunError
	if !errors.As(err, &failed) || failed.Command.String() != "kubectl --context kind api-resources --no-headers --request-timeout=20s" {
		t.Errorf("the command is not shown: %+v", failed)
	}
}

// What may not be read is a Miss with the server's reason, and is not asked again.
func TestForbiddenIsAMiss(t *testing.T) {
	const nodes = `Error from server (Forbidden): nodes is forbidden: User "u" cannot list resource "nodes" in API group "" at the cluster scope` + "\n"
	const secrets = `Error from server (Forbidden): secrets is forbidden: User "u" cannot list resource "secrets" in API group "" in the namespace "lab"` + "\n"
	kubectl := &fake{answers: append(basics, answer{contains: "get nodes", stdout: `{"items":[]}`, stderr: nodes}, answer{contains: "get secrets", stderr: secrets}, answer{contains: "get ", stdout: ready})}
	r, err := newReader(t.Context(), &Client{Runner: kubectl}, []manifest.Object{object("v1", "Pod", "web"), object("v1", "Secret", "login")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s, err := r.read(t.Context())
		if err != nil || s.Missed("nodes") == "" || !strings.Contains(s.Missed("secrets"), "cannot list") || len(s.Objects) != 1 {
			t.Errorf("%v %+v", err, s)
		}
	}
	if asked := kubectl.commands("get nodes"); len(asked) != 1 {
		t.Errorf("nodes were asked for %d times", len(asked))
	}
	if asked := kubectl.commands("get secrets"); len(asked) != 1 {
		t.Errorf("Secrets were asked for %d times", len(asked))
	}
}

// Secrets are asked for with a template that prints keys only, and never with
// the rest.
func TestNoValueOfASecretIsAskedFor(t *testing.T) {
	kubectl := &fake{answers: append(basics, answer{contains: "get secrets", stdout: "login\tOpaque\tapp=web\t:password\t:user\n"}, answer{contains: "get ", stdout: `{"items":[]}`})}
	r, err := newReader(t.Context(), &Client{Runner: kubectl}, []manifest.Object{object("v1", "Secret", "login")})
	if err != nil {
		t.Fatal(err)
	}
	s, err := r.read(t.Context())
	if err != nil || len(s.Objects) != 1 {
		t.Fatalf("%v %+v", err, s)
	}
	if value, ok := s.Objects[0].Field("data", "password"); !ok || value != nil || s.Objects[0].Text("metadata", "labels", "app") != "web" {
		t.Errorf("got %v", s.Objects[0].Fields)
	}
	for _, line := range kubectl.commands("secrets") {
		if !strings.Contains(line, "get secrets '--output=go-template=") || strings.Contains(line, "{{$value}}{{end}}{{range $key") && strings.Contains(secretsTemplate[strings.Index(secretsTemplate, ".data"):], "$value}}{{end") {
			t.Errorf("this may print values: %s", line)
		}
	}
}

func job(name string) manifest.Object {
	o := object("batch/v1", "Job", name)
	o.Fields["spec"] = fields{"template": fields{"spec": fields{}}}
	return o
}

const jobEnded = `{"items":[
{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"probe-RUN","namespace":"lab"},"status":{"conditions":[{"type":"TYPE","status":"True","message":"m"}]}},
{"kind":"Pod","apiVersion":"v1","metadata":{"name":"probe-RUN-abcde","namespace":"lab","labels":{"job-name":"probe-RUN"}},
"status":{"containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":1,"message":"COMPLAINT"}}}]}},
{"kind":"Pod","apiVersion":"v1","metadata":{"name":"probe-RUN-fghij","namespace":"lab","labels":{"job-name":"probe-RUN"}},
"status":{"containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":0,"message":"PROOF"}}}]}}]}`

// A runs answers a get with the name of the run that the create before it had.
type runs struct {
	fake
	ended string
	run   string
}

func (r *runs) Run(ctx context.Context, c Command) error {
	if strings.Contains(c.String(), " create ") {
		_, after, _ := strings.Cut(c.Stdin, `"`+runLabel+`":"`)
		r.run, _, _ = strings.Cut(after, `"`)
	}
	if strings.Contains(c.String(), "get jobs,pods") && r.ended != "" {
		_, err := io.WriteString(c.Stdout, strings.ReplaceAll(r.ended, "RUN", r.run))
		return err
	}
	return r.fake.Run(ctx, c)
}

func TestTrySaysHowEachJobEnded(t *testing.T) {
	for _, c := range []struct {
		condition, complaint, proof string
		want                        check.Trial
	}{
		{"Complete", "", "working\\nall three answer", check.Trial{Passed: true, Says: "all three answer"}},
		{"Complete", "not yet", "all three answer", check.Trial{Passed: true, Says: "all three answer"}},
		{"Failed", "probe-RUN-abcde got no answer", "", check.Trial{Says: "probe got no answer"}},
		{"Failed", "one does not answer", "all answer", check.Trial{Says: "one does not answer"}},
		{"Failed", "", "", check.Trial{Says: "it did not come to an end: m"}},
	} {
		kubectl := &runs{ended: strings.NewReplacer("TYPE", c.condition, "COMPLAINT", c.complaint, "PROOF", c.proof).Replace(jobEnded), fake: fake{answers: []answer{{contains: "create"}, {contains: "delete"}}}}
		trials, err := Try(t.Context(), &Client{Runner: kubectl}, Trying{Objects: []manifest.Object{job("probe")}, Timeout: time.Minute, Interval: time.Second, Progress: func(int, int) {}})
		c.want.Job = job("probe").Ref
		if err != nil || len(trials) != 1 || trials[0] != c.want {
			t.Errorf("%v: got %+v, want %+v", err, trials, c.want)
		}
		if deleted := kubectl.commands("delete"); len(deleted) != 1 || !strings.Contains(deleted[0], "--selector=labcheck/run="+kubectl.run) {
			t.Errorf("deleted by %v", deleted)
		}
	}
}

// Ctrl-C while a Job runs: it is deleted all the same.
func TestTryDeletesWhenInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kubectl := &runs{fake: fake{answers: []answer{{contains: "create"}, {contains: "delete"}, {contains: "get jobs,pods", stdout: `{"items":[]}`}}}}
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, interrupt)
		_, err := Try(ctx, &Client{Runner: kubectl}, Trying{Objects: []manifest.Object{job("probe")}, Timeout: time.Hour, Interval: time.Second, Progress: func(int, int) {}})
		if !errors.Is(err, context.Canceled) || len(kubectl.commands("delete")) != 1 {
			t.Errorf("%v; deleted by %v", err, kubectl.commands("delete"))
		}
	})
}

func TestKeepLeavesOutWhatIsNotOfTheOverlay(t *testing.T) {
	owned := func(o manifest.Object, kind, name string) manifest.Object {
		o.Fields["metadata"].(fields)["ownerReferences"] = []any{fields{"apiVersion": "apps/v1", "kind": kind, "name": name}}
		return o
	}
	set := owned(object("apps/v1", "ReplicaSet", "web-1"), "Deployment", "web")
	set.Fields["spec"] = fields{"replicas": int64(1)}
	old := owned(object("apps/v1", "ReplicaSet", "web-0"), "Deployment", "web")
	old.Fields["spec"] = fields{"replicas": int64(0)}
	items := []fields{
		owned(object("v1", "Pod", "web-1-a"), "ReplicaSet", "web-1").Fields, set.Fields, old.Fields,
		object("apps/v1", "Deployment", "web").Fields, object("apps/v1", "Deployment", "other").Fields, object("v1", "Pod", "other-1").Fields,
	}
	s := keep(items, []manifest.Object{object("apps/v1", "Deployment", "web")}, "default")
	var kept []string
	for _, o := range s.Objects {
		kept = append(kept, o.Name)
	}
	if want := []string{"web", "web-1-a", "web-1"}; !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
}

func TestReadAnswers(t *testing.T) {
	calls := []call{{http: true}, {http: true}, {}, {}}
	got := readAnswers(calls, "ok 200 615 0123456789abcdef\nno status 503\nok 0 0 -\n")
	want := []check.Answer{
		{Status: 200, Bytes: 615, Digest: "0123456789abcdef"}, {Failure: "status 503"}, {}, {Failure: "no answer"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}
