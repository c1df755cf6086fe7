package overlay

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
)

// What finding out which entries keep an overlay from being built may cost: so
// many builds and, after the first few, so many bytes that they read together.
const (
	maxAttempts = 300
	fewAttempts = 20
	maxRead     = 64 << 20
)

// build builds what p planned. When kustomize refuses, it looks for the entry
// without which kustomize goes on, takes it out, and builds the rest; it
// reports all of them when it knows what the rest is. Where a resource is
// remote, a patch that finds no object may be for one of that: it is not
// reported.
func build(p *plan.Plan) (resmap.ResMap, error) {
	b := builder{plan: p}
	for _, content := range p.Files {
		b.size += len(content)
	}
	var refusals []refusal
	objects, failure, err := b.run()
	for err == nil && failure != "" {
		culprit := b.culprit(failure)
		if culprit == nil {
			break
		}
		refusals = append(refusals, refusal{culprit, failure, b.place(culprit, failure)})
		culprit.drop()
		objects, failure, err = b.run()
	}
	remote := p.Remote()
	for _, refusal := range refusals {
		if !remote || !noMatch.MatchString(refusal.failure) {
			p.Problems = append(p.Problems, refusal.problem(objects))
		}
	}
	if failure != "" {
		p.Problems = append(p.Problems, manifest.Problem{Pos: manifest.Pos{File: p.Kusts[0].File}, Message: failure})
		return resmap.New(), nil
	}
	return objects, err
}

// A refusal is a part that is in the way of a build.
type refusal struct {
	*part
	failure string     // what kustomize says
	at      *yaml.Node // where to edit it
}

type builder struct {
	plan     *plan.Plan
	attempts int
	size     int // bytes that one build reads
}

// spent reports whether looking for a culprit has cost what it may.
func (b *builder) spent() bool {
	return b.attempts > maxAttempts || b.attempts > fewAttempts && b.attempts*b.size > maxRead
}

// run builds once. failure is what kustomize has to say against it.
func (b *builder) run() (objects resmap.ResMap, failure string, err error) {
	b.attempts++
	memory, err := b.plan.Memory()
	if err != nil {
		return nil, "", err
	}
	objects, refused := engine.Run(memory, b.plan.Dir, b.plan.OwnSchema)
	if refused != nil {
		return nil, message(refused), nil
	}
	return objects, "", nil
}

// culprit is the first part of a kustomization without which the build fails
// no more, or not in this way: of a list one item, if that is enough. Parts the
// message speaks of are tried first, and later ones before earlier ones: of two
// objects with one name, the second is in the way.
func (b *builder) culprit(failure string) *part {
	parts := partsOf(b.plan)
	slices.Reverse(parts)
	slices.SortStableFunc(parts, func(x, y *part) int { return y.named(failure) - x.named(failure) })
	found := b.first(parts, failure)
	if found == nil {
		return nil
	}
	inside := slices.DeleteFunc(parts, func(c *part) bool { return c.from != found.value })
	return cmp.Or(b.first(inside, failure), found)
}

// first is the first of some parts without which the build fails no more, or
// not in this way.
func (b *builder) first(parts []*part, failure string) *part {
	for _, part := range parts {
		if b.spent() {
			break
		}
		undo := part.drop()
		_, other, err := b.run()
		undo()
		if err == nil && other != failure {
			return part
		}
	}
	return nil
}

// place is what to edit in a part that is in the way, as far as the message
// says.
func (b *builder) place(c *part, failure string) *yaml.Node {
	return cmp.Or(c.misfit(failure), c.quoted(failure), b.unfitReplacement(c, failure), c.node)
}

// A part is an entry of a kustomization that can be taken out: an item of a
// list, or a field.
type part struct {
	plan  *plan.Plan
	kust  *plan.Kust
	from  *yaml.Node // the list or mapping it is in
	at    int
	width int        // how many nodes: an item is one, a field two
	field string     // its name, or that of the list it is an item of
	node  *yaml.Node // the item, or the field's name
	value *yaml.Node // the item, or the field's value
}

