package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// DeclarationHolds reports annotations for labcheck that cannot be read, and
// declared objects that nothing needs.
var DeclarationHolds = &check.Rule{
	ID:    "declaration-holds",
	Title: "Every annotation for labcheck is well-formed, and what it declares is needed",
	Doc:   page("declaration_holds.md"),
	Check: func(p *check.Pass) {
		for _, a := range p.Annotations {
			pos, message := a.Pos, ""
			switch a.Name {
			case "provided":
				message = unneeded(p, a)
			case "beside":
				message = notBeside(p, a)
			case "context", "budget", "promises", "labels": // rules of their own judge the latter
			default:
				pos = a.NamePos
				message = fmt.Sprintf("labcheck knows no annotation labcheck/%s%s", a.Name,
					spelling.DidYouMean(a.Name, []string{"provided", "beside", "context", "budget", "promises", "labels"}))
			}
			if message != "" {
				p.ReportProblem(manifest.Problem{Pos: pos, Message: message})
			}
		}
	},
}

// unneeded says what is wrong with a list of provided objects, or "".
func unneeded(p *check.Pass, a manifest.Annotation) string {
	given, err := manifest.ParseGiven(a.Value)
	if err != nil {
		return err.Error()
	}
	for _, declared := range given {
		named := slices.ContainsFunc(p.Objects, func(o manifest.Object) bool { return mentions(o.Fields, declared.Name) })
		if !named {
			return fmt.Sprintf("%s is declared, but nothing in this overlay names it", declared)
		}
	}
	return ""
}

// mentions says whether a text at or below value holds name.
func mentions(value any, name string) bool {
	switch node := value.(type) {
	case string:
		return strings.Contains(node, name)
	case []any:
		return slices.ContainsFunc(node, func(item any) bool { return mentions(item, name) })
	case map[string]any:
		for _, field := range node {
			if mentions(field, name) {
				return true
			}
		}
	}
	return false
}

// notBeside says why there is nothing beside the overlay, or "".
func notBeside(p *check.Pass, a manifest.Annotation) string {
	if p.Repository == nil {
		return ""
	}
	if _, ok := p.Repository.Objects(path.Join(a.Dir, a.Value)); !ok {
		return fmt.Sprintf("there is no kustomization in %s", path.Join(a.Dir, a.Value))
	}
	return ""
}
