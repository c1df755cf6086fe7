package overlay

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resource"
)

// brokenFile says which line of the file the part names is no YAML, and why.
func (c *part) brokenFile() (manifest.Problem, bool) {
	if c.width != 1 || c.node.Kind != yaml.ScalarNode {
		return manifest.Problem{}, false
	}
	file, ok := c.plan.Input(c.kust, c.node.Value)
	if !ok {
		return manifest.Problem{}, false
	}
	data := c.plan.Files[file]
	err := plan.SyntaxError(data)
	if err == nil {
		return manifest.Problem{}, false
	}
	return manifest.Problem{Pos: plan.SyntaxPos(file, data, err), Message: "this is no YAML: " + plan.Sentence(err)}, true
}

// duplicateKeys are the places of keys that are written a second time in one
// mapping; kustomize builds such an object but cannot print it.
func duplicateKeys(node *yaml.Node) []*yaml.Node {
	var again []*yaml.Node
	seen := map[string]bool{}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			if seen[child.Value] {
				again = append(again, child)
			}
			seen[child.Value] = true
		}
		again = append(again, duplicateKeys(child)...)
	}
	return again
}

// unprintable says why an object was built but cannot be printed: it holds a
// key twice.
func unprintable(p *plan.Plan, res *resource.Resource, err error) manifest.Problem {
	for _, file := range slices.Sorted(maps.Keys(p.Files)) {
		decoder := yaml.NewDecoder(bytes.NewReader(p.Files[file]))
		for {
			var doc yaml.Node
			if decoder.Decode(&doc) != nil {
				break
			}
			if again := duplicateKeys(&doc); len(again) > 0 && names(&doc, res) {
				return manifest.Problem{
					Pos:     p.At(file, again[0]),
					Message: fmt.Sprintf("key %q is already in this mapping", again[0].Value),
				}
			}
		}
	}
	return manifest.Problem{Pos: manifest.Pos{File: p.Kusts[0].File}, Message: message(err)}
}

// names says whether a document may be the source of an object: kind and name
// agree as far as a prefix or suffix lets them.
func names(doc *yaml.Node, res *resource.Resource) bool {
	kind, _ := plan.Lookup(doc.Content[0], "kind")
	metadata, _ := plan.Lookup(doc.Content[0], "metadata")
	name, _ := plan.Lookup(metadata, "name")
	return kind != nil && name != nil && kind.Value == res.GetKind() && strings.Contains(res.GetName(), name.Value)
}
