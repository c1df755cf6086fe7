package dead

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

var (
	labels      = shapeOf("metadata", "labels")
	annotations = shapeOf("metadata", "annotations")
)

// collector gathers the pieces of one kustomization.
type collector struct {
	plan *plan.Plan
	kust *plan.Kust
	text *text
	all  []*piece
}

// piecesOf are the pieces of a kustomization in the order in which kustomize
// applies them.
func piecesOf(p *plan.Plan, kust *plan.Kust) []*piece {
	if kust.Sealed {
		return nil
	}
	c := &collector{plan: p, kust: kust, text: kustomization(p, kust)}
	c.generators()
	c.patches("patchesStrategicMerge")
	c.patches("patches")
	c.field("namespace", func(v Value, said string) bool { return v.shape.ends("namespace") && v.text == said })
	c.field("namePrefix", func(v Value, said string) bool { return strings.HasPrefix(v.text, said) })
	c.field("nameSuffix", func(v Value, said string) bool { return strings.Contains(v.text, said) })
	c.labels()
	c.pairs(kust.Fields, "commonLabels", labels)
	c.pairs(kust.Fields, "commonAnnotations", annotations)
	c.patches("patchesJson6902")
	c.replicas()
	c.images("imageTags")
	c.images("images")
	c.replacements()
	for _, entry := range c.items("transformers") {
		c.all = append(c.all, c.item("transformers", entry, fmt.Sprintf("transformer %q", firstLine(entry.Value))))
	}
	return c.all
}

func (c *collector) items(field string) []*yaml.Node { return plan.Items(c.kust.Fields, field) }

// item is the piece of an item of a list of the kustomization.
func (c *collector) item(field string, node *yaml.Node, what string) *piece {
	list, _ := plan.Lookup(c.kust.Fields, field)
	return &piece{text: c.text, from: list, node: node, place: node, what: what}
}

// of is the piece of a field of a mapping of the kustomization.
func (c *collector) of(mapping, value *yaml.Node, what string) *piece {
	return &piece{text: c.text, from: mapping, node: value, place: value, what: what}
}

// field collects a scalar field of the kustomization itself.
func (c *collector) field(name string, writes func(v Value, said string) bool) {
	value, ok := plan.Lookup(c.kust.Fields, name)
	if !ok || value.Kind != yaml.ScalarNode || value.Value == "" {
		return
	}
	p := c.of(c.kust.Fields, value, fmt.Sprintf("%s %q", name, value.Value))
	p.shows = func(d difference) bool {
		return d.added.any(func(v Value) bool { return writes(v, value.Value) })
	}
	c.all = append(c.all, p)
}

func (c *collector) labels() {
	for _, item := range c.items("labels") {
		whole := c.item("labels", item, "this entry of labels")
		if pairs, ok := plan.Lookup(item, "pairs"); ok {
			whole.inner = c.pairPieces(pairs, labels, "label")
		}
		whole.says = saidBy(whole.inner)
		c.all = append(c.all, whole)
	}
}

// pairs collects a mapping of strings that is written to every object.
func (c *collector) pairs(mapping *yaml.Node, field string, at shape) {
	if value, ok := plan.Lookup(mapping, field); ok {
		c.all = append(c.all, c.pairPieces(value, at, strings.TrimSuffix(field, "s"))...)
	}
}

func (c *collector) pairPieces(pairs *yaml.Node, at shape, noun string) []*piece {
	var found []*piece
	for i := 0; pairs.Kind == yaml.MappingNode && i+1 < len(pairs.Content); i += 2 {
		key, value := pairs.Content[i].Value, pairs.Content[i+1]
		p := c.of(pairs, value, fmt.Sprintf("%s %s: %q", noun, key, value.Value))
		p.says = []Value{{at.then(key), value.Value}}
		found = append(found, p)
	}
	return found
}

func (c *collector) replicas() {
	for _, item := range c.items("replicas") {
		name, count := textOf(item, "name"), textOf(item, "count")
		p := c.item("replicas", item, fmt.Sprintf("the number of replicas of %q", name))
		p.says = []Value{{shapeOf("spec", "replicas"), count}}
		if node, ok := plan.Lookup(item, "count"); ok {
			p.place = node
		}
		c.all = append(c.all, p)
	}
}

func (c *collector) images(field string) {
	for _, item := range c.items(field) {
		old, new := textOf(item, "name"), textOf(item, "newName")
		if new == "" {
			new = old
		}
		p := c.item(field, item, fmt.Sprintf("the entry for image %q", old))
		p.shows = func(d difference) bool { return d.added.any(imageNamed(new)) }
		if node, ok := plan.Lookup(item, "name"); ok {
			p.aims = &aim{image: node}
		}
		var edits []*piece
		for _, edit := range []string{"newName", "newTag", "digest", "tagSuffix"} {
			if value, ok := plan.Lookup(item, edit); ok && value.Value != "" {
				part := c.of(item, value, fmt.Sprintf("%s %q", edit, value.Value))
				part.shows = changesImage(old, new, value.Value)
				edits = append(edits, part)
			}
		}
		if len(edits) > 1 {
			p.inner = edits
		} else if len(edits) == 1 {
			p.place = edits[0].place
		}
		c.all = append(c.all, p)
	}
}

