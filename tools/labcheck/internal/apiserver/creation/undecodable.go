package creation

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Undecodable finds the values of fields that decode refuses. The error of a
// decoder names no item of a list, and for a quantity or a time no field at
// all. So each value is decoded alone, with nothing but what it is in: where
// it fails alone, it is to blame. decode must not change what it is given.
func Undecodable(fields map[string]any, decode func(part any) error) []Violation {
	err := decode(fields)
	if err == nil {
		return nil
	}
	return undecodable(fields, nil, err, decode)
}

func undecodable(fields map[string]any, path manifest.Path, err error, decode func(part any) error) []Violation {
	var violations []Violation
	value, _ := manifest.Lookup(fields, path...)
	for _, step := range steps(value) {
		child := append(slices.Clone(path), step)
		if err := decode(only(fields, child)); err != nil {
			violations = append(violations, undecodable(fields, child, err, decode)...)
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
