package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cluster"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/report"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// How long a state must last, and how often it is looked at.
const (
	grace    = 30 * time.Second
	steady   = 10 * time.Second
	interval = 2 * time.Second
)

// A verification is the command line of verify.
type verification struct {
	ctx                 context.Context // ends with Ctrl-C
	world               World
	output              string
	context, kubeconfig string
	timeout             time.Duration
	probes              string
	save, from          string
	verbose             bool
}

// runVerify judges a cluster by one overlay.
func runVerify(args []string, w World) (int, error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	v := verification{ctx: ctx, world: w}
	flags := pflag.NewFlagSet("verify", pflag.ContinueOnError)
	flags.StringVar(&v.context, "context", "", "kubectl `context` of the cluster (default: what the overlay's annotation "+contextAnnotation+" says)")
	flags.StringVar(&v.kubeconfig, "kubeconfig", "", "kubeconfig `file`, as for kubectl")
	flags.DurationVar(&v.timeout, "timeout", 5*time.Minute, "how `long` to wait until everything is there")
	flags.StringVar(&v.probes, "probes", "", "build the probe Jobs from `dir` and run them, or false (default: "+defaultProbes+", if there is one)")
	flags.StringVar(&v.save, "save", "", "write what the cluster showed to `file`")
	flags.StringVar(&v.from, "from", "", "judge what an earlier run has saved to `file`, without a cluster")
	flags.StringVarP(&v.output, "output", "o", "text", "`format` of the report: text or json")
	flags.BoolVarP(&v.verbose, "verbose", "v", false, "show every kubectl command")
	root := flags.String("root", "", "repository root `dir`; nothing outside is read (default: the git top level)")
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	if err := oneOf("--output", v.output, "text", "json"); err != nil {
		return 0, err
	}
	t, err := findOverlay("verify", w.Dir, *root, flags.Args())
	if err != nil {
		return 0, err
	}
	subject := build(t, check.Subject{Versions: schema.Versions})[0]
	if subject.Built() {
		if err := v.buildProbes(t, subject); err != nil {
			return 0, err
		}
		if err := v.look(subject); err != nil {
			return 0, err
		}
	}
	return v.report(subject)
}

// look sets what the cluster shows of the subject, or why it could not be asked.
func (v *verification) look(subject *check.Subject) error {
	if v.from != "" {
		data, err := os.ReadFile(absolute(v.world.Dir, v.from))
		if err != nil {
			return usagef("--from: %v", unreadable(err))
		}
		if subject.Live, err = cluster.Decode(data); err != nil {
			return usagef("--from %s: %v", v.from, err)
		}
		return nil
	}
	client := &cluster.Client{Runner: cluster.Kubectl{}, Kubeconfig: v.kubeconfig, Trace: v.trace()}
	if err := v.chooseContext(client, subject); err != nil {
		return err
	}
	subject.Live, subject.LiveErr = cluster.Observe(v.ctx, client, subject.Objects, cluster.Patience{
		Timeout: v.timeout, Grace: grace, Steady: steady, Interval: interval, Progress: v.progress(),
	})
	if subject.LiveErr == nil {
		v.prove(client, subject)
	}
	if v.ctx.Err() != nil {
		return errors.New("interrupted: nothing of labcheck is left in the cluster")
	}
	var failed *cluster.RunError
	if errors.As(subject.LiveErr, &failed) && !v.verbose {
		fmt.Fprintf(v.world.Stderr, "$ %s\n%s\n", failed.Command, strings.TrimSpace(failed.Output))
	}
	if subject.LiveErr != nil || v.save == "" {
		return nil
	}
	data, err := cluster.Encode(subject.Live)
	if err != nil {
		return err
	}
	return os.WriteFile(absolute(v.world.Dir, v.save), data, 0o644)
}

