// Package trace finds out which place in which file wrote a field of a built
// object. It builds the overlay a second time from copies of its files in
// which every value carries a mark along: kustomize itself then says, through
// all merges, patches and generators, whose value came out. What no mark can
// follow (a prefix, a namespace) it finds by experiment: it changes one entry,
// builds again and sees what changes. It guesses nothing.
package trace

import (
	"bytes"
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// trace is one build with marks.
type trace struct {
	plan     *plan.Plan
	marks    marks
	shapes   shapes
	mirrored bool
	parsed   map[string][]*yaml.Node
	kusts    []*kustomization
	texts    []*marked // what holds marks; a text comes before what holds it
	files    map[string][]byte
	objects  []*yaml.Node
	changed  map[*yaml.Node][]*yaml.Node // objects with one node changed
}

// marked is a file, or the text of a scalar in one, with marks.
type marked struct {
	file  string
	kust  bool // it is a kustomization
	docs  []*yaml.Node
	outer *yaml.Node // the scalar in a kustomization that holds the text
	host  *marked    // that kustomization
}

// build makes the trace of a plan. If kustomize refuses what the marks of
// operations do to lists, those are left out.
func build(p *plan.Plan) (*trace, error) {
	for _, mirrored := range []bool{true, false} {
		t := &trace{
			plan: p, mirrored: mirrored, parsed: map[string][]*yaml.Node{}, changed: map[*yaml.Node][]*yaml.Node{},
			shapes: shapes{scalars: map[string]bool{}, lists: map[string]bool{}},
		}
		t.prepare()
		objects, err := t.run()
		if err == nil {
			t.objects = objects
			return t, nil
		}
		if !mirrored {
			return nil, err
		}
	}
	panic("unreachable")
}

// prepare marks every file of the plan.
func (t *trace) prepare() {
	for _, kust := range t.plan.Kusts {
		t.learn(kust)
	}
	done := map[string]bool{}
	for _, kust := range t.plan.Kusts {
		for _, input := range t.markedFiles(kust) {
			if !done[input.file] {
				done[input.file] = true
				t.markFile(input)
			}
		}
	}
	for _, kust := range t.plan.Kusts {
		t.markKustomization(kust)
	}
}

// input is a file with objects or patches.
type input struct {
	file string
	role role
	renames
}

// markedFiles are the resources and patches a kustomization names.
func (t *trace) markedFiles(kust *plan.Kust) []input {
	var inputs []input
	add := func(entry *yaml.Node, role role, renames renames) {
		if file, ok := t.plan.Input(kust, entry.Value); ok {
			inputs = append(inputs, input{file, role, renames})
		}
	}
	for _, field := range []string{"resources", "bases"} {
		for _, entry := range plan.Items(kust.Fields, field) {
			add(entry, whole, renames{})
		}
	}
	for _, entry := range plan.Items(kust.Fields, "patchesStrategicMerge") {
		add(entry, patch, renames{})
	}
	for _, field := range []string{"patches", "patchesJson6902"} {
		for _, item := range plan.Items(kust.Fields, field) {
			if entry, ok := plan.Lookup(item, "path"); ok {
				add(entry, patch, renamesOf(item))
			}
		}
	}
	for _, config := range t.plugins(kust) {
		for _, doc := range config.docs {
			if entry, ok := plan.Lookup(doc, "path"); ok && scalar(doc, "kind") == "PatchTransformer" {
				add(entry, patch, renamesOf(doc))
			}
		}
	}
	return inputs
}

// renamesOf reads the options of a patch.
func renamesOf(item *yaml.Node) renames {
	options, _ := plan.Lookup(item, "options")
	return renames{
		changesName: scalar(options, "allowNameChange") == "true",
		changesKind: scalar(options, "allowKindChange") == "true",
	}
}

// learn adds what the files and inline patches of a kustomization hold to the
// shapes.
func (t *trace) learn(kust *plan.Kust) {
	for _, input := range t.markedFiles(kust) {
		if _, ok := t.parsed[input.file]; !ok {
			t.parsed[input.file] = plan.Documents(t.plan.Files[input.file])
			t.shapes.learnAll(t.parsed[input.file])
		}
	}
	for _, inline := range inlinePatches(kust.Fields) {
		t.shapes.learnAll(plan.Documents([]byte(inline.outer.Value)))
	}
}

func (s shapes) learnAll(docs []*yaml.Node) {
	for _, doc := range docs {
		if doc.Kind == yaml.SequenceNode {
			s.learnOperations(doc)
			continue
		}
		s.learn(doc, "")
	}
}

// inlinePatch is a scalar of a kustomization that holds a patch.
type inlinePatch struct {
	outer *yaml.Node
	renames
}

func inlinePatches(kust *yaml.Node) []inlinePatch {
	var found []inlinePatch
	for _, field := range []string{"patches", "patchesJson6902"} {
		for _, item := range plan.Items(kust, field) {
			if outer, ok := plan.Lookup(item, "patch"); ok && outer.Kind == yaml.ScalarNode {
				found = append(found, inlinePatch{outer, renamesOf(item)})
			}
		}
	}
	for _, item := range plan.Items(kust, "patchesStrategicMerge") {
		if plan.IsInline(item.Value) {
			found = append(found, inlinePatch{item, renames{}})
		}
	}
	return found
}

func (t *trace) markFile(input input) {
	at := func(node *yaml.Node) manifest.Pos { return t.plan.At(input.file, node) }
	made := &marked{file: input.file}
	t.markDocs(made, t.parsed[input.file], document{at: at, role: input.role, renames: input.renames})
	if len(made.docs) > 0 {
		t.texts = append(t.texts, made)
	}
}

// markDocs marks resources, merge patches and lists of operations. like says
// what their documents have in common.
func (t *trace) markDocs(into *marked, docs []*yaml.Node, like document) {
	for _, root := range docs {
		doc := newDocument(root, like.at)
		doc.in, doc.role, doc.renames = into, like.role, like.renames
		if root.Kind == yaml.SequenceNode {
			doc.role = whole
			list := t.operations(doc, root, t.mirrored)
			list.Style &^= yaml.FlowStyle // what begins with [ kustomize takes for JSON
			into.docs = append(into.docs, list)
			continue
		}
		into.docs = append(into.docs, t.shadowed(doc, root, written))
	}
}

// run builds what the marked texts say.
func (t *trace) run() ([]*yaml.Node, error) {
	t.files = t.plan.Inputs()
	for _, made := range t.texts {
		if err := made.write(t.files); err != nil {
			return nil, err
		}
	}
	return t.runWith(t.files)
}

func (t *trace) runWith(files map[string][]byte) ([]*yaml.Node, error) {
	resources, err := engine.Run(source.InMemory(files, t.plan.Links), t.plan.Dir, t.plan.OwnSchema)
	if err != nil {
		return nil, err
	}
	objects := make([]*yaml.Node, 0, resources.Size())
	for _, res := range resources.Resources() {
		objects = append(objects, res.YNode())
	}
	return objects, nil
}

// write puts the text where kustomize will read it.
func (m *marked) write(files map[string][]byte) error {
	if m.kust {
		data, err := plan.Encode(m.docs[0])
		files[m.file] = data
		return err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	for _, doc := range m.docs {
		if err := encoder.Encode(doc); err != nil {
			return fmt.Errorf("writing %s: %w", m.file, err)
		}
	}
	if m.outer == nil {
		files[m.file] = out.Bytes()
		return nil
	}
	m.outer.SetString(out.String())
	return nil
}
