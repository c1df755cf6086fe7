// Package drift compares what a repository says of an object with what a
// cluster holds. Only fields that the repository sets are compared, with the
// defaults and in the spelling of the API server, so that "0.5" is "500m";
// mappings that nobody but the repository fills are compared as a whole. It
// reads no value of a Secret, only its keys.
package drift

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Difference is one field that is not in the cluster as the repository says.
type Difference struct {
	Path    manifest.Path // in the object of the repository
	Message string        // one sentence: no capital, no full stop
}

// Of returns the differences between an object and the live one, in the order
// of their paths. Compared is how many values of the repository were looked at.
func Of(declared, live manifest.Object) (differences []Difference, compared int) {
	server := declared.Fields
	if defaulted, err := native.Default(declared); err == nil {
		server = defaulted
	}
	c := comparison{secret: declared.Group() == "" && declared.Kind == "Secret"}
	for _, key := range slices.Sorted(maps.Keys(declared.Fields)) {
		switch key {
		case "apiVersion", "kind", "status":
		case "stringData": // the server keeps it as data
			written, _ := declared.Fields[key].(map[string]any)
			stored, _ := live.Fields["data"].(map[string]any)
			c.mapping(manifest.Path{key}, written, nil, stored)
		case "metadata":
			for _, part := range []string{"labels", "annotations"} {
				written, _ := declared.Field("metadata", part)
				c.value(manifest.Path{"metadata", part}, written, at(server, "metadata", part), at(live.Fields, "metadata", part))
			}
		default:
			c.value(manifest.Path{key}, declared.Fields[key], server[key], live.Fields[key])
		}
	}
	slices.SortFunc(c.found, func(a, b Difference) int { return a.Path.Compare(b.Path) })
	return c.found, c.compared
}

func at(value any, path ...string) any {
	found, _ := manifest.Lookup(value, path...)
	return found
}

type comparison struct {
	secret   bool
	found    []Difference
	compared int
}

func (c *comparison) report(path manifest.Path, format string, args ...any) {
	c.found = append(c.found, Difference{slices.Clone(path), fmt.Sprintf(format, args...)})
}

// value compares one value: as it is written, as the server spells it, and as
// it is in the cluster.
func (c *comparison) value(path manifest.Path, written, server, live any) {
	switch w := written.(type) {
	case nil:
	case map[string]any:
		s, _ := server.(map[string]any)
		l, _ := live.(map[string]any)
		c.mapping(path, w, s, l)
	case []any:
		s, _ := server.([]any)
		l, _ := live.([]any)
		c.list(path, w, s, l)
	default:
		if server == nil {
			return // the server drops it: an empty or unknown field
		}
		c.compared++
		switch {
		case live == nil:
			c.report(path, "%s is not set in the cluster; the repository says %s", path, show(server))
		case !equal(server, live):
			c.report(path, "%s is %s in the cluster, not %s", path, show(live), show(server))
		}
	}
}

// equal compares scalars; a number may be whole or not.
func equal(a, b any) bool { return a == b || fmt.Sprint(a) == fmt.Sprint(b) }

func (c *comparison) mapping(path manifest.Path, written, server, live map[string]any) {
	for _, key := range slices.Sorted(maps.Keys(written)) {
		inner := append(slices.Clone(path), key)
		switch {
		case c.secret && (path[0] == "data" || path[0] == "stringData"):
			c.compared++
			if _, ok := live[key]; !ok {
				c.report(inner, "key %q is not in the cluster's Secret", key)
			}
		case isText(written[key]) && isText(live[key]) && isText(server[key]):
			c.compared++
			c.text(inner, server[key].(string), live[key].(string))
		default:
			c.value(inner, written[key], server[key], live[key])
		}
	}
	if !ownsAll(path) || len(written) == 0 || c.secret {
		return
	}
	for _, key := range slices.Sorted(maps.Keys(live)) {
		if _, ok := written[key]; !ok {
			c.report(path, "%s has %q in the cluster, which the repository does not say", path, key)
		}
	}
}

// ownsAll reports whether nobody but the repository adds to the mapping at path.
func ownsAll(path manifest.Path) bool {
	switch path[len(path)-1] {
	case "matchLabels", "nodeSelector":
		return true
	case "selector":
		return path.String() == "spec.selector"
	case "data", "binaryData":
		return len(path) == 1
	}
	return false
}

func isText(value any) bool {
	text, ok := value.(string)
	return ok && strings.Contains(text, "\n")
}

// text compares texts of several lines, and names the first that differs.
func (c *comparison) text(path manifest.Path, server, live string) {
	if server == live {
		return
	}
	ours, theirs := strings.Split(server, "\n"), strings.Split(live, "\n")
	for i := range max(len(ours), len(theirs)) {
		if lineAt(ours, i) != lineAt(theirs, i) {
			c.report(path, "line %d of %s is %q in the cluster, not %q", i+1, path, lineAt(theirs, i), lineAt(ours, i))
			return
		}
	}
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// list compares item by item: those with a name by their name, others by
// their place. Of a list of scalars the length counts too.
func (c *comparison) list(path manifest.Path, written, server, live []any) {
	key := manifest.ItemKey(written)
	scalars := false
	for i, item := range written {
		inner := append(slices.Clone(path), strconv.Itoa(i))
		partner, ok := itemAt(live, i)
		if key != "" {
			partner, ok = itemWith(live, key, at(item, key))
		}
		ours, _ := itemAt(server, i)
		_, isMapping := item.(map[string]any)
		scalars = scalars || !isMapping
		switch {
		case ours == nil:
		case !ok && key != "":
			c.compared++
			c.report(inner, "%s has no item with %s %s in the cluster", path, key, show(at(item, key)))
		case !ok:
			c.compared++
			c.report(inner, "%s has only %d items in the cluster", path, len(live))
		default:
			c.value(inner, item, ours, partner)
		}
	}
	if scalars && len(live) > len(written) {
		c.report(path, "%s has %d items in the cluster, not %d", path, len(live), len(written))
	}
}

func itemAt(list []any, i int) (any, bool) {
	if i < len(list) {
		return list[i], true
	}
	return nil, false
}

func itemWith(list []any, key string, name any) (any, bool) {
	for _, item := range list {
		if found, ok := manifest.Lookup(item, key); ok && equal(found, name) {
			return item, true
		}
	}
	return nil, false
}

// show writes a scalar for a reader, in at most a line.
func show(value any) string {
	text, ok := value.(string)
	if !ok {
		return fmt.Sprint(value)
	}
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strconv.Quote(text)
}
