package overlay

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// unfitReplacement is what a message of kustomize is about in a replacement
// that is written in the kustomization; nil if the part is none, or the message
// is about all of it.
func (b *builder) unfitReplacement(c *part, failure string) *yaml.Node {
	item := c.value
	source, hasSource := plan.Lookup(item, "source")
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
	case says("target must specify resources to select"):
		target := b.unfitTarget(item, failure)
		if selector, ok := plan.Lookup(target, "select"); ok {
			return keyOf(target, selector)
		}
		return target
	case says("unable to find or create field"):
		paths, _ := plan.Lookup(b.unfitTarget(item, failure), "fieldPaths")
		return itemIn(paths, failure)
	case says("in replacement target"):
		target := b.unfitTarget(item, failure)
		options, ok := plan.Lookup(target, "options")
		if create, written := plan.Lookup(options, "create"); written {
			return create
		}
		if ok {
			return keyOf(target, options)
		}
		return target
	}
	return nil
}

// unfitTarget is the target of a replacement without the others of which the
// build fails in the same way; nil if there is none.
func (b *builder) unfitTarget(item *yaml.Node, failure string) *yaml.Node {
	list, ok := plan.Lookup(item, "targets")
	if !ok || len(list.Content) == 0 {
		return nil
	}
	all := list.Content
	defer func() { list.Content = all }()
	for _, target := range all {
		if len(all) == 1 {
			return target
		}
		if b.spent() {
			break
		}
		list.Content = []*yaml.Node{target}
		if _, other, err := b.run(); err == nil && other == failure {
			return target
		}
	}
	return nil
}

// itemIn is the first item of a list of texts that a message quotes.
func itemIn(list *yaml.Node, failure string) *yaml.Node {
	if list == nil {
		return nil
	}
	for _, item := range list.Content {
		if strings.Contains(failure, strconv.Quote(item.Value)) {
			return item
		}
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
