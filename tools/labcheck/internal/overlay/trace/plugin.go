package trace

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// A plugin is an entry of generators, transformers or validators: the
// configurations of builtin plugins in a file or in the entry itself.
type plugin struct {
	file  string     // "" if it is the entry
	entry *yaml.Node // as it is in the kustomization
	docs  []*yaml.Node
	twins []*yaml.Node // the same as kustomize gets to see them
}

// plugins reads the plugin configurations of a kustomization.
func (t *trace) plugins(kust *plan.Kust) []plugin {
	var found []plugin
	for _, field := range []string{"generators", "transformers", "validators"} {
		for _, entry := range plan.Items(kust.Fields, field) {
			if plan.IsInline(entry.Value) {
				docs := plan.Documents([]byte(entry.Value))
				found = append(found, plugin{entry: entry, docs: docs, twins: plan.Documents([]byte(entry.Value))})
				continue
			}
			if file, ok := t.plan.Input(kust, entry.Value); ok {
				docs, twins := plan.Documents(t.plan.Files[file]), plan.Documents(t.plan.Inputs()[file])
				if len(docs) == len(twins) {
					found = append(found, plugin{file, entry, docs, twins})
				}
			}
		}
	}
	return found
}

// configurations marks what plugins write and notes what else may have
// written something.
func (k *kustomization) configurations() {
	if k.kust.Sealed {
		return
	}
	k.candidates(k.doc, k.kust.Fields)
	for _, config := range k.plugins(k.kust) {
		made := &marked{file: config.file}
		at := func(node *yaml.Node) manifest.Pos { return k.plan.At(config.file, node) }
		if config.file == "" {
			in := plan.Inline{File: k.kust.File, Data: k.plan.Files[k.kust.File], Outer: config.entry}
			made, at = &marked{file: k.kust.File, outer: k.twins[config.entry], host: k.made}, in.At
		}
		for i, root := range config.docs {
			doc := newDocument(root, at)
			doc.in = made
			made.docs = append(made.docs, config.twins[i])
			k.pairTwins(root, config.twins[i])
			k.configuration(doc, config.twins[i], config.file)
		}
		if len(made.docs) > 0 {
			k.texts = append(k.texts, made)
		}
	}
}

func (k *kustomization) configuration(doc *document, twin *yaml.Node, file string) {
	switch scalar(doc.root, "kind") {
	case "LabelTransformer":
		k.shadowField(doc, twin, "labels")
	case "AnnotationsTransformer":
		k.shadowField(doc, twin, "annotations")
	case "ConfigMapGenerator", "SecretGenerator":
		k.generator(doc, doc.root)
	case "PatchTransformer":
		outer, ok := plan.Lookup(doc.root, "patch")
		if inner, _ := plan.Lookup(twin, "patch"); ok && file != "" {
			k.markText(doc.in, inlinePatch{outer, renamesOf(doc.root)}, inner, plan.Inline{File: file, Data: k.plan.Files[file], Outer: outer})
		}
	}
	k.candidates(doc, doc.root)
}

func (k *kustomization) shadowField(doc *document, twin *yaml.Node, field string) {
	value, ok := plan.Lookup(doc.root, field)
	other, _ := plan.Lookup(twin, field)
	if ok && value.Kind == yaml.MappingNode {
		*other = *k.shadowed(doc, value, setting)
	}
}

// pairTwins remembers which node of a copy belongs to which.
func (k *kustomization) pairTwins(node, twin *yaml.Node) {
	k.twins[node] = twin
	for i, child := range node.Content {
		if i < len(twin.Content) {
			k.pairTwins(child, twin.Content[i])
		}
	}
}

// candidates notes the scalars of a text that are no files, for experiments.
func (k *kustomization) candidates(doc *document, root *yaml.Node) {
	for i := 1; i < len(root.Content); i += 2 {
		switch root.Content[i-1].Value {
		case "resources", "bases", "components", "kind", "apiVersion", "crds", "configurations", "fieldSpecs":
			continue
		}
		k.noteScalars(doc, root.Content[i])
	}
}

// noteScalars notes every scalar below a node; keys are none.
func (k *kustomization) noteScalars(doc *document, node *yaml.Node) {
	if node.Kind == yaml.ScalarNode {
		k.marks.add(mark{kind: candidate, doc: doc, node: node, twin: k.twins[node]})
	}
	for i, child := range node.Content {
		if node.Kind != yaml.MappingNode || i%2 == 1 {
			k.noteScalars(doc, child)
		}
	}
}
