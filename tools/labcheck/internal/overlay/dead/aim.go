package dead

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/meant"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
	"go.yaml.in/yaml/v3"
)

// An aim is what a piece is for: objects that a selector selects, or an image.
type aim struct {
	selector *yaml.Node
	image    *yaml.Node // its name
}

// missed says that what a piece aims at is not there; nil if it is.
func (j *judge) missed(p *piece) (*manifest.Problem, error) {
	if p.aims.image != nil {
		return j.missedImage(p), nil
	}
	hits, err := j.selected(p.aims.selector)
	if err != nil || len(hits) > 0 {
		return nil, err
	}
	problem := &manifest.Problem{Pos: p.text.at(p.aims.selector), Message: p.what + " selects no object, so it changes nothing"}
	for _, field := range []string{"name", "kind", "namespace", "group", "version", "labelSelector", "annotationSelector"} {
		value, ok := plan.Lookup(p.aims.selector, field)
		if !ok || value.Kind != yaml.ScalarNode {
			continue
		}
		hits, err := j.selected(without(p.aims.selector, value))
		if err != nil {
			return nil, err
		}
		if len(hits) > 0 {
			problem.Pos = p.text.at(value)
			problem.Message += fmt.Sprintf(": none has %s %q", field, value.Value)
			meant.Add(problem, field, value.Value, refsOf(hits))
			break
		}
	}
	return problem, nil
}

// missedImage says that no container has an image of this name.
func (j *judge) missedImage(p *piece) *manifest.Problem {
	name := p.aims.image.Value
	pattern, err := regexp.Compile("^" + name + "$") // kustomize takes a name for an expression
	var names []string
	for _, values := range []Values{j.before, j.after} {
		for value := range values {
			if !isImage(value) {
				continue
			}
			if err == nil && pattern.MatchString(imageName(value.text)) {
				return nil
			}
			names = append(names, imageName(value.text))
		}
	}
	slices.Sort(names)
	return &manifest.Problem{
		Pos: p.text.at(p.aims.image), Message: fmt.Sprintf("no container has an image %q", name) + spelling.DidYouMean(name, names),
	}
}

// probe is the field that an object gets when a selector selects it.
const probe = "labcheckSelected"

// selected are the objects that a selector selects, by the way kustomize
// itself selects: it is given a patch that leaves its trace.
func (j *judge) selected(selector *yaml.Node) ([]*yaml.Node, error) {
	patch := mapping("target", selector, "patch", scalarNode("- op: add\n  path: /"+probe+"\n  value: here\n"))
	fields := j.kust.Fields
	was := fields.Content
	defer func() { fields.Content = was }()
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: append(slices.Clone(plan.Items(fields, "patches")), patch)}
	fields.Content = append(withoutField(was, "patches"), scalarNode("patches"), list)
	objects, err := j.run()
	if err != nil {
		return nil, err
	}
	var hits []*yaml.Node
	for _, object := range objects.Resources() {
		if found, ok := plan.Lookup(object.YNode(), probe); ok && found.Value == "here" {
			hits = append(hits, object.YNode())
		}
	}
	return hits, nil
}

func refsOf(objects []*yaml.Node) []manifest.Ref {
	var refs []manifest.Ref
	for _, object := range objects {
		metadata, _ := plan.Lookup(object, "metadata")
		refs = append(refs, manifest.Ref{
			APIVersion: textOf(object, "apiVersion"), Kind: textOf(object, "kind"),
			Namespace: textOf(metadata, "namespace"), Name: textOf(metadata, "name"),
		})
	}
	return refs
}

func without(selector, value *yaml.Node) *yaml.Node {
	rest := *selector
	at := slices.Index(selector.Content, value)
	rest.Content = slices.Delete(slices.Clone(selector.Content), at-1, at+1)
	return &rest
}

func withoutField(content []*yaml.Node, name string) []*yaml.Node {
	var kept []*yaml.Node
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Value != name {
			kept = append(kept, content[i], content[i+1])
		}
	}
	return kept
}

func scalarNode(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

func mapping(pairs ...any) *yaml.Node {
	made := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, part := range pairs {
		switch part := part.(type) {
		case string:
			made.Content = append(made.Content, scalarNode(part))
		case *yaml.Node:
			made.Content = append(made.Content, part)
		}
	}
	return made
}
