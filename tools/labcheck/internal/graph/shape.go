package graph

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A shape is the part of a type that names other objects: how a value of it
// is read, and the shapes of the values below it. nil names nothing.
type shape struct {
	read   *reading
	fields []field // of a mapping, in the order of the type
	items  *shape  // of a list, or of a mapping whose keys are free
}

type field struct {
	name  string
	shape *shape
}

// visit calls found for every value at or below value that names an object.
func (s *shape) visit(value any, path manifest.Path, found func(*reading, any, manifest.Path)) {
	if s == nil || value == nil {
		return
	}
	if s.read != nil {
		found(s.read, value, path)
	}
	switch node := value.(type) {
	case map[string]any:
		for _, f := range s.fields {
			f.shape.visit(node[f.name], path.With(f.name), found)
		}
	case []any:
		for i, item := range node {
			s.items.visit(item, path.With(strconv.Itoa(i)), found)
		}
	}
}

// A compiler derives shapes from Go types of the Kubernetes API.
type compiler struct {
	done map[reflect.Type]*shape
}

// of is the shape of type t: what the table readings says of it, and of the
// fields of the structs it is made of.
func (c *compiler) of(t reflect.Type) *shape {
	switch t.Kind() {
	case reflect.Pointer:
		return c.of(t.Elem())
	case reflect.Slice:
		if items := c.of(t.Elem()); items != nil {
			return &shape{items: items}
		}
		return nil
	case reflect.Struct:
	default:
		return nil
	}
	if known, ok := c.done[t]; ok {
		return known
	}
	c.done[t] = nil
	s := &shape{}
	if r, ok := readings[t.Name()]; ok {
		s.read = &r
	}
	for i := range t.NumField() {
		s.add(c, t, t.Field(i))
	}
	if s.read != nil || len(s.fields) > 0 {
		c.done[t] = s
	}
	return c.done[t]
}

// add adds a field of the struct type t. What is embedded is part of t
// itself: what t is read as stands for it.
func (s *shape) add(c *compiler, t reflect.Type, f reflect.StructField) {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if f.Name == "Status" {
		return
	}
	if name == "" {
		if embedded := c.of(f.Type); embedded != nil {
			s.fields = append(s.fields, embedded.fields...)
		}
		return
	}
	below := c.of(f.Type)
	if r, ok := readings[t.Name()+"."+f.Name]; ok {
		below = &shape{read: &r}
	}
	if below != nil {
		s.fields = append(s.fields, field{name, below})
	}
}

// put adds to s what reads the values at a path such as
// spec.rules[].backendRefs[].
func (s *shape) put(path string, r reading) {
	for step := range strings.SplitSeq(path, ".") {
		name, isList := strings.CutSuffix(step, "[]")
		s = s.field(name)
		if isList {
			if s.items == nil {
				s.items = &shape{}
			}
			s = s.items
		}
	}
	s.read = &r
}

// field is the shape of a field of s, which is added if it is not there.
func (s *shape) field(name string) *shape {
	for _, f := range s.fields {
		if f.name == name {
			return f.shape
		}
	}
	added := &shape{}
	s.fields = append(s.fields, field{name, added})
	return added
}
