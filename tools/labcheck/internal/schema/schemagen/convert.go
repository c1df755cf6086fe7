package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The definitions that Kubernetes decodes with code of their own: what they
// accept is not what their OpenAPI says.
const (
	intOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString"
	quantity    = "io.k8s.apimachinery.pkg.api.resource.Quantity"
	objectMeta  = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
)

// A node is one definition of one Kubernetes version as JSON schema. A
// reference in it reads "$ref": refTo{name}.
type node struct {
	name    string           // of the definition
	version string           // a minor version, or commonVersion
	gvk     groupVersionKind // zero unless a manifest may be of this kind
	cut     []string         // in a kind, the path to what is cut out of it, if any
	schema  map[string]any
	refs    []string // names of the definitions it refers to, sorted
}

// refTo is a reference to the definition of that name in the same version.
type refTo string

// A converter turns the definitions of one version into nodes.
type converter struct {
	definitions map[string]*definition
	cut         string   // what is a schema by itself instead of being referred to
	refs        []string // of the node being converted
}

// convertAll turns all definitions that some manifest may need into nodes. A
// definition named cut is cut out of the others; "" cuts nothing.
func convertAll(version string, definitions map[string]*definition, cut string) ([]*node, error) {
	c := &converter{definitions: definitions, cut: cut}
	var queue []string
	for name, def := range definitions {
		if isManifest(def) {
			queue = append(queue, name)
		}
	}
	slices.Sort(queue)
	var nodes []*node
	if cut != "" {
		nodes = append(nodes, part(cut))
		queue = append(queue, cut)
	}
	done := map[string]bool{}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if done[name] {
			continue
		}
		done[name] = true
		n, err := c.convert(name)
		if err != nil {
			return nil, fmt.Errorf("definition %s: %w", name, err)
		}
		queue = append(queue, n.refs...)
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		n.version = version
	}
	return nodes, nil
}

// isManifest reports whether a file of a repository may hold an object of
// this definition: it has a kind and metadata of its own. Lists, options and
// the answers of the API have not.
func isManifest(def *definition) bool {
	metadata := def.Properties["metadata"]
	return len(def.Kinds) > 0 && metadata != nil && refName(metadata) == objectMeta
}

func (c *converter) convert(name string) (*node, error) {
	def, ok := c.definitions[name]
	if !ok {
		return nil, errors.New("is referred to and does not exist")
	}
	c.refs = nil
	n := &node{name: name, schema: c.object(def)}
	if isManifest(def) {
		if len(def.Kinds) != 1 {
			return nil, fmt.Errorf("stands for %d kinds, want 1", len(def.Kinds))
		}
		n.gvk = def.Kinds[0]
		var err error
		if n.cut, err = c.cutPath(name); err != nil {
			return nil, err
		}
		properties := n.schema["properties"].(map[string]any)
		properties["apiVersion"] = map[string]any{"enum": []any{n.gvk.apiVersion(), nil}}
		properties["kind"] = map[string]any{"enum": []any{n.gvk.Kind, nil}}
	}
	slices.Sort(c.refs)
	n.refs = slices.Compact(c.refs)
	return n, nil
}

// object converts a definition that has fields: it takes no others.
func (c *converter) object(def *definition) map[string]any {
	properties := map[string]any{}
	for name, property := range def.Properties {
		properties[name] = c.field(property, !slices.Contains(def.Required, name))
	}
	schema := map[string]any{
		"type":                 []any{"object", "null"},
		"properties":           properties,
		"additionalProperties": false,
	}
	if len(def.Required) > 0 {
		schema["required"] = slices.Sorted(slices.Values(def.Required))
	}
	return schema
}

// field converts what a field, an item or a map value may hold. The API
// server reads null as if nothing were there, so only a required field
// cannot be null.
func (c *converter) field(def *definition, nullable bool) map[string]any {
	switch {
	case def.Ref != "":
		return c.reference(refName(def), nullable)
	case len(def.Properties) > 0:
		return c.object(def)
	}
	schema := map[string]any{}
	if def.Format == "date-time" {
		schema["format"] = def.Format
	}
	if def.Type != "" {
		schema["type"] = typeNames(nullable, def.Type)
	}
	if def.Items != nil {
		schema["items"] = c.field(def.Items, true)
	}
	if def.Values != nil {
		schema["additionalProperties"] = c.field(def.Values, true)
	}
	return schema
}

// reference writes small definitions in place: a reference costs the engine
// more than they do.
func (c *converter) reference(name string, nullable bool) map[string]any {
	switch name {
	case intOrString:
		return map[string]any{"type": typeNames(nullable, "integer", "string")}
	case quantity:
		return map[string]any{"type": typeNames(nullable, "number", "string")}
	case c.cut:
		return map[string]any{"type": typeNames(nullable, "object")}
	}
	if def := c.definitions[name]; def != nil && len(def.Properties) == 0 {
		return c.field(def, nullable)
	}
	c.refs = append(c.refs, name)
	reference := map[string]any{"$ref": refTo(name)}
	if nullable {
		return reference
	}
	// Draft 4 ignores what stands beside a $ref.
	return map[string]any{"type": "object", "allOf": []any{reference}}
}

// typeNames is the value of the keyword type.
func typeNames(nullable bool, names ...string) any {
	if nullable {
		names = append(names, "null")
	}
	if len(names) == 1 {
		return names[0]
	}
	values := make([]any, len(names))
	for i, name := range names {
		values[i] = name
	}
	return values
}

func refName(def *definition) string { return strings.TrimPrefix(def.Ref, "#/definitions/") }