func partsOf(p *plan.Plan) []*part {
	var parts []*part
	for _, kust := range p.Kusts {
		if kust.Sealed {
			continue
		}
		for i := 0; i+1 < len(kust.Fields.Content); i += 2 {
			value := kust.Fields.Content[i+1]
			name := kust.Fields.Content[i]
			parts = append(parts, &part{p, kust, kust.Fields, i, 2, name.Value, name, value})
			if value.Kind != yaml.SequenceNode {
				continue
			}
			for j := range value.Content {
				parts = append(parts, &part{p, kust, value, j, 1, name.Value, value.Content[j], value.Content[j]})
			}
		}
	}
	return parts
}

// drop takes the part out and returns what puts it back.
func (c *part) drop() (undo func()) {
	whole := slices.Clone(c.from.Content)
	c.from.Content = slices.Delete(slices.Clone(whole), c.at, c.at+c.width)
	return func() { c.from.Content = whole }
}

// named says how well a message fits the part: the more of its words it
// holds, the better. A list item goes before the whole list, and what other
// kustomizations hold before the entries that lead there.
func (c *part) named(failure string) int {
	score := 0
	if c.width == 1 && c.node.Kind == yaml.ScalarNode && c.plan.Used(c.kust, c.node.Value) != nil {
		return -1
	}
	if c.width == 1 {
		score = 1
	}
	if strings.Contains(failure, c.kust.File) || strings.Contains(failure, c.kust.Dir+"'") {
		score += 2
	}
	for _, word := range words(c.node) {
		if strings.Contains(failure, strings.TrimPrefix(word, "./")) {
			score += 4
		}
	}
	return score
}

// words are the scalars of a node that are long enough to tell it by.
func words(node *yaml.Node) []string {
	if node.Kind == yaml.ScalarNode && len(node.Value) > 2 {
		return []string{node.Value}
	}
	var all []string
	for _, child := range node.Content {
		all = append(all, words(child)...)
	}
	return all
}

// problem says where to edit and why: the line of a resource file that is no
// YAML or no object, the field that keeps a patch from its object, or the place
// in the part. objects are those that are built without any part that is in the
// way, nil if none are.
func (r refusal) problem(objects resmap.ResMap) manifest.Problem {
	if broken, ok := r.brokenFile(); ok {
		return broken
	}
	problem := manifest.Problem{Pos: r.plan.At(r.kust.File, r.at), Message: r.failure}
	for _, doc := range r.documents() {
		if strategy, ok := plan.Lookup(doc.root, "$patch"); ok && strings.Contains(r.failure, "unknown patch strategy") {
			return manifest.Problem{Pos: doc.at(strategy), Message: r.failure}
		}
		if problem, ok := doc.noObject(); ok {
			return problem
		}
		if !noMatch.MatchString(r.failure) {
			continue
		}
		problem.Missing = doc.ref()
		problem.Related = append(problem.Related, manifest.Related{Message: "the object to patch is named here", Pos: doc.at(doc.says("name"))})
		if objects == nil {
			continue
		}
		if problem, ok := doc.missed(objects); ok {
			problem.Related = []manifest.Related{{Message: "the patch is named here", Pos: r.plan.At(r.kust.File, r.node)}}
			return problem
		}
	}
	if objects != nil {
		r.unfound(&problem, objects)
	}
	return problem
}

var noMatch = regexp.MustCompile(`no matches for Id|no resource matches strategic merge patch`)

var prefixes = regexp.MustCompile(`^(accumulating resources|accumulation err='.*?'|recursed accumulation of path '[^']*'|recursed merging from path '[^']*'|accumulating components|accumulateDirectory|loader\.New): `)

// message is what kustomize says, on one line, with paths of the repository
// and without the steps that led there.
func message(err error) string {
	text := strings.ReplaceAll(strings.ReplaceAll(plan.Sentence(err), engine.Top+"/", ""), engine.Top, ".")
	for shorter := ""; shorter != text; {
		shorter, text = text, prefixes.ReplaceAllString(text, "")
	}
	return "kustomize refuses this: " + text
}