func imageNamed(name string) func(Value) bool {
	return func(v Value) bool { return isImage(v) && imageName(v.text) == name }
}

// changesImage is shown by an image that has a part which the one that it
// takes the place of did not have.
func changesImage(old, new, part string) func(difference) bool {
	return func(d difference) bool {
		has := func(v Value) bool { return strings.HasSuffix(v.text, part) || imageName(v.text) == part }
		return d.added.any(func(v Value) bool { return imageNamed(new)(v) && has(v) }) &&
			d.gone.any(func(v Value) bool { return imageNamed(old)(v) && !has(v) })
	}
}

func isImage(v Value) bool { return v.shape.ends("image") }

// imageName is an image without tag and digest.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	if at := strings.LastIndexByte(image, ':'); at > strings.LastIndexByte(image, '/') {
		image = image[:at]
	}
	return image
}

// generators collects what generators merge into what is there, and options
// that may be said twice or for nobody: any other option has an effect.
func (c *collector) generators() {
	global, _ := plan.Lookup(c.kust.Fields, "generatorOptions")
	made := 0
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, item := range c.items(field) {
			made++
			if behavior := textOf(item, "behavior"); behavior == "merge" || behavior == "replace" {
				whole := c.item(field, item, fmt.Sprintf("the entry for %q", textOf(item, "name")))
				whole.inner = c.literals(item, field == "secretGenerator")
				whole.says = saidBy(whole.inner)
				c.all = append(c.all, whole)
			}
			if options, ok := plan.Lookup(item, "options"); ok && global != nil {
				c.options(options)
			}
		}
	}
	if global != nil && made == 0 {
		c.options(global)
	}
}

// options collects the options of a generator, or of all.
func (c *collector) options(options *yaml.Node) {
	for _, field := range []string{"labels", "annotations"} {
		if pairs, ok := plan.Lookup(options, field); ok {
			for _, p := range c.pairPieces(pairs, "", strings.TrimSuffix(field, "s")) {
				p.says = nil // who said it does not show
				c.all = append(c.all, p)
			}
		}
	}
	for _, field := range []string{"disableNameSuffixHash", "immutable"} {
		if value, ok := plan.Lookup(options, field); ok && value.Value == "true" { // false is said for the reader
			c.all = append(c.all, c.of(options, value, field))
		}
	}
}

// literals are the entries of a generator that name a key and its value.
func (c *collector) literals(generator *yaml.Node, encoded bool) []*piece {
	var found []*piece
	list, _ := plan.Lookup(generator, "literals")
	for _, literal := range plan.Items(generator, "literals") {
		key, value, _ := strings.Cut(literal.Value, "=")
		if encoded {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		found = append(found, &piece{
			text: c.text, from: list, node: literal, place: literal, what: fmt.Sprintf("key %q", key), says: []Value{{shapeOf("data", key), value}},
		})
	}
	return found
}

func (c *collector) replacements() {
	for _, item := range c.items("replacements") {
		whole := c.item("replacements", item, "this replacement")
		targets, _ := plan.Lookup(item, "targets")
		for _, target := range plan.Items(item, "targets") {
			p := &piece{text: c.text, from: targets, node: target, place: target, what: "this target", shows: writesTo(target)}
			if selected, ok := plan.Lookup(target, "select"); ok {
				p.aims = &aim{selector: selected}
			}
			whole.inner = append(whole.inner, p)
		}
		targetsOf := whole.inner
		whole.shows = func(d difference) bool {
			return slices.ContainsFunc(targetsOf, func(p *piece) bool { return p.shows(d) })
		}
		if len(whole.inner) == 1 {
			whole.aims, whole.inner = whole.inner[0].aims, nil
		}
		c.all = append(c.all, whole)
	}
}

var selectedItem = regexp.MustCompile(`^(\d+|-|\*|\[.*=.*\])$`)

// writesTo is shown by a new value at one of the fieldPaths of a target.
func writesTo(target *yaml.Node) func(difference) bool {
	var written []shape
	for _, path := range plan.Items(target, "fieldPaths") {
		var to shape
		for _, step := range kyaml.SmarterPathSplitter(path.Value, ".") {
			if selectedItem.MatchString(step) {
				step = "#"
			}
			to = to.then(strings.Trim(step, "[]"))
		}
		written = append(written, to)
	}
	return func(d difference) bool {
		return d.added.any(func(v Value) bool {
			return slices.ContainsFunc(written, v.shape.within)
		})
	}
}

// saidBy is what pieces say together.
func saidBy(pieces []*piece) []Value {
	var all []Value
	for _, p := range pieces {
		all = append(all, p.says...)
	}
	return all
}

func textOf(mapping *yaml.Node, field string) string {
	if value, ok := plan.Lookup(mapping, field); ok && value.Kind == yaml.ScalarNode {
		return value.Value
	}
	return ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
