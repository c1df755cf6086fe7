// Package diagnosis says of every object of an overlay how far it is in a
// cluster and, where it does not get further, why: the cause, not what follows
// from it. It reads a Snapshot and does no I/O.
//
// What an object waits for is a chain. Each link leads to the cause of the one
// before, and only the last link is a Cause:
//
//	Service → the Pods it selects → the workload that should make them
//	workload → its Pods; a StatefulSet in order → its first Pod that is not Ready
//	Pod → its node; its claims; its containers, in the order in which they start
//
// A Cause knows which objects follow from it, so that one mistake is one
// finding.
package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A State is how far an object is.
type State int

const (
	Current     State = iota // it does what was asked of it
	Progressing              // it is on its way
	Stuck                    // it does not get further by itself
	Unknown                  // it could not be read
)

// A Kind says of what sort a Cause is.
type Kind int

const (
	Absent     Kind = iota // the object is not in the cluster
	Node                   // a node does not work
	Creation               // a Pod may not be created: quota, Pod Security, an admission webhook
	Scheduling             // no node takes a Pod
	Claim                  // a claim is not bound, or not at its size
	Image                  // an image cannot be pulled
	Start                  // a container cannot be started: something it refers to is missing
	Exit                   // a container ends, again and again
	Init                   // an init container does not end
	Probe                  // a probe of a container fails
	Endpoints              // a Service leads to nothing
	Address                // a load balancer gives no address
	Answer                 // a Service with Ready Pods does not answer
	Rollout                // anything else
)

// A Cause is why objects of the overlay are not current.
type Cause struct {
	Kind     Kind
	Object   manifest.Object // of the overlay: where to put it right; without Source where no file can
	Path     manifest.Path   // the field that decides
	Message  string          // what is wrong: no capital, no full stop
	Seen     []manifest.Ref  // the live objects that show it
	Observed []string        // what the cluster said
	Follows  []manifest.Ref  // the objects of the overlay that wait for it
}

// An Account says how far one object of the overlay is.
type Account struct {
	Object manifest.Object
	State  State
	Says   string // a few words, such as 2 of 3 Pods are ready
	Causes []*Cause
}

// A Diagnosis is the state of an overlay in a cluster.
type Diagnosis struct {
	Accounts []Account // of every object, in the order of the overlay
	Claims   []Account // of the claims that StatefulSets have made
	Causes   []*Cause  // each once
}

// Settled reports whether waiting changes nothing.
func (d Diagnosis) Settled() bool {
	return !slices.ContainsFunc(slices.Concat(d.Accounts, d.Claims), func(a Account) bool { return a.State == Progressing })
}

// Of diagnoses the declared objects of an overlay.
func Of(declared []manifest.Object, s *check.Snapshot) Diagnosis {
	v := newView(declared, s)
	var d Diagnosis
	for _, o := range declared {
		d.Accounts = append(d.Accounts, d.account(o, v.account(o)))
	}
	for _, o := range declared {
		if live, ok := s.Find(o.Ref); ok && o.Group() == "" && o.Kind == "Service" {
			for _, c := range v.unanswered(o, live) {
				d.add(c)
			}
		}
	}
	for _, k := range v.order {
		if _, ok := v.declared[k]; !ok && k.kind == "PersistentVolumeClaim" {
			d.Claims = append(d.Claims, d.account(v.live[k], v.claim(v.live[k])))
		}
	}
	return d
}

// account is what was found of an object, with the causes of d.
func (d *Diagnosis) account(o manifest.Object, f found) Account {
	a := Account{Object: o, State: f.state, Says: f.says}
	for _, c := range f.causes {
		known := d.add(c)
		if !slices.Contains(a.Causes, known) {
			a.Causes = append(a.Causes, known)
		}
		if o.Source != nil && o.Ref != known.Object.Ref && !slices.Contains(known.Follows, o.Ref) {
			known.Follows = append(known.Follows, o.Ref)
		}
	}
	return a
}

// add returns the cause of the diagnosis that c is. Two Pods that fail for the
// same reason have one cause.
func (d *Diagnosis) add(c *Cause) *Cause {
	for _, known := range d.Causes {
		if known.Kind == c.Kind && known.Object.Ref == c.Object.Ref && known.Path.String() == c.Path.String() && known.Message == c.Message {
			for _, ref := range c.Seen {
				if !slices.Contains(known.Seen, ref) {
					known.Seen = append(known.Seen, ref)
				}
			}
			return known
		}
	}
	d.Causes = append(d.Causes, c)
	return c
}

// found is what is known of one live object.
type found struct {
	state  State
	says   string
	causes []*Cause
}

func current(format string, args ...any) found {
	return found{state: Current, says: fmt.Sprintf(format, args...)}
}

func progressing(causes []*Cause, format string, args ...any) found {
	return found{state: Progressing, says: fmt.Sprintf(format, args...), causes: causes}
}

func stuck(c *Cause) found { return found{state: Stuck, says: c.Message, causes: []*Cause{c}} }

// account says how far a declared object is.
func (v *view) account(o manifest.Object) found {
	if v.isMissed(o.Ref) {
		return found{state: Unknown, says: "could not be read: " + v.snapshot.Missed(plural(o.Kind))}
	}
	live, ok := v.snapshot.Find(o.Ref)
	if !ok {
		return stuck(&Cause{Kind: Absent, Object: o, Message: fmt.Sprintf("%s is not in the cluster", o.Ref)})
	}
	judge := v.byStatus
	switch o.Group() + "/" + o.Kind {
	case "apps/Deployment":
		judge = v.deployment
	case "apps/StatefulSet":
		judge = v.statefulSet
	case "apps/DaemonSet":
		judge = v.daemonSet
	case "batch/Job":
		judge = v.job
	case "/Pod":
		judge = v.podAccount
	case "/Service":
		judge = v.service
	case "/PersistentVolumeClaim":
		judge = v.claimAccount
	}
	f := judge(o, live)
	if f.state != Current && len(f.causes) == 0 {
		f.causes = []*Cause{{Kind: Rollout, Object: o, Message: "is not what was asked for: " + f.says, Seen: []manifest.Ref{live.Ref}}}
	}
	return f
}

// byStatus judges a kind that nothing else is known of: by its generation and
// its conditions, as controllers are asked to write them.
func (v *view) byStatus(o, live manifest.Object) found {
	generation, _ := live.Field("metadata", "generation")
	if observed, ok := live.Field("status", "observedGeneration"); ok && observed != generation {
		return progressing(nil, "its controller has not seen the change yet")
	}
	conditions, _ := live.Field("status", "conditions")
	list, _ := conditions.([]any)
	for _, condition := range list {
		c := manifest.Object{Fields: condition.(map[string]any)}
		says := strings.TrimSpace(c.Text("reason") + " " + c.Text("message"))
		switch {
		case c.Text("type") == "Stalled" && c.Text("status") == "True":
			return stuck(&Cause{Kind: Rollout, Object: o, Message: "is stalled: " + says, Seen: []manifest.Ref{live.Ref}})
		case c.Text("type") == "Ready" && c.Text("status") != "True":
			return progressing(nil, "is not Ready: %s", says)
		}
	}
	return current("there")
}
