package diff

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Field is one field that differs.
type Field struct {
	Old, New      manifest.Path // nil on the side that does not have it
	Before, After any
	parent        manifest.Path // of a field that only the new object has: its place in the old one
}

// Path is where the field is or, if it is gone, where it was.
func (f Field) Path() manifest.Path {
	if f.New == nil {
		return f.Old
	}
	return f.New
}

// Locate says which line of the new or, for a field that is gone, of the old
// files wrote it.
func (f Field) Locate(old, new manifest.Object) manifest.Pos {
	if f.New == nil {
		return old.Locate(f.Old...).Pos
	}
	return new.Locate(f.New...).Pos
}

// fieldsOf are the innermost fields that differ, in the order of their paths.
func fieldsOf(old, new manifest.Object) []Field {
	var c comparison
	c.mapping(manifest.Path{}, manifest.Path{}, old.Fields, new.Fields)
	slices.SortStableFunc(c.fields, func(a, b Field) int { return a.Path().Compare(b.Path()) })
	return c.fields
}

type comparison struct{ fields []Field }

func (c *comparison) value(old, new manifest.Path, before, after any) {
	if reflect.DeepEqual(before, after) {
		return
	}
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			c.mapping(old, new, b, a)
			return
		}
	case []any:
		if a, ok := after.([]any); ok {
			c.list(old, new, b, a)
			return
		}
	}
	c.fields = append(c.fields, Field{Old: old, New: new, Before: before, After: after})
}

func (c *comparison) mapping(old, new manifest.Path, before, after map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if value, ok := after[key]; ok {
			c.value(old.With(key), new.With(key), before[key], value)
		} else {
			c.fields = append(c.fields, Field{Old: old.With(key), Before: before[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, ok := before[key]; !ok {
			c.fields = append(c.fields, Field{New: new.With(key), After: after[key], parent: old})
		}
	}
}

// list compares items with a name by their name, others by their place.
func (c *comparison) list(old, new manifest.Path, before, after []any) {
	name := func(_ int, i int) string { return strconv.Itoa(i) }
	if key := manifest.ItemKey(before, after); key != "" {
		name = func(side, i int) string {
			found, _ := manifest.Lookup([][]any{before, after}[side][i], key)
			return fmt.Sprint(found)
		}
	}
	place := map[string]int{}
	for i := range after {
		place[name(1, i)] = i
	}
	met := map[int]bool{}
	for i := range before {
		j, ok := place[name(0, i)]
		if !ok {
			c.fields = append(c.fields, Field{Old: old.With(strconv.Itoa(i)), Before: before[i]})
			continue
		}
		met[j] = true
		c.value(old.With(strconv.Itoa(i)), new.With(strconv.Itoa(j)), before[i], after[j])
	}
	for j := range after {
		if !met[j] {
			c.fields = append(c.fields, Field{New: new.With(strconv.Itoa(j)), After: after[j], parent: old})
		}
	}
}

// alone is the old object with this one field changed.
func (f Field) alone(old manifest.Object) manifest.Object {
	at := f.Old
	if at == nil {
		at = f.parent.With(f.New[len(f.New)-1])
	}
	old.Fields = changed(old.Fields, at, f).(map[string]any)
	return old
}

// changed is a copy of value with f done at path below it.
func changed(value any, path manifest.Path, f Field) any {
	switch value := value.(type) {
	case map[string]any:
		fields := maps.Clone(value)
		switch {
		case len(path) > 1:
			fields[path[0]] = changed(value[path[0]], path[1:], f)
		case f.New == nil:
			delete(fields, path[0])
		default:
			fields[path[0]] = f.After
		}
		return fields
	case []any:
		i, _ := strconv.Atoi(path[0])
		list := slices.Clone(value)
		switch {
		case len(path) > 1:
			list[i] = changed(value[i], path[1:], f)
		case f.New == nil:
			list = slices.Delete(list, i, i+1)
		case f.Old == nil:
			list = append(list, f.After)
		default:
			list[i] = f.After
		}
		return list
	}
	return value
}
