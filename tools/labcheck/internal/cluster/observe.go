package cluster

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Patience says how long to wait for objects to become current.
type Patience struct {
	Timeout  time.Duration // for all of them together
	Grace    time.Duration // what is stuck for the same reason for so long stays stuck
	Steady   time.Duration // what is current for so long stays current: a container that ends at once has ended by then
	Interval time.Duration // between two looks
	// Progress is told what every look has shown.
	Progress func(diagnosis.Diagnosis)
}

// Observe looks at the declared objects until all are current, or are stuck,
// or the patience is over, and returns what it saw last. That something is not
// current then is for the rules to find. An error means that the cluster could
// not be asked.
func Observe(ctx context.Context, client *Client, declared []manifest.Object, p Patience) (*check.Snapshot, error) {
	r, err := newReader(ctx, client, declared)
	if err != nil {
		return nil, err
	}
	var seen *check.Snapshot
	stuck := stopwatch{grace: p.Grace, steady: p.Steady}
	for deadline := time.Now().Add(p.Timeout); ; {
		s, err := r.read(ctx)
		switch {
		case err == nil:
			d := diagnosis.Of(declared, s)
			p.Progress(d)
			seen = s
			if stuck.settled(d, time.Now()) {
				return seen, readLogs(ctx, client, seen)
			}
		case seen == nil || time.Now().After(deadline):
			return nil, err
		}
		if time.Now().After(deadline) {
			return seen, readLogs(ctx, client, seen)
		}
		if !pause(ctx, p.Interval) {
			return nil, ctx.Err()
		}
	}
}

// pause waits, and reports whether ctx is not done.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// A stopwatch measures for how long nothing but the same causes has been seen.
type stopwatch struct {
	grace, steady time.Duration
	causes        string
	since         time.Time
}

// settled reports whether to wait longer than now changes nothing in d.
func (w *stopwatch) settled(d diagnosis.Diagnosis, now time.Time) bool {
	var causes strings.Builder
	enough := w.steady
	for _, c := range d.Causes {
		fmt.Fprintln(&causes, c.Kind, c.Object.Ref, c.Path, c.Message)
		if c.Kind != diagnosis.Absent {
			enough = w.grace
		}
	}
	if w.since.IsZero() || !d.Settled() || causes.String() != w.causes {
		w.causes, w.since = causes.String(), now
	}
	return d.Settled() && now.Sub(w.since) >= enough
}
