package trace

import (
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// pair finds the traced object of each built one. They differ in name where a
// hash of the content is part of it. What has none is nil.
func pair(built []map[string]any, traced []*yaml.Node) []*object {
	objects := make([]*object, len(built))
	used := make([]bool, len(traced))
	for _, same := range []func(name string, node *yaml.Node) bool{sameName, sameButHash} {
		for i, fields := range built {
			if objects[i] != nil {
				continue
			}
			for j, node := range traced {
				if !used[j] && sameKind(fields, node) && same(textAt(fields, "metadata", "name"), node) {
					used[j] = true
					objects[i] = &object{fields: fields, node: node, index: j}
					break
				}
			}
		}
	}
	return objects
}

func sameKind(fields map[string]any, node *yaml.Node) bool {
	return textAt(fields, "apiVersion") == nodeText(node, "apiVersion") &&
		textAt(fields, "kind") == nodeText(node, "kind") &&
		textAt(fields, "metadata", "namespace") == nodeText(node, "metadata", "namespace")
}

func sameName(name string, node *yaml.Node) bool { return name == nodeText(node, "metadata", "name") }

func sameButHash(name string, node *yaml.Node) bool {
	return len(notes(node)) > 0 && beforeHash(name) == beforeHash(nodeText(node, "metadata", "name"))
}

// beforeHash is a name without the last part, which may be a hash.
func beforeHash(name string) string {
	if at := strings.LastIndexByte(name, '-'); at >= 0 {
		return name[:at]
	}
	return name
}

func textAt(fields map[string]any, path ...string) string {
	value, _ := manifest.Lookup(fields, path...)
	text, _ := value.(string)
	return text
}

func nodeText(node *yaml.Node, path ...string) string {
	if found := walk(node, path); found != nil {
		return found.Value
	}
	return ""
}

// notes are the annotations that name the generators an object went through.
func notes(node *yaml.Node) []string { return notesOf(node, generatorNote) }

func notesOf(node *yaml.Node, kind string) []string {
	var found []string
	annotations := walk(node, manifest.Path{"metadata", "annotations"})
	if annotations == nil {
		return nil
	}
	for i := 0; i+1 < len(annotations.Content); i += 2 {
		if name := annotations.Content[i].Value; strings.HasPrefix(name, kind) {
			found = append(found, name)
		}
	}
	return found
}

// identity tells an object from others of the same build, and is the same in
// each build with marks.
func identity(node *yaml.Node) string {
	return strings.Join(append(notes(node), nodeText(node, objectField), nodeText(node, "kind")), " ")
}

// counterpart is the object of another build with marks that is the same as
// the one with this index.
func counterpart(objects []*yaml.Node, index int, others []*yaml.Node) *yaml.Node {
	id, skip := identity(objects[index]), 0
	for _, before := range objects[:index] {
		if identity(before) == id {
			skip++
		}
	}
	for _, other := range others {
		if identity(other) != id {
			continue
		}
		if skip == 0 {
			return other
		}
		skip--
	}
	return nil
}
