package apiserver

import (
	"slices"
	"strconv"

	admissionv1 "k8s.io/api/admissionregistration/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// widenings are the fields of a rule in the order in which they are suspected,
// and what makes each of them match everything.
var widenings = []struct {
	field string
	widen func(*admissionv1.Rule, *admissionv1.NamedRuleWithOperations)
}{
	{"resourceNames", func(_ *admissionv1.Rule, r *admissionv1.NamedRuleWithOperations) { r.ResourceNames = nil }},
	{"apiVersions", func(r *admissionv1.Rule, _ *admissionv1.NamedRuleWithOperations) { r.APIVersions = []string{"*"} }},
	{"apiGroups", func(r *admissionv1.Rule, _ *admissionv1.NamedRuleWithOperations) { r.APIGroups = []string{"*"} }},
	{"scope", func(r *admissionv1.Rule, _ *admissionv1.NamedRuleWithOperations) { r.Scope = nil }},
	{"resources", func(r *admissionv1.Rule, _ *admissionv1.NamedRuleWithOperations) { r.Resources = []string{"*"} }},
}

// tooNarrow is the field of a rule that keeps the criteria from choosing any
// of the requests, below the path of the rules; nil if it is not one alone.
func (c *criteria) tooNarrow(requests []*request) manifest.Path {
	for i := range c.include {
		for _, w := range widenings {
			wider := *c
			wider.include = slices.Clone(c.include)
			w.widen(&wider.include[i].Rule, &wider.include[i])
			if slices.ContainsFunc(requests, func(r *request) bool { return wider.match(r).ok }) {
				return manifest.Path{strconv.Itoa(i), w.field}
			}
		}
	}
	return nil
}

// chosenBy is the path to the selector of a binding, if it has just one.
func chosenBy(binding manifest.Object) manifest.Path {
	all := field("spec", "matchResources")
	var set []manifest.Path
	for _, name := range []string{"namespaceSelector", "objectSelector"} {
		path := all.With(name)
		value, _ := binding.Field(path...)
		if selector, _ := value.(map[string]any); len(selector) > 0 {
			set = append(set, path)
		}
	}
	if len(set) == 1 {
		return set[0]
	}
	return all
}

// innermost goes down from path as long as there is only one field or item.
func innermost(o manifest.Object, path manifest.Path) manifest.Path {
	value, _ := o.Field(path...)
	for {
		step, ok := only(value)
		if !ok {
			return path
		}
		path = slices.Concat(path, manifest.Path{step})
		value, _ = manifest.Lookup(value, step)
	}
}

// only is the one step below a value, if there is just one.
func only(value any) (step string, ok bool) {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			step = key
		}
		return step, len(value) == 1
	case []any:
		return "0", len(value) == 1
	}
	return "", false
}
