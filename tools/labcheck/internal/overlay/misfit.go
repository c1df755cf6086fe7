package overlay

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

var wrongType = regexp.MustCompile(`json: cannot unmarshal (\w+)(?: \S+)? into Go struct field (?:\S+\.)?(\w+) of type (\[\])?`)

// misfit is the value in the part that a message says is of the wrong type,
// nil if it says no such thing: the message names the field only, which may be
// there several times, and hold a list or a mapping of values.
func (c *part) misfit(failure string) *yaml.Node {
	said := wrongType.FindStringSubmatch(failure)
	if said == nil {
		return nil
	}
	values, held := c.values(said[2])
	if said[3] == "" {
		values = append(held, values...)
	}
	if at := slices.IndexFunc(values, func(node *yaml.Node) bool { return jsonType(node) == said[1] }); at >= 0 {
		return values[at]
	}
	return nil
}

// values are those of all fields of this name in the part, and what those of
// them hold that are lists or mappings.
func (c *part) values(name string) (own, held []*yaml.Node) {
	var add func(node *yaml.Node, field, above string)
	add = func(node *yaml.Node, field, above string) {
		switch {
		case strings.EqualFold(field, name):
			own = append(own, node)
		case strings.EqualFold(above, name):
			held = append(held, node)
		}
		for i, child := range node.Content {
			switch {
			case node.Kind == yaml.SequenceNode:
				add(child, "", cmp.Or(field, above))
			case i%2 == 1:
				add(child, node.Content[i-1].Value, field)
			}
		}
	}
	if c.width == 1 {
		add(c.value, "", c.field)
	} else {
		add(c.value, c.field, "")
	}
	return own, held
}

// jsonType is what a message about JSON calls the type of a value. kustomize
// still reads the words for yes and no of YAML 1.1.
func jsonType(node *yaml.Node) string {
	switch {
	case node.Kind == yaml.SequenceNode:
		return "array"
	case node.Kind == yaml.MappingNode:
		return "object"
	case node.Tag == "!!int" || node.Tag == "!!float":
		return "number"
	case node.Tag == "!!bool", node.Style == 0 && yesOrNo.MatchString(node.Value):
		return "bool"
	}
	return "string"
}

var yesOrNo = regexp.MustCompile(`^(?i:y|yes|on|n|no|off)$`)

var quotedPath = regexp.MustCompile(`['"\x60]([\w.]+)['"\x60]`)

// quoted is the node in the part, which is a field, that a message names by
// its path; nil if it names none.
func (c *part) quoted(failure string) *yaml.Node {
	for _, said := range quotedPath.FindAllStringSubmatch(failure, -1) {
		steps := strings.Split(said[1], ".")
		if c.width != 2 || steps[0] != c.field {
			continue
		}
		node, mapping := c.value, c.from
		for _, step := range steps[1:] {
			value, ok := plan.Lookup(node, step)
			if !ok {
				break
			}
			node, mapping = value, node
		}
		if node.Kind != yaml.ScalarNode {
			return keyOf(mapping, node)
		}
		return node
	}
	return nil
}
