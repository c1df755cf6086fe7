package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// A place is a schema within a file of the embedded set.
type place struct {
	file   string
	schema map[string]any
}

// TestCommonIsNarrow proves that the common schema of each kind allows nothing
// that the schema of one of its versions does not: all versions rely on it.
func TestCommonIsNarrow(t *testing.T) {
	kinds := kindsOf(t)
	if len(kinds) < 100 {
		t.Fatalf("the index has %d kinds, want more", len(kinds))
	}
	part := open(t, embedded().find(partVersion, partKind)[0].files[0])
	for _, kind := range kinds {
		variants := embedded().find(kind[0], kind[1])
		i := slices.IndexFunc(variants, func(v *variant) bool { return v.version() == common })
		if i < 0 {
			t.Errorf("%s has no common schema", kind)
			continue
		}
		for _, v := range variants {
			n := narrowing{t: t, cut: variants[i].cut.String(), part: field(part, "spec"), seen: map[string]bool{}}
			n.check(open(t, variants[i].files[0]), open(t, v.files[0]), nil)
			if n.cut != "" && !n.cutSeen && v.version() != common {
				t.Errorf("%s: nothing is cut out at %s", kind, n.cut)
			}
		}
	}
}

// kindsOf is every kind of the index with its API version before it.
func kindsOf(t *testing.T) [][2]string {
	t.Helper()
	seen := map[[2]string]bool{}
	for line := range strings.Lines(embedded().text) {
		if fields := strings.Fields(line); fields[0] != "releases" && fields[0] != partVersion {
			seen[[2]string{fields[0], fields[1]}] = true
		}
	}
	return slices.Collect(maps.Keys(seen))
}

// A narrowing compares a common schema with that of a version.
type narrowing struct {
	t       *testing.T
	cut     string // path
	cutSeen bool
	part    place
	seen    map[string]bool
}

// check fails the test if a allows what b does not.
func (n *narrowing) check(a, b place, path []string) {
	n.t.Helper()
	a, b = n.follow(a), n.follow(b)
	at := fmt.Sprintf("%s, %s", a.file, strings.Join(path, "."))
	if n.cut != "" && strings.Join(path, ".") == n.cut && a.schema["properties"] == nil {
		n.cutSeen = true
		a = n.follow(n.part)
	}
	pair := fmt.Sprintf("%p %p", a.schema, b.schema)
	if n.seen[pair] {
		return
	}
	n.seen[pair] = true
	if b.schema["type"] != nil {
		types := list(b.schema["type"])
		for _, one := range list(a.schema["type"]) {
			if !slices.Contains(types, one) {
				n.t.Errorf("%s: type %v is wider than %v", at, a.schema["type"], types)
			}
		}
	}
	for _, keyword := range []string{"type", "enum", "format", "items", "properties", "additionalProperties"} {
		if b.schema[keyword] != nil && a.schema[keyword] == nil {
			n.t.Errorf("%s: lacks %s", at, keyword)
		}
	}
	if b.schema["enum"] != nil && fmt.Sprint(a.schema["enum"]) != fmt.Sprint(b.schema["enum"]) {
		n.t.Errorf("%s: enum %v is not %v", at, a.schema["enum"], b.schema["enum"])
	}
	for _, name := range list(b.schema["required"]) {
		if !slices.Contains(list(a.schema["required"]), name) {
			n.t.Errorf("%s: does not require %v", at, name)
		}
	}
	n.checkBelow(a, b, path, at)
}

// checkBelow compares what is in the schemas a and b.
func (n *narrowing) checkBelow(a, b place, path []string, at string) {
	n.t.Helper()
	properties, _ := a.schema["properties"].(map[string]any)
	known, closed := b.schema["properties"].(map[string]any)
	for name := range properties {
		if closed && known[name] == nil {
			n.t.Errorf("%s: has the field %s, which is unknown", at, name)
		} else if closed {
			n.check(field(a, name), field(b, name), append(path, name))
		}
	}
	for _, keyword := range []string{"items", "additionalProperties"} {
		below, ok := b.schema[keyword].(map[string]any)
		if narrow, isSchema := a.schema[keyword].(map[string]any); ok && isSchema {
			n.check(place{a.file, narrow}, place{b.file, below}, append(path, "*"))
		} else if b.schema[keyword] == false && a.schema[keyword] != false {
			n.t.Errorf("%s: allows unknown fields", at)
		}
	}
}

// follow returns what p refers to.
func (n *narrowing) follow(p place) place {
	n.t.Helper()
	for {
		schema := p.schema
		if all := list(schema["allOf"]); len(all) == 1 {
			schema = all[0].(map[string]any)
		}
		ref, ok := schema["$ref"].(string)
		if !ok {
			return p
		}
		p = resolve(n.t, p.file, ref)
	}
}

// TestReferences makes sure that all references stay in the embedded set: so
// kubeconform has no reason to look elsewhere.
func TestReferences(t *testing.T) {
	entries, err := set.ReadDir("set")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		if entry.Name() == "index" {
			continue
		}
		var visit func(value any)
		visit = func(value any) {
			if items, ok := value.([]any); ok {
				for _, item := range items {
					visit(item)
				}
			}
			schema, _ := value.(map[string]any)
			if ref, ok := schema["$ref"].(string); ok {
				count++
				if target := resolve(t, entry.Name(), ref); target.schema == nil {
					t.Errorf("%s: nothing is at %s", entry.Name(), ref)
				}
			}
			for _, below := range schema {
				visit(below)
			}
		}
		visit(open(t, entry.Name()).schema)
	}
	if count < 1000 {
		t.Errorf("followed %d references, want more", count)
	}
}

// resolve returns what a reference in file refers to.
func resolve(t *testing.T, file, ref string) place {
	t.Helper()
	target, pointer, _ := strings.Cut(ref, "#/definitions/")
	if target = strings.TrimSuffix(target, "#"); target == "" {
		target = file
	}
	found := open(t, target)
	if pointer != "" {
		definitions, _ := found.schema["definitions"].(map[string]any)
		found.schema, _ = definitions[pointer].(map[string]any)
	}
	return found
}

var opened = map[string]map[string]any{}

// open returns a file of the embedded set, always the same map.
func open(t *testing.T, name string) place {
	t.Helper()
	if opened[name] == nil {
		content, err := set.ReadFile("set/" + name)
		if err != nil {
			t.Fatal(err)
		}
		var schema map[string]any
		if err := json.Unmarshal(content, &schema); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		opened[name] = schema
	}
	return place{name, opened[name]}
}

func field(p place, name string) place {
	properties := p.schema["properties"].(map[string]any)
	return place{p.file, properties[name].(map[string]any)}
}

// list returns a keyword's value as a list, which it is not if there is one.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}
