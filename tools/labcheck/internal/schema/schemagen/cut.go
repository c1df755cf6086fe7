package main

import (
	"fmt"
	"slices"
	"strings"
)

// A part is judged as if it were an object of this API version: kubeconform
// knows nothing but objects.
const partVersion = "part"

// part is the kind that wraps the definition of that name.
func part(name string) *node {
	kind := name[strings.LastIndex(name, ".")+1:]
	return &node{
		name: partVersion + "." + kind,
		gvk:  groupVersionKind{Version: partVersion, Kind: kind},
		refs: []string{name},
		schema: map[string]any{
			"type":       "object",
			"properties": map[string]any{"spec": map[string]any{"$ref": refTo(name)}},
			"required":   []any{"spec"},
		},
	}
}

// cutPath is the path from a kind to what is cut out of it, nil if nothing
// is. What is cut out must be judged by itself, so it fails where one path
// does not lead to all of it.
func (c *converter) cutPath(kind string) ([]string, error) {
	if c.cut == "" {
		return nil, nil
	}
	paths := c.cutPaths(kind, nil)
	if len(paths) == 0 {
		return nil, nil
	}
	if len(paths) > 1 || slices.Contains(paths[0], "*") {
		return nil, fmt.Errorf("cannot cut out %s, which is at %q", c.cut, paths)
	}
	return paths[0], nil
}

// cutPaths are all paths from a definition to what is cut out. A * stands
// for any item of a list or mapping; above are the definitions on the way.
func (c *converter) cutPaths(name string, above []string) [][]string {
	if slices.Contains(above, name) {
		return nil
	}
	above = append(slices.Clone(above), name)
	var paths [][]string
	for field, property := range c.definitions[name].Properties {
		step := []string{field}
		for property.Ref == "" && (property.Items != nil || property.Values != nil) {
			step = append(step, "*")
			if property.Items != nil {
				property = property.Items
			} else {
				property = property.Values
			}
		}
		switch target := refName(property); target {
		case "":
		case c.cut:
			paths = append(paths, step)
		default:
			for _, path := range c.cutPaths(target, above) {
				paths = append(paths, slices.Concat(step, path))
			}
		}
	}
	return paths
}
