package schema

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/release"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestAgreement compares Validate with the engine on Kubernetes' own OpenAPI,
// which is one document per version with nothing taken out, shared or cut, on
// the good objects and on everything that one wrong value can make of them.
func TestAgreement(t *testing.T) {
	mutants := mutate(t, goodObjects(t))
	if testing.Short() {
		mutants = slices.Collect(everyTenth(mutants))
	}
	j := newJudge()
	allowed, refused := 0, 0
	for _, release := range release.All {
		o := newOracle(t, release)
		for _, mutant := range mutants {
			want := o.judge(t, mutant)
			found, err := j.validate(mutant, []string{release.Minor})
			if err != nil {
				t.Fatal(err)
			}
			if (len(found) == 0) != (want == nil) {
				t.Errorf("Kubernetes %s, %v\nthe oracle says %v, found\n%s", release.Minor, mutant.Fields, want, render(found))
			}
			if want == nil {
				allowed++
			} else {
				refused++
			}
		}
	}
	if allowed < 200 || refused < 200 {
		t.Errorf("compared %d allowed and %d refused objects, want more", allowed, refused)
	}
	t.Logf("agreed on %d allowed and %d refused objects", allowed, refused)
}

func everyTenth(objects []manifest.Object) iter.Seq[manifest.Object] {
	return func(yield func(manifest.Object) bool) {
		for i := 0; i < len(objects) && yield(objects[i]); i += 10 {
		}
	}
}

// An oracle is the published API of one version.
type oracle struct {
	compiler *jsonschema.Compiler
	byKind   map[string]string // definition by API version and kind
}

func newOracle(t *testing.T, release release.Release) *oracle {
	t.Helper()
	out, _ := exec.Command("go", "mod", "download", "-json", "k8s.io/kubernetes@v"+release.Patch).Output()
	var module struct{ Dir, Error string }
	if err := json.Unmarshal(out, &module); err != nil || module.Dir == "" {
		t.Skipf("k8s.io/kubernetes@v%s is neither in the module cache nor to be downloaded: %s", release.Patch, module.Error)
	}
	content, err := os.ReadFile(filepath.Join(module.Dir, "api", "openapi-spec", "swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	definitions := document["definitions"].(map[string]any)
	o := &oracle{compiler: jsonschema.NewCompiler(), byKind: map[string]string{}}
	for name, def := range definitions {
		def := def.(map[string]any)
		if kinds, ok := def["x-kubernetes-group-version-kind"].([]any); ok {
			gvk := kinds[0].(map[string]any)
			apiVersion := strings.TrimPrefix(fmt.Sprintf("%s/%s", gvk["group"], gvk["version"]), "/")
			o.byKind[apiVersion+" "+gvk["kind"].(string)] = name
			enumerate(def, "apiVersion", apiVersion)
			enumerate(def, "kind", gvk["kind"].(string))
		}
		if properties, ok := def["properties"].(map[string]any); ok {
			def["additionalProperties"] = false
			required, _ := def["required"].([]any)
			for field, property := range properties {
				if !slices.Contains(required, any(field)) {
					properties[field] = orNull(property)
				}
			}
		}
		orNullItems(def)
	}
	for name, types := range map[string][]any{
		"io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"string", "integer"},
		"io.k8s.apimachinery.pkg.api.resource.Quantity":   {"string", "number"},
	} {
		definitions[name] = map[string]any{"oneOf": []any{map[string]any{"type": types[0]}, map[string]any{"type": types[1]}}}
	}
	o.compiler.DefaultDraft(jsonschema.Draft4)
	if err := o.compiler.AddResource("api.json", map[string]any{"definitions": definitions}); err != nil {
		t.Fatal(err)
	}
	return o
}

// enumerate allows nothing but value in a field.
func enumerate(def map[string]any, field, value string) {
	if properties, ok := def["properties"].(map[string]any); ok && properties[field] != nil {
		properties[field] = map[string]any{"enum": []any{value}}
	}
}

// orNull allows null beside what schema allows.
func orNull(schema any) map[string]any {
	return map[string]any{"anyOf": []any{map[string]any{"type": "null"}, schema}}
}

// orNullItems allows null for items and values, anywhere below def.
func orNullItems(value any) {
	switch v := value.(type) {
	case map[string]any:
		for key, item := range v {
			orNullItems(item)
			if _, isSchema := item.(map[string]any); isSchema && (key == "items" || key == "additionalProperties") && v["properties"] == nil && v["type"] != nil {
				v[key] = orNull(item)
			}
		}
	case []any:
		for _, item := range v {
			orNullItems(item)
		}
	}
}

func (o *oracle) judge(t *testing.T, object manifest.Object) error {
	t.Helper()
	name, ok := o.byKind[object.APIVersion+" "+object.Kind]
	if !ok {
		t.Fatalf("the oracle knows no %s %s", object.APIVersion, object.Kind)
	}
	schema, err := o.compiler.Compile("api.json#/definitions/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(object.Fields)
}

// mutate returns objects, and each of them with every field and item once
// removed, renamed, and replaced by each type of value.
func mutate(t *testing.T, objects []manifest.Object) []manifest.Object {
	t.Helper()
	var mutants []manifest.Object
	for _, o := range objects {
		mutants = append(mutants, o)
		for _, path := range paths(o.Fields) {
			if len(path) == 1 && (path[0] == "apiVersion" || path[0] == "kind") {
				continue // another kind, or none
			}
			for _, change := range changes {
				mutants = append(mutants, wrap(changed(o.Fields, path, change).(map[string]any)))
			}
		}
	}
	return mutants
}

// paths are those of all values below value.
func paths(value any) []manifest.Path {
	var all []manifest.Path
	add := func(step string, item any) {
		all = append(all, manifest.Path{step})
		for _, path := range paths(item) {
			all = append(all, append(manifest.Path{step}, path...))
		}
	}
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			add(key, v[key])
		}
	case []any:
		for i, item := range v {
			add(fmt.Sprint(i), item)
		}
	}
	return all
}

// changes are what is done to a field of a mapping or, the first apart, to an
// item of a list.
var changes = []func(fields map[string]any, name string){
	func(fields map[string]any, name string) { delete(fields, name) },
	func(fields map[string]any, name string) { fields[name+"x"] = fields[name]; delete(fields, name) },
	func(fields map[string]any, name string) { fields[name] = nil },
	func(fields map[string]any, name string) { fields[name] = true },
	func(fields map[string]any, name string) { fields[name] = int64(7) },
	func(fields map[string]any, name string) { fields[name] = 0.5 },
	func(fields map[string]any, name string) { fields[name] = "text" },
	func(fields map[string]any, name string) { fields[name] = []any{int64(1)} },
	func(fields map[string]any, name string) { fields[name] = map[string]any{"x": "y"} },
}

// changed copies value with one change at path.
func changed(value any, path manifest.Path, change func(map[string]any, string)) any {
	switch v := value.(type) {
	case map[string]any:
		fields := maps.Clone(v)
		if len(path) == 1 {
			change(fields, path[0])
		} else {
			fields[path[0]] = changed(v[path[0]], path[1:], change)
		}
		return fields
	case []any:
		items := slices.Clone(v)
		for i := range items {
			if fmt.Sprint(i) == path[0] && len(path) > 1 {
				items[i] = changed(items[i], path[1:], change)
			} else if fmt.Sprint(i) == path[0] {
				item := map[string]any{"": items[i]}
				change(item, "")
				items[i] = item[""]
			}
		}
		return items
	}
	return value
}
