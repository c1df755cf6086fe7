package rules

import (
	"maps"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A text is what a container is given to read or to run.
type text struct {
	object   manifest.Object
	path     manifest.Path
	value    string
	variable string           // the name of the variable whose value it is
	after    string           // the argument before it
	within   *graph.Container // nil for a text of a ConfigMap
	pods     *graph.Pods
}

// textsOf are the values of variables, the commands and the arguments in the
// Pods of the overlay, and what its ConfigMaps hold.
func textsOf(p *check.Pass) []text {
	var all []text
	g := wiring(p)
	for _, pods := range g.Pods {
		if pods.Object >= g.Build {
			continue
		}
		for _, container := range pods.Containers() {
			all = append(all, textsIn(g.Objects[pods.Object], pods, container)...)
		}
	}
	for _, object := range p.Objects {
		data, _ := object.Field("data")
		fields, _ := data.(map[string]any)
		for key, value := range fields {
			if value, ok := value.(string); ok && object.Kind == "ConfigMap" && object.APIVersion == "v1" {
				all = append(all, text{object: object, path: manifest.Path{"data", key}, value: value})
			}
		}
	}
	return all
}

func textsIn(object manifest.Object, pods *graph.Pods, container graph.Container) []text {
	var all []text
	add := func(value any, path manifest.Path, variable, after string) string {
		written, ok := value.(string)
		if ok {
			all = append(all, text{object, path, written, variable, after, &container, pods})
		}
		return written
	}
	env, _ := container.Fields["env"].([]any)
	for i, item := range env {
		name, _ := manifest.Lookup(item, "name")
		value, _ := manifest.Lookup(item, "value")
		variable, _ := name.(string)
		add(value, container.Path.With("env", strconv.Itoa(i), "value"), variable, "")
	}
	for _, path := range []manifest.Path{
		{"command"}, {"args"},
		{"startupProbe", "exec", "command"}, {"livenessProbe", "exec", "command"}, {"readinessProbe", "exec", "command"},
		{"lifecycle", "postStart", "exec", "command"}, {"lifecycle", "preStop", "exec", "command"},
	} {
		value, _ := manifest.Lookup(container.Fields, path...)
		list, _ := value.([]any)
		before := ""
		for i, item := range list {
			before = add(item, container.Path.With(path...).With(strconv.Itoa(i)), "", before)
		}
	}
	return all
}

// eachText calls visit with every text below value, in the order of their paths.
func eachText(value any, path manifest.Path, visit func(manifest.Path, string)) {
	switch value := value.(type) {
	case string:
		visit(path, value)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			eachText(value[key], path.With(key), visit)
		}
	case []any:
		for i, item := range value {
			eachText(item, path.With(strconv.Itoa(i)), visit)
		}
	}
}
