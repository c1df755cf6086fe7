package main

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/release"
)

// indexName is the file that tells which file holds which kind.
const indexName = "index"

// A bundler lays classes out in files. A kind has a file of its own.
// Definitions below exactly one kind are in the file of that kind, and those
// that are below the same kinds share a file: whoever needs one needs all.
type bundler struct {
	kinds []*class
	users map[*class][]int // the kinds above a definition, as indexes into kinds
	files map[string][]*class
	file  map[*class]string
}

// bundle returns the files that hold classes, and the index.
func bundle(classes []*class, releases []release.Release) (map[string][]byte, error) {
	b := &bundler{users: map[*class][]int{}, files: map[string][]*class{}, file: map[*class]string{}}
	for _, c := range classes {
		if c.gvk.Kind != "" {
			b.kinds = append(b.kinds, c)
		}
	}
	for i, kind := range b.kinds {
		for c := range reach(kind) {
			b.users[c] = append(b.users[c], i)
		}
	}
	if err := b.place(classes); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, members := range b.files {
		files[name] = encode(b.render(members))
	}
	files[indexName] = b.index(files, releases)
	return files, nil
}

// reach is the set of kind and everything below it.
func reach(kind *class) map[*class]bool {
	seen := map[*class]bool{}
	var visit func(*class)
	visit = func(c *class) {
		if !seen[c] {
			seen[c] = true
			for _, below := range c.below {
				visit(below)
			}
		}
	}
	visit(kind)
	return seen
}

// place decides the file of every class.
func (b *bundler) place(classes []*class) error {
	shared := map[string]string{} // file by users
	for _, kind := range b.kinds {
		b.file[kind] = kindFile(kind)
		b.files[b.file[kind]] = append(b.files[b.file[kind]], kind)
	}
	for _, c := range classes {
		if c.gvk.Kind != "" {
			continue
		}
		users := b.users[c]
		name := kindFile(b.kinds[users[0]])
		if len(users) > 1 {
			key := fmt.Sprint(users)
			if shared[key] == "" {
				shared[key] = fmt.Sprintf("%s-%.8s.json", short(c.name), c.hash)
			}
			name = shared[key]
		}
		b.file[c] = name
		b.files[name] = append(b.files[name], c)
	}
	for name, members := range b.files {
		if err := unique(members); err != nil {
			return fmt.Errorf("file %s: %w", name, err)
		}
	}
	return nil
}

// unique fails if two members of a file would have the same name in it.
func unique(members []*class) error {
	seen := map[string]bool{}
	for _, c := range members {
		if seen[short(c.name)] {
			return fmt.Errorf("has two definitions with the name %s", short(c.name))
		}
		seen[short(c.name)] = true
	}
	return nil
}

// render is the document that holds members: a kind is the document itself,
// all others are definitions in it.
func (b *bundler) render(members []*class) map[string]any {
	document := map[string]any{}
	definitions := map[string]any{}
	for _, c := range members {
		schema := b.resolve(c, c.schema).(map[string]any)
		if c.gvk.Kind != "" {
			maps.Copy(document, schema)
			continue
		}
		definitions[short(c.name)] = schema
	}
	if len(definitions) > 0 {
		document["definitions"] = definitions
	}
	return document
}

// resolve copies a part of the schema of c, with references to files.
func (b *bundler) resolve(c *class, value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, item := range v {
			out[key] = b.resolve(c, item)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = b.resolve(c, item)
		}
		return out
	case refTo:
		return b.link(c, c.below[v])
	}
	return value
}

// link is the relative reference from one class to another.
func (b *bundler) link(from, to *class) string {
	file := b.file[to]
	if file == b.file[from] {
		file = ""
	}
	switch {
	case to.gvk.Kind == "":
		return file + "#/definitions/" + short(to.name)
	case file == "":
		return "#"
	}
	return file
}

// index is, in text: a line with the hash of all files, a line with the
// releases, and a line per schema of a kind: API version, kind, the versions
// that have this very schema, the path to what is cut out of it, and the files
// below its own. The last of the versions is in the name of its file.
func (b *bundler) index(files map[string][]byte, releases []release.Release) []byte {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		parts = append(parts, name, string(files[name]))
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "set %s\nreleases", hashOf(parts...))
	for _, release := range releases {
		fmt.Fprintf(&out, " %s", release.Patch)
	}
	fmt.Fprintln(&out)
	for _, kind := range b.kinds {
		needed := map[string]bool{}
		for c := range reach(kind) {
			needed[b.file[c]] = true
		}
		delete(needed, b.file[kind])
		fields := []string{kind.gvk.apiVersion(), kind.gvk.Kind, strings.Join(kind.versions, ","), strings.Join(kind.cut, ".")}
		if kind.cut == nil {
			fields[3] = "-"
		}
		fields = append(fields, slices.Sorted(maps.Keys(needed))...)
		fmt.Fprintln(&out, strings.Join(fields, " "))
	}
	return out.Bytes()
}

// kindFile is the name that the location template of package schema gives
// the file of a kind.
func kindFile(c *class) string {
	group := c.gvk.Group
	if group == "" {
		group = c.gvk.Version
	}
	return fmt.Sprintf("%s_%s_%s_v%s.json", group, c.gvk.Version, strings.ToLower(c.gvk.Kind), c.version)
}

// short is the name of a definition without what all of them begin with.
func short(name string) string {
	for _, prefix := range []string{"io.k8s.api.", "io.k8s.apimachinery.pkg.apis."} {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			return rest
		}
	}
	return name[strings.LastIndex(name, ".apis.")+1:]
}
