package overlay

import (
	"fmt"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/dead"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// Remarks finds out what there is to say about the text of the kustomizations
// that b was built from. It asks for builds of their own where there is
// something to find out.
func (b *Built) Remarks() manifest.Remarks {
	remarks := manifest.Remarks{Deprecated: b.plan.Deprecated, Bare: bare(b.plan)}
	if len(b.Problems) > 0 || len(b.Objects) == 0 {
		return remarks // what was taken out of them cannot be judged, and what acts on nothing yet may wait for something
	}
	add := func(found dead.Found) {
		remarks.Idle = append(remarks.Idle, found.Idle...)
		remarks.Unmatched = append(remarks.Unmatched, found.Unmatched...)
		remarks.Beside = append(remarks.Beside, found.Beside...)
		remarks.Unknown = append(remarks.Unknown, found.Unknown...)
	}
	for _, kust := range b.plan.Kusts {
		switch {
		case kust.Component && kust != b.plan.Kusts[0]:
			add(b.repository.inEveryUse(kust.Dir, b))
		default:
			add(b.repository.judged(kust.Dir, b)[kust.Dir])
		}
	}
	remarks.Unmatched = b.follow(remarks.Unmatched)
	unused, err := b.repository.unused(b)
	if err != nil {
		remarks.Unknown = append(remarks.Unknown, err.Error())
	}
	remarks.Unused = unused
	return remarks
}

// known is what a Repository keeps of the kustomizations in it, by directory.
type known struct {
	outcomes sync.Map // to func() outcome
	verdicts sync.Map // to func() map[string]dead.Found
}

// outcome is what one kustomization is built to.
type outcome struct {
	objects []*yaml.Node
	values  dead.Values
	err     error
}

// once computes what belongs to a key when it is first asked for.
func once[T any](m *sync.Map, key string, compute func() T) T {
	value, _ := m.LoadOrStore(key, sync.OnceValue(func() any { return compute() }))
	return value.(func() any)().(T)
}

// outcome builds one of the kustomizations that b was built from, by itself.
func (r *Repository) outcome(kust *plan.Kust, b *Built) outcome {
	return once(&r.known.outcomes, kust.Dir, func() outcome {
		if kust == b.plan.Kusts[0] {
			return outcome{b.nodes, dead.Of(b.nodes), nil}
		}
		memory, err := b.plan.Memory()
		if err != nil {
			return outcome{err: err}
		}
		objects, err := engine.Run(memory, kust.Dir, b.plan.OwnSchema)
		if err != nil {
			return outcome{err: err}
		}
		var nodes []*yaml.Node
		for _, object := range objects.Resources() {
			nodes = append(nodes, object.YNode())
		}
		return outcome{nodes, dead.Of(nodes), nil}
	})
}

// before counts what the resources of a kustomization and its components are
// built to by themselves.
func (r *Repository) before(kust *plan.Kust, b *Built) (dead.Values, error) {
	values := dead.Values{}
	for _, field := range []string{"resources", "bases", "components"} {
		for _, entry := range plan.Items(kust.Fields, field) {
			used := b.plan.Used(kust, entry.Value)
			file, isFile := b.plan.Input(kust, entry.Value)
			switch {
			case used != nil && used.Component:
				inner, err := r.before(used, b)
				if err != nil {
					return nil, err
				}
				values.Add(inner)
			case used != nil:
				built := r.outcome(used, b)
				if built.err != nil {
					return nil, built.err
				}
				values.Add(built.values)
			case isFile:
				values.Add(dead.Of(plan.Documents(b.plan.Files[file])))
			}
		}
	}
	return values, nil
}

// judged is what is dead in the kustomization in dir, one of those that b was
// built from, and in the components it uses; by their directories.
func (r *Repository) judged(dir string, b *Built) map[string]dead.Found {
	return once(&r.known.verdicts, dir, func() map[string]dead.Found {
		user := b.plan.In(dir)
		before, err := r.before(user, b)
		built := r.outcome(user, b)
		if err == nil {
			err = built.err
		}
		if err != nil {
			why := fmt.Sprintf("whether the text of %s has an effect is not known: %v", user.File, err)
			return map[string]dead.Found{dir: {Unknown: []string{why}}}
		}
		found := map[string]dead.Found{}
		for kust, f := range (dead.Group{Plan: b.plan, User: user, Before: before, Built: built.objects}).Judge() {
			found[kust.Dir] = f
		}
		return found
	})
}
