package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// VariablesDefined reports texts that Flux takes for variables that nobody defines.
var VariablesDefined = &check.Rule{
	ID:    "variables-defined",
	Title: "Every variable that Flux substitutes is defined",
	Doc:   page("variables_defined.md"),
	Check: func(p *check.Pass) {
		if p.Repository == nil {
			return
		}
		g := wiring(p)
		for _, sync := range ownSyncs(p, g) {
			o := g.Objects[sync.From]
			if _, substitutes := o.Field("spec", "postBuild"); o.Kind != "Kustomization" || !substitutes {
				continue
			}
			objects, _ := p.Repository.Objects(sync.Dir)
			judgeVariables(p, g, o, objects)
		}
	},
}

// judgeVariables reports the variables in objects that postBuild of sync does
// not define.
func judgeVariables(p *check.Pass, g *graph.Graph, sync manifest.Object, objects []manifest.Object) {
	defined, unknown := definedVariables(g, sync)
	if len(defined)+len(unknown) == 0 {
		return // without any, Flux substitutes nothing
	}
	var missing []string
	for _, o := range objects {
		if keepsText(o) {
			continue
		}
		eachText(o.Fields, nil, func(path manifest.Path, text string) {
			for _, name := range variablesIn(text) {
				switch {
				case slices.Contains(defined, name):
				case len(unknown) > 0:
					missing = append(missing, name)
				default:
					p.Report(o, path, fmt.Sprintf("Flux's %s substitutes variables and none is called %s, so that it applies nothing; define it in spec.postBuild, or write $${%s} for the text itself%s",
						sync.Ref, name, name, spelling.DidYouMean(name, defined)))
				}
			}
		})
	}
	slices.Sort(missing)
	if missing = slices.Compact(missing); len(missing) > 0 {
		p.Skip("%s may take %s from %s, whose keys are not known: say so with labcheck/provided or --provided, as in %s[%s]",
			sync.Ref, strings.Join(missing, ", "), strings.Join(unknown, ", "), unknown[0], strings.Join(missing, ", "))
	}
}

// definedVariables are the names that postBuild defines, and the objects that
// may define more.
func definedVariables(g *graph.Graph, sync manifest.Object) (defined, unknown []string) {
	substitute, _ := sync.Field("spec", "postBuild", "substitute")
	literal, _ := substitute.(map[string]any)
	defined = slices.Sorted(maps.Keys(literal))
	for _, at := range sync.Items("spec", "postBuild", "substituteFrom") {
		kind, name := sync.Text(at.With("kind")...), sync.Text(at.With("name")...)
		target := g.Resolve(graph.Name{Kind: kind, Namespace: sync.Namespace, Name: name})
		if target.HasKeys {
			defined = append(defined, target.Keys...)
		} else {
			unknown = append(unknown, kind+"/"+name)
		}
	}
	return defined, unknown
}

// variable is what Flux replaces, by the library that it uses (envsubst): not
// where the dollar is doubled, and with a default after the name it needs no
// definition.
var variable = regexp.MustCompile(`\$?\$\{([a-zA-Z_][a-zA-Z0-9_]*)([^}]?)`)

// variablesIn are the names of variables without a default.
func variablesIn(text string) []string {
	var names []string
	for _, match := range variable.FindAllStringSubmatch(text, -1) {
		hasDefault := strings.ContainsAny(match[2], ":=-")
		if !strings.HasPrefix(match[0], "$$") && !hasDefault {
			names = append(names, match[1])
		}
	}
	return names
}

// keepsText reports whether an object asks Flux to leave its text alone.
func keepsText(o manifest.Object) bool {
	const name = "kustomize.toolkit.fluxcd.io/substitute"
	return o.Text("metadata", "annotations", name) == "disabled" || o.Text("metadata", "labels", name) == "disabled"
}
