package schema

import (
	"fmt"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/yannh/kubeconform/pkg/validator"
)

// A judge runs kubeconform on the embedded schemas. It unpacks them when it
// first needs one, and compiles each when it first needs that.
type judge struct {
	unpack func() (dir string, err error)

	mu      sync.Mutex
	benches map[string][]*bench            // by API version and kind
	engines map[string]validator.Validator // by version
}

func newJudge() *judge {
	return &judge{
		unpack:  sync.OnceValues(unpack),
		benches: map[string][]*bench{},
		engines: map[string]validator.Validator{},
	}
}

// validate is Validate. An object that the common schema of its kind allows
// is allowed by all versions. Only the others are judged version by version,
// and once where versions have the same schema.
func (j *judge) validate(o manifest.Object, versions []string) ([]Violation, error) {
	benches := j.find(o.APIVersion, o.Kind)
	var having []string
	for _, b := range benches {
		having = append(having, both(versions, b.versions)...)
	}
	if len(having) == 0 {
		return nil, fmt.Errorf("%s %s: %w", o.APIVersion, o.Kind, ErrNoSchema)
	}
	allowed, err := j.allowedByAll(o, benches)
	if err != nil {
		return nil, fmt.Errorf("validating %s: %w", o.Ref, err)
	}
	var all []Violation
	if !allowed {
		if all, err = j.violations(o, benches, versions); err != nil {
			return nil, fmt.Errorf("validating %s: %w", o.Ref, err)
		}
	}
	if len(having) < len(versions) {
		all = append(all, kindUnknown(o.Ref, versions, having))
	}
	slices.SortFunc(all, compare)
	return all, nil
}

// allowedByAll reports whether the common schema of a kind allows o.
func (j *judge) allowedByAll(o manifest.Object, benches []*bench) (bool, error) {
	i := slices.IndexFunc(benches, func(b *bench) bool { return b.version() == common })
	shell, part := cutOut(o.Fields, benches[i].cut)
	allowed, err := j.allowed(shell, benches[i])
	if !allowed || err != nil || part == nil {
		return allowed, err
	}
	wrapped := map[string]any{"apiVersion": partVersion, "kind": partKind, "spec": part}
	return j.allowed(wrapped, j.find(partVersion, partKind)[0])
}

func (j *judge) allowed(fields map[string]any, b *bench) (bool, error) {
	result, err := j.check(fields, b)
	return result.Status == validator.Valid, err
}

// violations returns what o violates in each of versions.
func (j *judge) violations(o manifest.Object, benches []*bench, versions []string) ([]Violation, error) {
	var all []Violation
	for _, b := range benches {
		asked := both(versions, b.versions)
		if len(asked) == 0 {
			continue
		}
		result, err := j.check(o.Fields, b)
		if err != nil {
			return nil, err
		}
		if result.Status == validator.Invalid {
			found, err := b.explainer.explain(o, result)
			if err != nil {
				return nil, err
			}
			all = merge(all, found, asked)
		}
	}
	return all, nil
}

// find returns the benches of a kind, none if there is no such kind.
func (j *judge) find(apiVersion, kind string) []*bench {
	j.mu.Lock()
	defer j.mu.Unlock()
	key := apiVersion + " " + kind
	benches, ok := j.benches[key]
	if !ok {
		for _, v := range embedded().find(apiVersion, kind) {
			benches = append(benches, &bench{variant: v})
		}
		j.benches[key] = benches
	}
	return benches
}
