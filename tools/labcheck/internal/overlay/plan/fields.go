package plan

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/types"
)

// A fieldSet is the fields of a Go type that kustomize decodes a mapping into,
// by their names in lower case, as upper and lower case are the same.
type fieldSet map[string]field

type field struct {
	name  string
	value fieldSet // of the mapping, or of the items of the list, that it holds; nil for anything else
}

// kustomizationFields are the fields of a kustomization.
var kustomizationFields = fieldsOf(reflect.TypeFor[types.Kustomization]())

func fieldsOf(t reflect.Type) fieldSet {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	fields := fieldSet{}
	for i := range t.NumField() {
		inner := fieldsOf(t.Field(i).Type)
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" {
			maps.Copy(fields, inner)
			continue
		}
		fields[strings.ToLower(name)] = field{name, inner}
	}
	return fields
}

func (s fieldSet) names() []string {
	var names []string
	for _, f := range s {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return names
}

// fields takes out fields kustomize does not know, with which it would refuse
// the whole file, and notes those that it only still reads.
func (p *Plan) fields(kust *Kust) {
	before := len(kust.Fields.Content)
	p.keepKnown(kust, kust.Fields, kustomizationFields)
	p.deprecated(kust)
	asks := false
	for i := 0; i+1 < len(kust.Fields.Content); i += 2 {
		name := strings.ToLower(kust.Fields.Content[i].Value)
		asks = asks || name != "apiversion" && name != "kind"
	}
	if !asks && len(kust.Fields.Content) == before {
		p.report(p.At(kust.File, kust.Fields), "the kustomization is empty")
	}
}

// keepKnown takes out of node, a mapping or a list of them, and of what is
// below it, the fields that are not known.
func (p *Plan) keepKnown(kust *Kust, node *yaml.Node, fields fieldSet) {
	switch {
	case fields == nil:
	case node.Kind == yaml.SequenceNode:
		for _, item := range node.Content {
			p.keepKnown(kust, item, fields)
		}
	case node.Kind == yaml.MappingNode:
		kept := node.Content[:0:0]
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			f, ok := fields[strings.ToLower(key.Value)]
			if !ok {
				message := fmt.Sprintf("kustomize knows no field %q", key.Value)
				p.report(p.At(kust.File, key), message+spelling.DidYouMean(key.Value, fields.names()))
				continue
			}
			p.keepKnown(kust, value, f.value)
			kept = append(kept, key, value)
		}
		node.Content = kept
	}
}

// replacedBy says what to write instead of each field that kustomize still
// reads, with a warning or without, and may one day not.
var replacedBy = map[string]string{
	"bases":                       "list the directories under \"resources\"",
	"commonlabels":                "write \"labels\" with \"pairs\"; \"includeSelectors: true\" keeps them in the selectors",
	"imagetags":                   "write \"images\"",
	"patchesjson6902":             "write \"patches\" with the same \"target\"",
	"patchesstrategicmerge":       "write \"patches\" with a \"path\" or a \"patch\" for each",
	"vars":                        "write \"replacements\"",
	"helmchartinflationgenerator": "write \"helmCharts\"",
}

// deprecated notes the fields of a kustomization that are.
func (p *Plan) deprecated(kust *Kust) {
	note := func(key *yaml.Node, instead string) {
		p.Deprecated = append(p.Deprecated, manifest.Problem{
			Pos: p.At(kust.File, key), Message: fmt.Sprintf("field %q is deprecated: %s", key.Value, instead),
		})
	}
	for i := 0; i+1 < len(kust.Fields.Content); i += 2 {
		key, value := kust.Fields.Content[i], kust.Fields.Content[i+1]
		name := strings.ToLower(key.Value)
		if instead, ok := replacedBy[name]; ok {
			note(key, instead)
		}
		if name != "configmapgenerator" && name != "secretgenerator" || value.Kind != yaml.SequenceNode {
			continue
		}
		for _, generator := range value.Content {
			for j := 0; generator.Kind == yaml.MappingNode && j < len(generator.Content); j += 2 {
				if strings.EqualFold(generator.Content[j].Value, "env") {
					note(generator.Content[j], "write \"envs\", a list")
				}
			}
		}
	}
}
