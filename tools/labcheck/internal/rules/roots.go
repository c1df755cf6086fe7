package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drift"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// What is wrong in a cluster has one root: a field that is not as the
// repository says it, or else a cause that the diagnosis has found. A cause
// at a field that has drifted follows from the drift, and a promise that is
// broken at a field is no other mistake than the drift or cause there.

// A roots is what is wrong in the cluster, and not because of anything else.
type roots struct {
	diagnosis.Diagnosis
	causes   []*diagnosis.Cause // that no drift explains
	drifts   []difference
	compared int                 // fields
	promises apiserver.Judgement // of what is there
	broken   []apiserver.Violation
	unjudged error // why promises could not be judged
}

// A difference is a drift, and what follows from it.
type difference struct {
	object manifest.Object
	drift.Difference
	explains []string
}

type rootsKey struct{}

// findRoots finds once for all live rules what is wrong in the cluster.
func findRoots(p *check.Pass) *roots {
	return check.Memo(p, rootsKey{}, func() *roots {
		r := &roots{Diagnosis: diagnosis.Of(p.Objects, p.Live)}
		for _, o := range p.Objects {
			live, ok := p.Live.Find(o.Ref)
			if !ok {
				continue
			}
			differences, compared := drift.Of(o, live)
			r.compared += compared
			for _, d := range differences {
				r.drifts = append(r.drifts, difference{object: o, Difference: d})
			}
		}
		for _, c := range r.Causes {
			if !r.explained(c.Object.Ref, c.Path, c.Message) {
				r.causes = append(r.causes, c)
			}
		}
		r.promises, r.unjudged = apiserver.JudgePolicies(asTheyAre(p), definitions(p))
		for _, v := range r.promises.Violations {
			if !r.explained(v.Object.Ref, v.Path, v.Message) && !r.blamed(v) {
				r.broken = append(r.broken, v)
			}
		}
		return r
	})
}

// asTheyAre are the objects of the overlay with the fields that they have in
// the cluster.
func asTheyAre(p *check.Pass) []manifest.Object {
	var objects []manifest.Object
	for _, o := range p.Objects {
		if live, ok := p.Live.Find(o.Ref); ok {
			o.Fields = live.Fields
			objects = append(objects, o)
		}
	}
	return objects
}

// explained reports whether something wrong at path of an object follows from
// a drift there, and notes it with that.
func (r *roots) explained(object manifest.Ref, path manifest.Path, message string) bool {
	for i, d := range r.drifts {
		if d.object.Ref == object && meet(d.Path, path) {
			r.drifts[i].explains = append(d.explains, message)
			return true
		}
	}
	return false
}

// blamed reports whether a promise is broken at the field of a cause, and
// notes it there.
func (r *roots) blamed(v apiserver.Violation) bool {
	for _, c := range r.causes {
		if c.Object.Ref == v.Object.Ref && meet(c.Path, v.Path) {
			c.Observed = append(c.Observed, fmt.Sprintf("it breaks the promise %s: %s", v.Policy.Name, v.Message))
			return true
		}
	}
	return false
}

// meet reports whether one of two fields is in the other.
func meet(a, b manifest.Path) bool {
	n := min(len(a), len(b))
	return n > 0 && slices.Equal(a[:n], b[:n])
}
