package overlay

import (
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// unfitReplacement is what a message of kustomize is about in a replacement
// that is written in the kustomization; nil if the part is none, or the message
// is about all of it.
func (c *part) unfitReplacement(failure string) *yaml.Node {
	item := c.value
	if item.Kind == yaml.SequenceNode && len(item.Content) == 1 {
		item = item.Content[0]
	}
	source, hasSource := plan.Lookup(item, "source")
	targets := plan.Items(item, "targets")
	says := func(words string) bool { return strings.Contains(failure, words) }
	switch {
	case says("replacements must specify a source") && !hasSource:
		return item
	case says("replacements must specify a source"):
		list, _ := plan.Lookup(item, "targets")
		return keyOf(item, list)
	case says("nothing selected by"):
		return firstOf(source, "name", "kind")
	case says("is missing for replacement source"):
		return firstOf(source, "fieldPath")
	case says("target must specify resources to select") && len(targets) == 1:
		return targets[0]
	case says("in replacement target") && len(targets) == 1:
		options, ok := plan.Lookup(targets[0], "options")
		if create, written := plan.Lookup(options, "create"); written {
			return create
		}
		if ok {
			return keyOf(targets[0], options)
		}
		return targets[0]
	}
	return nil
}

// firstOf is the value of the first of these fields that a mapping has.
func firstOf(mapping *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		if value, ok := plan.Lookup(mapping, name); ok {
			return value
		}
	}
	return nil
}
