package trace

import (
	"regexp"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

var variable = regexp.MustCompile(`\$\(([^()]+)\)`)

// substituted explains a value that was written with variables of vars in it:
// the place to edit is what is written, or, if that is just one variable, what
// the variable stands for.
func (t *Tracer) substituted(under *mark) (manifest.Blame, bool) {
	var sources []manifest.Related
	for _, found := range variable.FindAllStringSubmatch(under.node.Value, -1) {
		if pos, ok := t.variable(found[1]); ok {
			sources = append(sources, manifest.Related{Message: "fills in $(" + found[1] + ")", Pos: pos})
		}
	}
	if len(sources) == 0 {
		return manifest.Blame{}, false
	}
	if variable.ReplaceAllString(under.node.Value, "") == "" && len(sources) == 1 {
		return blame(sources[0].Pos, manifest.Related{Message: "is used here", Pos: under.pos()}), true
	}
	return blame(under.pos(), sources...), true
}

// variable is where the value of a variable is written.
func (t *Tracer) variable(name string) (manifest.Pos, bool) {
	for _, kust := range t.trace.kusts {
		for _, item := range plan.Items(kust.kust.Fields, "vars") {
			source, _ := plan.Lookup(item, "objref")
			if scalar(item, "name") != name || source == nil {
				continue
			}
			for _, other := range t.objects {
				if path, ok := t.variablePath(other, source, item); ok {
					value, _ := manifest.Lookup(other.fields, path...)
					return t.scalar(other, path, value).Pos, isScalar(value)
				}
			}
		}
	}
	return manifest.Pos{}, false
}

// variablePath is the path of a variable in an object, if that is the object
// the variable is taken from.
func (t *Tracer) variablePath(o *object, source, item *yaml.Node) (manifest.Path, bool) {
	if o == nil || !t.selected(o, source) {
		return nil, false
	}
	field := "metadata.name"
	if ref, ok := plan.Lookup(item, "fieldref"); ok {
		field = strings.ReplaceAll(strings.ReplaceAll(scalar(ref, "fieldpath"), "[", "."), "]", "")
	}
	return follow(o.fields, kyaml.SmarterPathSplitter(field, "."))
}
