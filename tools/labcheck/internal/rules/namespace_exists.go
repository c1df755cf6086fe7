package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// NamespaceExists reports objects in a namespace that nothing creates, in an
// overlay that creates namespaces of its own. Where one line puts many objects
// there, it is reported once.
var NamespaceExists = &check.Rule{
	ID:       "namespace-exists",
	Title:    "An overlay that declares its namespaces declares every one that it uses",
	Doc:      page("namespace_exists.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		declared := wiring(p).Names("Namespace", "")
		if len(declared) == 0 {
			return
		}
		var seen []manifest.Pos
		unknown := doubts{}
		for _, object := range p.Objects {
			if object.Namespace == "" || slices.Contains(declared, object.Namespace) || namespaceComes(p, object.Namespace, unknown) {
				continue
			}
			path := manifest.Path{"metadata", "namespace"}
			if place := object.Locate(path...).Pos; !slices.Contains(seen, place) {
				seen = append(seen, place)
				p.Report(object, path, fmt.Sprintf("nothing declares the namespace %q, so that applying %s fails%s",
					object.Namespace, object.Ref, spelling.DidYouMean(object.Namespace, declared)))
			}
		}
		unknown.skip(p)
	},
}

// namespaceComes says whether a namespace that the overlay does not declare is
// there all the same, or may be.
func namespaceComes(p *check.Pass, namespace string, unknown doubts) bool {
	name := graph.Name{Kind: "Namespace", Name: namespace}
	if wiring(p).Resolve(name).Found || isElsewhere(p, name) {
		return true
	}
	maker, ok := wiring(p).MayMake("Namespace", namespace)
	if ok {
		unknown.add(maker, name.String())
	}
	return ok
}
