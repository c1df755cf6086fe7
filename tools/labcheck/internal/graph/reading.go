package graph

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A reading says how a value names an object: which of its fields hold the
// parts of the name, and what the parts are that it does not say.
type reading struct {
	group, kind string // of the named object, where no field says it
	name        string // the field that holds the name; "" where the value itself is the name
	namespace   string // the field that holds the namespace; without one it is that of the referring object
	key         string // the field that holds a key of the object
	items       string // the field that holds a list of keys
	typed       bool   // fields kind, and apiGroup, group or apiVersion say what is named
	only        string // the only kind that is an object, where typed names may be of others
}

// reference is what value, which stands at path of an object in namespace, names.
func (r *reading) reference(value any, path manifest.Path, namespace string) (Reference, bool) {
	ref := Reference{Path: path, To: Name{Group: r.group, Kind: r.kind, Namespace: namespace}}
	fields, _ := value.(map[string]any)
	if r.name == "" {
		ref.To.Name, _ = value.(string)
	} else {
		ref.To.Name = text(fields, r.name)
		ref.Path = path.With(r.name)
	}
	if r.typed {
		r.takeType(&ref.To, fields)
	}
	if given := text(fields, r.namespace); given != "" {
		ref.To.Namespace = given
	}
	if key := text(fields, r.key); key != "" {
		ref.Keys = []Key{{key, path.With(r.key)}}
	}
	list, _ := fields[r.items].([]any)
	for i, item := range list {
		item, _ := item.(map[string]any)
		ref.Keys = append(ref.Keys, Key{text(item, "key"), path.With(r.items, strconv.Itoa(i), "key")})
	}
	ref.Optional, _ = fields["optional"].(bool)
	return ref, ref.To.Name != "" && (r.only == "" || ref.To.Kind == r.only)
}

// takeType takes kind and group from the fields of a typed reference. Where
// a kind is given without a group, it is of the core group, unless that is
// the kind that is meant without being said.
func (r *reading) takeType(to *Name, fields map[string]any) {
	if kind := text(fields, "kind"); kind != "" && kind != to.Kind {
		to.Kind, to.Group = kind, ""
	}
	for _, field := range []string{"apiGroup", "group"} {
		if group, ok := fields[field].(string); ok {
			to.Group = group
		}
	}
	if version := text(fields, "apiVersion"); version != "" {
		to.Group = manifest.Ref{APIVersion: version}.Group()
	}
}

func text(fields map[string]any, name string) string {
	value, _ := fields[name].(string)
	return strings.TrimSpace(value)
}
