package overlay

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/meant"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
)

// document is a YAML document that a part brings in, from a file or as text.
type document struct {
	root *yaml.Node
	at   func(*yaml.Node) manifest.Pos
}

// documents are those of the file that the part names, or of the patch that is
// written in it.
func (c *part) documents() []document {
	entry := c.node
	if c.width != 1 {
		return nil
	}
	if entry.Kind == yaml.MappingNode {
		path, named := plan.Lookup(entry, "path")
		patch, inline := plan.Lookup(entry, "patch")
		switch {
		case named:
			entry = path
		case inline:
			in := plan.Inline{File: c.kust.File, Data: c.plan.Files[c.kust.File], Outer: patch}
			return documentsIn([]byte(patch.Value), in.At)
		}
	}
	file, ok := c.plan.Input(c.kust, entry.Value)
	if !ok || entry.Kind != yaml.ScalarNode {
		return nil
	}
	return documentsIn(c.plan.Files[file], func(node *yaml.Node) manifest.Pos { return c.plan.At(file, node) })
}

func documentsIn(data []byte, at func(*yaml.Node) manifest.Pos) []document {
	var all []document
	for _, root := range plan.Documents(data) {
		all = append(all, document{root, at})
	}
	return all
}

// noObject says which field a document lacks without which it is no object.
func (d document) noObject() (manifest.Problem, bool) {
	if d.root.Kind != yaml.MappingNode {
		return manifest.Problem{}, false
	}
	if problem, ok := d.lacks(d.root, d.root, "kind", yaml.ScalarNode); ok {
		return problem, true
	}
	if problem, ok := d.lacks(d.root, d.root, "metadata", yaml.MappingNode); ok {
		return problem, true
	}
	metadata, _ := plan.Lookup(d.root, "metadata")
	return d.lacks(metadata, keyOf(d.root, metadata), "name", yaml.ScalarNode)
}

// lacks says that a mapping lacks a field, or has something else in it; outer
// is where it would be added.
func (d document) lacks(mapping, outer *yaml.Node, field string, kind yaml.Kind) (manifest.Problem, bool) {
	value, ok := plan.Lookup(mapping, field)
	if ok && value.Kind == kind && value.Tag != "!!null" {
		return manifest.Problem{}, false
	}
	problem := manifest.Problem{Pos: d.at(outer), Message: fmt.Sprintf("this is no object: field %q is missing", field)}
	if ok {
		problem.Pos = d.at(keyOf(mapping, value))
		problem.Message = fmt.Sprintf("this is no object: field %q is not what it must be", field)
		return problem, true
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if key := mapping.Content[i]; spelling.Closest(key.Value, []string{field}) != "" {
			problem.Pos = d.at(key)
			problem.Message = fmt.Sprintf("this is no object: unknown field %q, did you mean %q?", key.Value, field)
		}
	}
	return problem, true
}

// says is where a document has one of the fields that name an object: the
// value, or all of it if it has none.
func (d document) says(field string) *yaml.Node {
	from := d.root
	if field == "name" || field == "namespace" {
		from, _ = plan.Lookup(d.root, "metadata")
	}
	if node, ok := plan.Lookup(from, field); ok {
		return node
	}
	return d.root
}

// ref names the object that a document is about, as far as it says.
func (d document) ref() manifest.Ref {
	text := func(field string) string { return d.says(field).Value }
	return manifest.Ref{APIVersion: text("apiVersion"), Kind: text("kind"), Namespace: text("namespace"), Name: text("name")}
}

// missed says which field of a patch keeps it from being merged into one of
// objects: those that are there without the patch.
func (d document) missed(objects resmap.ResMap) (manifest.Problem, bool) {
	said, refs := d.ref(), refsOf(objects.Resources())
	if slices.ContainsFunc(refs, func(ref manifest.Ref) bool { return differs(said, ref) == nil }) {
		return manifest.Problem{}, false
	}
	for _, fields := range [][]string{{"name"}, {"kind"}, {"apiVersion"}, {"namespace"}, {"name", "namespace"}, {"kind", "apiVersion"}} {
		others := slices.DeleteFunc(slices.Clone(refs), func(ref manifest.Ref) bool { return !slices.Equal(differs(said, ref), fields) })
		if len(others) == 0 {
			continue
		}
		field := fields[0]
		message := fmt.Sprintf("there is no %s %q to patch", said.Kind, said.Name)
		if field != "name" {
			message = fmt.Sprintf("there is no object %q with %s %q to patch", said.Name, field, d.says(field).Value)
		}
		problem := manifest.Problem{Pos: d.at(d.says(field)), Message: message}
		meant.Add(&problem, field, d.says(field).Value, others)
		if len(problem.Leads) == 0 {
			problem.Missing = said
		}
		return problem, true
	}
	return manifest.Problem{}, false
}

// differs are the fields in which a patch says something else than an object.
// A namespace that the patch does not say may be one that was set later.
func differs(said, ref manifest.Ref) []string {
	var fields []string
	for _, field := range []string{"name", "kind", "apiVersion", "namespace"} {
		want, _ := meant.In(said, field)
		has, _ := meant.In(ref, field)
		if want != has && !(field == "namespace" && want == "") {
			fields = append(fields, field)
		}
	}
	return fields
}

// refsOf are the names of objects as they are built so far.
func refsOf(objects []*resource.Resource) []manifest.Ref {
	var refs []manifest.Ref
	for _, object := range objects {
		refs = append(refs, manifest.Ref{
			APIVersion: object.GetApiVersion(), Kind: object.GetKind(), Namespace: object.GetNamespace(), Name: object.GetName(),
		})
	}
	return refs
}
