package native_test

import (
	"encoding/json"
	"hash/fnv"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A mutant is an object with one field changed.
type mutant struct {
	id     string // kind/name path change
	object manifest.Object
}

// A change is what is done to one value.
type change struct {
	name   string
	value  any
	remove bool
}

// A sample says which mutants to keep.
type sample func(id string, rare bool) bool

// sampled keeps one mutant of four, and one of two of the rare ones, by a hash
// of its name, so that the corpus may grow without the rest changing.
func sampled(id string, rare bool) bool {
	hash := fnv.New32a()
	hash.Write([]byte(id))
	if rare {
		return hash.Sum32()%2 == 0
	}
	return hash.Sum32()%4 == 0
}

// mutantsOf returns the mutants of o that keep keeps, in a fixed order, o
// itself first.
func mutantsOf(o manifest.Object, keep sample) []mutant {
	title := o.Kind + "/" + o.Name
	if o.APIVersion == "autoscaling/v1" {
		title = "v1 " + title
	}
	all := []mutant{{id: title, object: o}}
	walk(o.Fields, nil, func(path manifest.Path, value any) {
		for _, c := range changesOf(path, value) {
			id := title + " " + path.String() + " " + c.name
			if keep(id, isExpression(path) || c.name == "case") {
				all = append(all, mutant{id: id, object: objectOf(applied(o.Fields, path, c).(map[string]any))})
			}
		}
	})
	for i := range all {
		all[i].object.Ref = o.Ref
	}
	return all
}

// walk visits every value below fields, but not what tells the kind and where
// the object goes.
func walk(value any, path manifest.Path, visit func(manifest.Path, any)) {
	if text := path.String(); text == "apiVersion" || text == "kind" || text == "metadata.namespace" {
		return
	}
	if len(path) > 0 {
		visit(path, value)
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			walk(value[key], append(slices.Clone(path), key), visit)
		}
	case []any:
		for i := range value {
			walk(value[i], append(slices.Clone(path), strconv.Itoa(i)), visit)
		}
	}
}

// changesOf are the changes that a value of its type, at its place, gets.
func changesOf(path manifest.Path, value any) []change {
	changes := []change{{name: "remove", remove: true}, {name: "null"}}
	switch value := value.(type) {
	case map[string]any:
		changes = append(changes,
			change{name: "list", value: []any{}}, change{name: "text", value: "x"},
			change{name: "empty", value: map[string]any{}},
			change{name: "unknown", value: with(value, "h6Unknown", int64(1))})
		if isLabels(path) {
			changes = append(changes,
				change{name: "badkey", value: with(value, "bad key!", "x")},
				change{name: "badvalue", value: with(value, "h6", "bad value!")},
				change{name: "more", value: with(value, "h6.example.com/more", "x")})
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			renamed := maps.Clone(value)
			delete(renamed, key)
			renamed[swapFirst(key)] = value[key]
			changes = append(changes, change{name: "rename-" + key, value: renamed})
		}
	case []any:
		changes = append(changes, change{name: "map", value: map[string]any{}}, change{name: "empty", value: []any{}},
			change{name: "nullitem", value: append(slices.Clone(value), nil)},
			change{name: "numberitem", value: append(slices.Clone(value), int64(7))})
		if len(value) > 0 {
			changes = append(changes, change{name: "twice", value: append(slices.Clone(value), value[0])})
		}
	case string:
		changes = append(changes, textChanges(path, value)...)
	case int64, float64:
		for _, n := range []int64{-1, 0, 70000, 9000000000} {
			changes = append(changes, change{name: strconv.FormatInt(n, 10), value: n})
		}
		changes = append(changes, change{name: "text", value: "seven"}, change{name: "fraction", value: 1.5}, change{name: "map", value: map[string]any{}})
	case bool:
		changes = append(changes, change{name: "text", value: "true"}, change{name: "not", value: !value}, change{name: "number", value: int64(1)})
	}
	return changes
}

var quantityLike = regexp.MustCompile(`^[0-9.]+(m|[kMGT]i?)?$`)

func textChanges(path manifest.Path, value string) []change {
	changes := []change{
		{name: "number", value: int64(7)}, {name: "map", value: map[string]any{}}, {name: "empty", value: ""},
		{name: "bad", value: "Bad_Name!"}, {name: "spaced", value: value + " "}, {name: "long", value: strings.Repeat("a", 300)},
		{name: "case", value: swapFirst(value)}, {name: "slash", value: "/" + value}, {name: "other", value: "other"},
	}
	if isExpression(path) {
		return append(changes,
			change{name: "syntax", value: value + " +"}, change{name: "undeclared", value: "nope.x"},
			change{name: "type", value: "1 + 'a'"}, change{name: "result", value: "[1]"},
			change{name: "field", value: "object.spec.h6 == 1"}, change{name: "true", value: "true"})
	}
	if quantityLike.MatchString(value) {
		changes = append(changes, change{name: "unit", value: "1x"}, change{name: "negative", value: "-1"}, change{name: "tiny", value: "0.1m"}, change{name: "zero", value: "0"})
	}
	if strings.HasSuffix(value, "%") {
		changes = append(changes, change{name: "percent", value: "150%"}, change{name: "negative", value: "-5%"}, change{name: "nopercent", value: "ten%"})
	}
	return changes
}

func isExpression(path manifest.Path) bool {
	switch path[len(path)-1] {
	case "expression", "rule", "messageExpression", "valueExpression":
		return true
	}
	return false
}

func isLabels(path manifest.Path) bool {
	switch path[len(path)-1] {
	case "labels", "annotations", "matchLabels", "nodeSelector", "selector", "data", "stringData", "parameters":
		return true
	}
	return false
}

// swapFirst turns the case of the first letter.
func swapFirst(text string) string {
	if text == "" {
		return "A"
	}
	if first := text[:1]; first == strings.ToLower(first) {
		return strings.ToUpper(first) + text[1:]
	}
	return strings.ToLower(text[:1]) + text[1:]
}

func with(fields map[string]any, key string, value any) map[string]any {
	fields = maps.Clone(fields)
	fields[key] = value
	return fields
}

// applied is a copy of value with the change at path.
func applied(value any, path manifest.Path, c change) any {
	switch value := value.(type) {
	case map[string]any:
		fields := maps.Clone(value)
		if len(path) == 1 && c.remove {
			delete(fields, path[0])
		} else if len(path) == 1 {
			fields[path[0]] = c.value
		} else {
			fields[path[0]] = applied(value[path[0]], path[1:], c)
		}
		return fields
	case []any:
		i, _ := strconv.Atoi(path[0])
		list := slices.Clone(value)
		if len(path) == 1 && c.remove {
			return slices.Delete(list, i, i+1)
		}
		if len(path) == 1 {
			list[i] = c.value
		} else {
			list[i] = applied(value[i], path[1:], c)
		}
		return list
	}
	return value
}

// asJSON is a mutant as a client sends it.
func (m mutant) asJSON() []byte {
	data, err := json.Marshal(m.object.Fields)
	if err != nil {
		panic(err) // a mutant is made of JSON values only
	}
	return data
}
