package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// doubts are what a rule could not judge, because an object may make what is
// not described: said once for each such object, not once for each doubt.
type doubts map[manifest.Ref][]string

func (d doubts) add(maker manifest.Ref, what string) {
	if !slices.Contains(d[maker], what) {
		d[maker] = append(d[maker], what)
	}
}

func (d doubts) skip(p *check.Pass) {
	makers := slices.SortedFunc(maps.Keys(d), func(a, b manifest.Ref) int { return strings.Compare(a.String(), b.String()) })
	for _, maker := range makers {
		p.Skip("%s of %s may make what is not described: %s", maker.Kind+" "+maker.Name, maker.APIVersion, strings.Join(d[maker], ", "))
	}
}
