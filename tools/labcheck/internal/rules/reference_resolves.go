package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// ReferenceResolves reports fields that name an object, or a key of one, that
// is not there.
var ReferenceResolves = &check.Rule{
	ID:       "reference-resolves",
	Title:    "Every object that is named exists, and has the key that is named with it",
	Doc:      page("reference_resolves.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g, unknown := wiring(p), doubts{}
		for _, ref := range g.References {
			switch target := g.Resolve(ref.To); {
			case ref.Optional:
			case target.HasKeys:
				reportKeys(p, ref, target)
			case !target.Found:
				reportMissing(p, g, ref, unknown)
			}
		}
		unknown.skip(p)
	},
}

// reportMissing reports a name that the overlay does not resolve, unless what
// it names may well be there.
func reportMissing(p *check.Pass, g *graph.Graph, ref graph.Reference, unknown doubts) {
	from, elsewhere := p.Objects[ref.From], ""
	if ref.To.Namespace != from.Namespace && !g.Uses(ref.To.Namespace) {
		// The namespace is not this overlay's: only what is in another one of it is certainly meant.
		anywhere := ref.To
		anywhere.Namespace = ""
		found := g.Find(anywhere)
		if len(found) == 0 {
			return
		}
		elsewhere = fmt.Sprintf(" in namespace %q, only in %q", ref.To.Namespace, g.Objects[found[0]].Namespace)
	}
	if isElsewhere(p, ref.To) {
		return
	}
	if !graph.OfApplication(ref.To) {
		if meant := misspeltName(ref.To.Name, g.Names(ref.To.Kind, ref.To.Namespace)); meant != "" {
			p.Report(from, ref.Path, fmt.Sprintf("%s does not exist, did you mean %q?", ref.To, meant), meantObject(g, ref, meant)...)
		}
		return
	}
	if maker, ok := g.MayMake(ref.To.Kind, ref.To.Namespace); ok {
		unknown.add(maker, ref.To.String())
		return
	}
	names := g.Names(ref.To.Kind, ref.To.Namespace)
	p.Report(from, ref.Path, fmt.Sprintf("%s does not exist%s%s", ref.To, elsewhere, spelling.DidYouMean(ref.To.Name, names)),
		slices.Concat(meantObject(g, ref, spelling.Closest(ref.To.Name, names)), inOthers(p, ref.To))...)
}

// misspeltName is the one of names that has a letter more or less. Names that
// differ in a letter or a digit may well be of two that there are.
func misspeltName(name string, names []string) string {
	meant := spelling.Closest(name, names)
	if meant == "" || len(name)-len(meant) != 1 && len(meant)-len(name) != 1 || strings.ContainsAny(name+meant, "0123456789") {
		return ""
	}
	return meant
}

// meantObject leads to the name of the object that a reference means.
func meantObject(g *graph.Graph, ref graph.Reference, name string) []manifest.Related {
	if name == "" {
		return nil
	}
	to := ref.To
	to.Name = name
	var found []manifest.Related
	for _, i := range g.Find(to) {
		found = append(found, manifest.Related{Message: "named here", Pos: g.Objects[i].Locate("metadata", "name").Pos})
	}
	return found
}

func reportKeys(p *check.Pass, ref graph.Reference, target graph.Target) {
	for _, key := range ref.Keys {
		if !slices.Contains(target.Keys, key.Name) {
			p.Report(p.Objects[ref.From], key.Path, fmt.Sprintf("%s has no key %q, only %s%s", ref.To, key.Name,
				strings.Join(target.Keys, ", "), spelling.DidYouMean(key.Name, target.Keys)))
		}
	}
}