// prove asks at the Services from outside and, where everything is as it
// should be, runs the probe Jobs. Both wait for others most of the time.
func (v *verification) prove(client *cluster.Client, subject *check.Subject) {
	s := subject.Live
	var trials []check.Trial
	var untried error
	var wait sync.WaitGroup
	if open := unsettled(diagnosis.Of(subject.Objects, s)); open != "" {
		untried = errors.New(open)
	} else {
		wait.Go(func() {
			trials, untried = cluster.Try(v.ctx, client, cluster.Trying{
				Objects: subject.Probes, Namespace: soleNamespace(subject.Objects), Timeout: v.timeout, Interval: interval,
				Progress: func(done, all int) { fmt.Fprintf(v.world.Stderr, "probes: %d of %d have ended\n", done, all) },
			})
		})
	}
	answers, misses := cluster.Knock(v.ctx, client, subject.Objects, s)
	wait.Wait()
	s.Answers, s.Trials, s.Misses = answers, trials, append(s.Misses, misses...)
	if untried != nil && len(subject.Probes) > 0 {
		s.Misses = append(s.Misses, check.Miss{Resource: "probes", Reason: untried.Error()})
	}
}

// unsettled names an object that is not as it should be, or is "".
func unsettled(d diagnosis.Diagnosis) string {
	for _, a := range d.Accounts {
		if a.State == diagnosis.Progressing || a.State == diagnosis.Stuck {
			return fmt.Sprintf("%s is not as it should be", a.Object.Ref)
		}
	}
	return ""
}

// soleNamespace is the namespace of all objects that have one, or "".
func soleNamespace(objects []manifest.Object) string {
	var all []string
	for _, o := range objects {
		if o.Namespace != "" && !slices.Contains(all, o.Namespace) {
			all = append(all, o.Namespace)
		}
	}
	if len(all) != 1 {
		return ""
	}
	return all[0]
}

const contextAnnotation = "labcheck/context"

// chooseContext names the context to use: never the current one by accident.
func (v *verification) chooseContext(client *cluster.Client, subject *check.Subject) error {
	client.Context = v.context
	if client.Context == "" {
		client.Context = ownContext(subject)
	}
	known, err := client.Contexts(v.ctx)
	switch {
	case err != nil:
		return err
	case client.Context == "":
		return usagef("say which cluster with --context, or in the annotation %s of %s/kustomization.yaml: %s", contextAnnotation, subject.Overlay, listContexts(known))
	case !slices.Contains(known, client.Context):
		return fmt.Errorf("there is no context %q: %s", client.Context, listContexts(known))
	}
	return nil
}

func listContexts(known []string) string {
	if len(known) == 0 {
		return "kubectl knows no context"
	}
	return "kubectl knows " + strings.Join(known, ", ")
}

// ownContext is the context that the overlay itself names, or "".
func ownContext(subject *check.Subject) string {
	for _, a := range subject.Annotations {
		if "labcheck/"+a.Name == contextAnnotation && a.Dir == subject.Overlay {
			return a.Value
		}
	}
	return ""
}

// trace shows commands on stderr: all with -v, else those that failed.
func (v *verification) trace() func(cluster.Command, *cluster.RunError) {
	var lock sync.Mutex
	return func(c cluster.Command, failed *cluster.RunError) {
		lock.Lock()
		defer lock.Unlock()
		if v.verbose {
			fmt.Fprintf(v.world.Stderr, "$ %s\n", c)
		}
		if v.verbose && failed != nil {
			fmt.Fprintln(v.world.Stderr, strings.TrimSpace(failed.Output))
		}
	}
}

func (v *verification) report(subject *check.Subject) (int, error) {
	subjects := []*check.Subject{subject}
	result := check.Run(rules.All, subjects, check.Some)
	if err := report.Skips(v.world.Stderr, result); err != nil {
		return 0, err
	}
	var err error
	if v.output == "json" {
		err = report.JSON(v.world.Stdout, result)
	} else {
		err = report.Text(v.world.Stdout, result, v.world.Colour)
	}
	return exitCode(result, subjects), err
}
