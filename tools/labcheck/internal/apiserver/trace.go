package apiserver

import (
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// value is the CEL value of a field of the object: a scalar as it is, a
// mapping or list in a form that tells the recorder what is read from it.
func (r *recorder) value(path manifest.Path, v any) ref.Val {
	plain := types.DefaultTypeAdapter.NativeToValue(v)
	switch v := v.(type) {
	case map[string]any:
		return &tracedMap{plain.(traits.Mapper), r, path, v}
	case []any:
		return r.list(plain.(traits.Lister), path, v)
	}
	return plain
}

func isScalar(v any) bool {
	switch v.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

func below(path manifest.Path, step string) manifest.Path {
	return append(slices.Clip(path), step)
}

// A tracedMap is a mapping of the object. A key that it lacks is a read too.
type tracedMap struct {
	traits.Mapper
	recorder *recorder
	path     manifest.Path
	fields   map[string]any
}

func (m *tracedMap) Find(key ref.Val) (ref.Val, bool) {
	name, ok := key.(types.String)
	if !ok {
		return m.Mapper.Find(key)
	}
	path := below(m.path, string(name))
	v, found := m.fields[string(name)]
	m.recorder.read(path, isScalar(v))
	if !found {
		return nil, false
	}
	return m.recorder.value(path, v), true
}

func (m *tracedMap) Get(key ref.Val) ref.Val {
	if v, found := m.Find(key); found {
		return v
	}
	return m.Mapper.Get(key) // the error
}

func (m *tracedMap) Contains(key ref.Val) ref.Val {
	if _, ok := key.(types.String); !ok {
		return m.Mapper.Contains(key)
	}
	_, found := m.Find(key)
	return types.Bool(found)
}

// Equal compares key by key up to the first that differs.
func (m *tracedMap) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Mapper)
	if !ok || o.Size() != m.Size() {
		return types.False
	}
	for _, key := range slices.Sorted(maps.Keys(m.fields)) {
		mine, _ := m.Find(types.String(key))
		theirs, found := o.Find(types.String(key))
		if !found || types.Equal(mine, theirs) != types.True {
			return types.False
		}
	}
	return types.True
}

// Iterator goes through the keys in order.
func (m *tracedMap) Iterator() traits.Iterator {
	keys := slices.Sorted(maps.Keys(m.fields))
	return &iterator{m.Mapper.Iterator(), len(keys), func(i int) ref.Val {
		m.recorder.iterate(&step{path: below(m.path, keys[i]), scalar: true}, nil)
		return types.String(keys[i])
	}, 0}
}

// Fold is for loops over keys and values.
func (m *tracedMap) Fold(f traits.Folder) {
	for _, key := range slices.Sorted(maps.Keys(m.fields)) {
		path := below(m.path, key)
		m.recorder.iterate(&step{path: path, scalar: true}, &step{path: path, scalar: isScalar(m.fields[key])})
		if !f.FoldEntry(types.String(key), m.recorder.value(path, m.fields[key])) {
			return
		}
	}
}

// IsZeroValue is for optional values.
func (m *tracedMap) IsZeroValue() bool { return len(m.fields) == 0 }

// ConvertToType keeps the trace where the type stays the same.
func (m *tracedMap) ConvertToType(t ref.Type) ref.Val {
	if t == m.Type() {
		return m
	}
	return m.Mapper.ConvertToType(t)
}

// ConvertToNative gives the mapping as it was built.
func (m *tracedMap) ConvertToNative(t reflect.Type) (any, error) { return m.Mapper.ConvertToNative(t) }

// A tracedList is a list of the object, or several of them joined.
type tracedList struct {
	traits.Lister
	recorder *recorder
	items    []element
}

type element struct {
	value ref.Val
	read  *step // that getting the item is; nil for an item that is no field
}

func (r *recorder) list(plain traits.Lister, path manifest.Path, values []any) *tracedList {
	l := &tracedList{plain, r, make([]element, len(values))}
	for i, v := range values {
		path := below(path, strconv.Itoa(i))
		l.items[i] = element{r.value(path, v), &step{path: path, scalar: isScalar(v)}}
	}
	return l
}

func (l *tracedList) Get(index ref.Val) ref.Val {
	i, err := types.IndexOrError(index)
	if err != nil || i < 0 || i >= len(l.items) {
		return l.Lister.Get(index) // the error
	}
	// A function that goes through a list has read the list, not its last item.
	if read := l.items[i].read; read != nil && !l.recorder.current.callsFunction() {
		l.recorder.note(read)
	}
	return l.items[i].value
}

// Equal compares item by item up to the first that differs.
func (l *tracedList) Equal(other ref.Val) ref.Val {
	o, ok := other.(traits.Lister)
	if !ok || o.Size() != l.Size() {
		return types.False
	}
	for i := range l.items {
		if types.Equal(l.Get(types.Int(i)), o.Get(types.Int(i))) != types.True {
			return types.False
		}
	}
	return types.True
}

// Add appends other. The items stay traced.
func (l *tracedList) Add(other ref.Val) ref.Val {
	joined, ok := l.Lister.Add(other).(traits.Lister)
	if !ok {
		return l.Lister.Add(other) // the error
	}
	items := slices.Clip(l.items)
	if o, ok := other.(*tracedList); ok {
		return &tracedList{joined, l.recorder, append(items, o.items...)}
	}
	for it := other.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		items = append(items, element{value: it.Next()})
	}
	return &tracedList{joined, l.recorder, items}
}

// Iterator goes through the items.
func (l *tracedList) Iterator() traits.Iterator {
	return &iterator{l.Lister.Iterator(), len(l.items), func(i int) ref.Val {
		l.recorder.iterate(l.items[i].read, nil)
		return l.items[i].value
	}, 0}
}

// Fold is for loops over indices and items.
func (l *tracedList) Fold(f traits.Folder) {
	for i, item := range l.items {
		l.recorder.iterate(nil, item.read)
		if !f.FoldEntry(types.Int(i), item.value) {
			return
		}
	}
}

// IsZeroValue is for optional values.
func (l *tracedList) IsZeroValue() bool { return len(l.items) == 0 }

// ConvertToType keeps the trace where the type stays the same.
func (l *tracedList) ConvertToType(t ref.Type) ref.Val {
	if t == l.Type() {
		return l
	}
	return l.Lister.ConvertToType(t)
}

// An iterator yields what item makes of the numbers below length.
type iterator struct {
	traits.Iterator // of the plain value; its type and conversions
	length          int
	item            func(int) ref.Val
	next            int
}

func (it *iterator) HasNext() ref.Val { return types.Bool(it.next < it.length) }

func (it *iterator) Next() ref.Val {
	it.next++
	return it.item(it.next - 1)
}
