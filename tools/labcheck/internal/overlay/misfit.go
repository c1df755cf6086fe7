package overlay

import (
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var wrongType = regexp.MustCompile(`json: cannot unmarshal (\w+) into Go struct field (?:\S+\.)?(\w+) of type`)

// misfit is the value in the part that a message says is of the wrong type,
// nil if it says no such thing: the message names the field only, which may
// hold a list or a mapping of values.
func (c *part) misfit(failure string) *yaml.Node {
	said := wrongType.FindStringSubmatch(failure)
	if said == nil {
		return nil
	}
	kinds := map[string]yaml.Kind{"array": yaml.SequenceNode, "object": yaml.MappingNode}
	kind, ok := kinds[said[1]]
	if !ok {
		kind = yaml.ScalarNode
	}
	key := ""
	if c.width == 2 {
		key = c.node.Value
	}
	return misfitIn(c.value, key, said[2], kind)
}

// misfitIn looks for a value of a kind that a field of this name holds or is,
// in a node that is the value of key.
func misfitIn(node *yaml.Node, key, name string, kind yaml.Kind) *yaml.Node {
	for i, child := range node.Content {
		own := key
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			own = node.Content[i-1].Value
		}
		if found := misfitIn(child, own, name, kind); found != nil {
			return found
		}
		if strings.EqualFold(key, name) && child.Kind == kind {
			return child
		}
	}
	if strings.EqualFold(key, name) && node.Kind == kind {
		return node
	}
	return nil
}
