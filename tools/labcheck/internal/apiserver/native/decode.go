package native

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// decode reads o strictly and sets defaults. It returns nil where a value is
// of a type that its field cannot hold, and the object without them where
// there are fields that its kind does not have.
func (k kind) decode(o manifest.Object) (runtime.Object, []Violation) {
	object, unknown, err := k.unmarshal(o.Fields)
	if err != nil {
		return nil, k.undecodable(o.Fields, nil, err)
	}
	var violations []Violation
	for _, err := range unknown {
		violations = append(violations, strictViolation(o.Fields, err))
	}
	k.scheme.Default(object)
	return object, violations
}

// unmarshal decodes fields as the server's strict JSON serializer does.
func (k kind) unmarshal(fields any) (object runtime.Object, unknown []error, err error) {
	data, err := encode(fields)
	if err != nil {
		return nil, nil, err
	}
	object, err = k.scheme.New(k.gvk)
	if err != nil {
		return nil, nil, err
	}
	unknown, err = kjson.UnmarshalStrict(data, object)
	return object, unknown, err
}

// strictViolation is the violation of a field that the kind does not have.
func strictViolation(fields map[string]any, err error) Violation {
	message := err.Error()
	at, ok := err.(kjson.FieldError)
	if !ok {
		return Violation{Message: message}
	}
	return Violation{Path: pathOf(fields, at.FieldPath()), Message: message}
}

// undecodable finds the values that do not decode. The decoder's error names
// no item of a list, and for a quantity or a time no field at all. So each
// value below path is decoded alone, with nothing but what it is in: where it
// fails alone, it is to blame.
func (k kind) undecodable(fields map[string]any, path manifest.Path, err error) []Violation {
	var violations []Violation
	value, _ := manifest.Lookup(fields, path...)
	for _, step := range steps(value) {
		child := append(slices.Clone(path), step)
		if _, _, err := k.unmarshal(only(fields, child)); err != nil {
			violations = append(violations, k.undecodable(fields, child, err)...)
		}
	}
	if len(violations) == 0 {
		return []Violation{{Path: path, Message: decodeMessage(err)}}
	}
	return violations
}

// steps are the keys or indexes below value, in order.
func steps(value any) []string {
	switch value := value.(type) {
	case map[string]any:
		return slices.Sorted(maps.Keys(value))
	case []any:
		all := make([]string, len(value))
		for i := range value {
			all[i] = strconv.Itoa(i)
		}
		return all
	}
	return nil
}

// only is fields reduced to the value at path and what it is in.
func only(value any, path manifest.Path) any {
	if len(path) == 0 {
		return value
	}
	below, _ := manifest.Lookup(value, path[0])
	if _, ok := value.([]any); ok {
		return []any{only(below, path[1:])}
	}
	return map[string]any{path[0]: only(below, path[1:])}
}

// decodeMessage is the server's wording without the Go types of the decoder.
func decodeMessage(err error) string {
	return strings.TrimPrefix(err.Error(), "json: ")
}
