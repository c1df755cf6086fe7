package plan

import (
	"fmt"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
)

// fieldsKnown are the fields of a kustomization, in lower case.
var fieldsKnown = fieldNames(reflect.TypeFor[types.Kustomization]())

func fieldNames(t reflect.Type) map[string]bool {
	names := map[string]bool{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" {
			names[strings.ToLower(name)] = true
			continue
		}
		for embedded := range fieldNames(t.Field(i).Type) {
			names[embedded] = true
		}
	}
	return names
}

// fields takes out fields kustomize does not know, with which it would refuse
// the whole file.
func (p *Plan) fields(kust *Kust) {
	content, kept, asks := kust.Fields.Content, kust.Fields.Content[:0:0], false
	for i := 0; i+1 < len(content); i += 2 {
		name := strings.ToLower(content[i].Value)
		if !fieldsKnown[name] {
			p.report(p.At(kust.File, content[i]), fmt.Sprintf("kustomize knows no field %q", content[i].Value))
			continue
		}
		asks = asks || name != "apiversion" && name != "kind"
		kept = append(kept, content[i], content[i+1])
	}
	if !asks && len(kept) == len(content) {
		p.report(p.At(kust.File, kust.Fields), "the kustomization is empty")
	}
	kust.Fields.Content = kept
}
