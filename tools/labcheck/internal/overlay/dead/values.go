package dead

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// Values counts the scalars that objects hold, each under its shape.
type Values map[Value]int

// A Value is a scalar and its shape.
type Value struct {
	shape shape
	text  string
}

// A shape is a path in an object in which every item of a list is "#". Its
// steps end with a newline, which no key has in it.
type shape string

func shapeOf(steps ...string) shape {
	var s shape
	for _, step := range steps {
		s = s.then(step)
	}
	return s
}

func (s shape) then(step string) shape { return s + shape(step) + "\n" }

// ends says whether the last steps are these.
func (s shape) ends(steps ...string) bool {
	return strings.HasSuffix("\n"+string(s), "\n"+string(shapeOf(steps...)))
}

// within says whether a shape is another one or below it.
func (s shape) within(top shape) bool { return strings.HasPrefix(string(s), string(top)) }

// String is the shape as in spec.ports[].port.
func (s shape) String() string {
	var b strings.Builder
	for step := range strings.Lines(string(s)) {
		switch step = strings.TrimSuffix(step, "\n"); {
		case step == "#":
			b.WriteString("[]")
		case strings.ContainsAny(step, "./"):
			b.WriteString("[" + strconv.Quote(step) + "]")
		default:
			b.WriteString("." + step)
		}
	}
	return strings.TrimPrefix(b.String(), ".")
}

// identity is the shape of a value that no field has: the kind and name of an
// object.
var identity = shapeOf("")

func identityOf(object *yaml.Node) Value {
	metadata, _ := plan.Lookup(object, "metadata")
	return Value{identity, textOf(object, "kind") + "/" + textOf(metadata, "name")}
}

// Of counts the scalars of objects, and their names.
func Of(objects []*yaml.Node) Values {
	v := Values{}
	for _, object := range objects {
		v[identityOf(object)]++
		v.add(object, "")
	}
	return v
}

// Add counts the scalars of others too.
func (v Values) Add(others Values) {
	for value, n := range others {
		v[value] += n
	}
}

// add counts the scalars at and below node. The items of an object that is a
// list of objects are objects themselves.
func (v Values) add(node *yaml.Node, at shape) {
	switch {
	case node.Kind == yaml.MappingNode && len(node.Content) > 0:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i].Value, node.Content[i+1]
			if at == "" && key == "items" && value.Kind == yaml.SequenceNode {
				v.Add(Of(value.Content))
				continue
			}
			v.add(value, at.then(key))
		}
	case node.Kind == yaml.SequenceNode && len(node.Content) > 0:
		for _, item := range node.Content {
			v.add(item, at.then("#"))
		}
	default:
		v[Value{at, node.Value}]++
	}
}

// difference is what a build has more, and what it has less, than what it was
// made from.
type difference struct{ added, gone Values }

func differ(before, after Values) difference {
	d := difference{Values{}, Values{}}
	for value, n := range after {
		if more := n - before[value]; more > 0 {
			d.added[value] = more
		}
	}
	for value, n := range before {
		if less := n - after[value]; less > 0 {
			d.gone[value] = less
		}
	}
	return d
}

// any says whether one of the values fits.
func (v Values) any(fits func(Value) bool) bool {
	for value := range v {
		if fits(value) {
			return true
		}
	}
	return false
}
