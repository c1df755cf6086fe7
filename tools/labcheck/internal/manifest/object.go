package manifest

import (
	"slices"
	"strconv"
	"strings"
)

// An Object is one Kubernetes object of a built overlay.
type Object struct {
	Ref
	// Fields is the content as encoding/json would hold it, but whole numbers
	// are int64: nil, bool, int64, float64, string, []any, map[string]any.
	Fields map[string]any
	// Source knows where the fields were written.
	Source Source
}

// A Source knows which files wrote the fields of one object.
type Source interface {
	// Locate says where the field at path was last written. A field that
	// nobody wrote is located at its nearest written ancestor.
	Locate(path Path) Blame
}

// Locate says which place to edit to change the field at path.
func (o Object) Locate(path ...string) Blame {
	if o.Source == nil {
		return Blame{}
	}
	return o.Source.Locate(path)
}

// Field returns the value at path and whether it is there.
func (o Object) Field(path ...string) (any, bool) { return Lookup(o.Fields, path...) }

// Text returns the string at path, or "" where there is none.
func (o Object) Text(path ...string) string {
	value, _ := o.Field(path...)
	text, _ := value.(string)
	return text
}

// Items are the paths to the items of the list at path; none where there is no list.
func (o Object) Items(path ...string) []Path {
	value, _ := o.Field(path...)
	list, _ := value.([]any)
	var all []Path
	for i := range list {
		all = append(all, Path(path).With(strconv.Itoa(i)))
	}
	return all
}

// Texts are the items of the list of strings at path.
func (o Object) Texts(path ...string) []string {
	var all []string
	for _, at := range o.Items(path...) {
		all = append(all, o.Text(at...))
	}
	return all
}

// Lookup returns the value at path below value, and whether it is there.
func Lookup(value any, path ...string) (any, bool) {
	for _, step := range path {
		switch node := value.(type) {
		case map[string]any:
			next, ok := node[step]
			if !ok {
				return nil, false
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(node) {
				return nil, false
			}
			value = node[i]
		default:
			return nil, false
		}
	}
	return value, true
}

// itemKeys are the fields that name an item of a list for a reader, most
// telling first; they are the merge keys of Kubernetes' own types.
var itemKeys = []string{"name", "containerPort", "mountPath", "devicePath", "port", "ip", "key", "topologyKey", "type"}

// Format writes path for a reader and names list items where they have a
// name: spec.template.spec.containers[name=mysql].image. Its text does not
// change when a list is reordered.
func (o Object) Format(path Path) string {
	var b strings.Builder
	var value any = o.Fields
	for i, step := range path {
		list, item := value.([]any)
		value, _ = Lookup(value, step)
		if name := itemName(list, value); item && name != "" {
			b.WriteString("[" + name + "]")
			continue
		}
		writeStep(&b, step, i == 0, item)
	}
	return b.String()
}

// itemName is key=value of the first item key that tells item from all
// others of its list.
func itemName(list []any, item any) string {
	fields, ok := item.(map[string]any)
	if !ok {
		return ""
	}
	for _, key := range itemKeys {
		name, ok := scalarText(fields[key])
		if ok && countItems(list, key, name) == 1 {
			return key + "=" + name
		}
	}
	return ""
}

func countItems(list []any, key, name string) int {
	n := 0
	for _, other := range list {
		fields, _ := other.(map[string]any)
		if text, ok := scalarText(fields[key]); ok && text == name {
			n++
		}
	}
	return n
}

func scalarText(value any) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, v != ""
	case int64:
		return strconv.FormatInt(v, 10), true
	}
	return "", false
}

// mergeKeys are the fields by which an item of a list is the same after a
// change, most telling first.
var mergeKeys = []string{"name", "mountPath", "devicePath", "containerPort", "port", "key", "topologyKey", "type"}

// ItemKey is the first field that tells all items of each list apart, "" where
// there is none, as in a list of scalars.
func ItemKey(lists ...[]any) string {
	for _, key := range mergeKeys {
		if !slices.ContainsFunc(lists, func(list []any) bool { return !tellsApart(key, list) }) {
			return key
		}
	}
	return ""
}

func tellsApart(key string, list []any) bool {
	seen := map[string]bool{}
	for _, item := range list {
		if fields, ok := item.(map[string]any); ok {
			if name, ok := scalarText(fields[key]); ok {
				seen[name] = true
			}
		}
	}
	return len(seen) == len(list)
}
