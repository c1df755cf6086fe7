package overlay

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/dead"
)

// inEveryUse is what is dead in the component in dir: what changes nothing in
// any kustomization that uses it. b is an overlay with such a use.
func (r *Repository) inEveryUse(dir string, b *Built) dead.Found {
	var found *dead.Found
	for _, kust := range b.plan.Kusts {
		if kust.Component {
			continue
		}
		if here, ok := r.judged(kust.Dir, b)[dir]; ok {
			found = both(found, here)
		}
	}
	if found == nil {
		return dead.Found{}
	}
	if len(found.Idle)+len(found.Unmatched)+len(found.Beside) == 0 {
		return *found
	}
	overlays, err := r.overlays()
	if err != nil {
		return dead.Found{Unknown: []string{err.Error()}}
	}
	for _, overlay := range overlays {
		other, err := r.Build(overlay)
		if err != nil || len(other.Problems) > 0 || other.plan.In(dir) == nil {
			continue
		}
		for _, kust := range other.plan.Kusts {
			if kust.Component && kust != other.plan.Kusts[0] {
				continue
			}
			if there, ok := r.judged(kust.Dir, other)[dir]; ok {
				found = both(found, there)
			}
		}
	}
	return *found
}

// both is what is dead in both of two uses; a is nil where there was none yet.
func both(a *dead.Found, b dead.Found) *dead.Found {
	if a == nil {
		return &b
	}
	return &dead.Found{
		Idle: common(a.Idle, b.Idle), Unmatched: common(a.Unmatched, b.Unmatched), Beside: common(a.Beside, b.Beside),
		Unknown: append(slices.Clone(a.Unknown), b.Unknown...),
	}
}

func common(a, b []manifest.Problem) []manifest.Problem {
	return slices.DeleteFunc(slices.Clone(a), func(x manifest.Problem) bool {
		return !slices.ContainsFunc(b, func(y manifest.Problem) bool { return x.Pos == y.Pos })
	})
}
