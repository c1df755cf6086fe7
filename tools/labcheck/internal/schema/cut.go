package schema

import (
	"maps"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// The Pod specification is by far the largest part of the schemas, and most
// kinds of an overlay have it. Compiling it costs more than all else, so the
// common schemas leave it to one schema of its own, that of a kind which is
// none of Kubernetes'.
const (
	partVersion = "part"
	partKind    = "PodSpec"
)

// cutOut takes the mapping at path out of fields. It returns a copy of fields
// with an empty mapping in its place, and what was there: nil if there was no
// mapping, which is for the schema of the rest to judge.
func cutOut(fields map[string]any, path manifest.Path) (rest, part map[string]any) {
	if len(path) == 0 {
		return fields, nil
	}
	below, ok := fields[path[0]].(map[string]any)
	if !ok {
		return fields, nil
	}
	rest = maps.Clone(fields)
	if len(path) == 1 {
		rest[path[0]] = map[string]any{}
		return rest, below
	}
	rest[path[0]], part = cutOut(below, path[1:])
	return rest, part
}
