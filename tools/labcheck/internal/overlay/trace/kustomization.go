package trace

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/utils"
)

// kustomization is one that is being marked.
type kustomization struct {
	*trace
	kust  *plan.Kust
	doc   *document // as it was read
	made  *marked   // as kustomize gets to see it
	twins map[*yaml.Node]*yaml.Node
}

// markKustomization marks what the fields of a kustomization write.
func (t *trace) markKustomization(kust *plan.Kust) {
	k := &kustomization{trace: t, kust: kust, made: &marked{file: kust.File, kust: true}, twins: map[*yaml.Node]*yaml.Node{}}
	k.doc = newDocument(kust.Fields, func(node *yaml.Node) manifest.Pos { return t.plan.At(kust.File, node) })
	k.doc.in = k.made
	k.made.docs = []*yaml.Node{k.twin(kust.Fields)}
	k.pairs()
	k.images()
	k.replicas()
	k.generators()
	k.replacements()
	k.patches()
	k.configurations()
	t.kusts = append(t.kusts, k)
	t.texts = append(t.texts, k.made)
}

func (k *kustomization) twin(node *yaml.Node) *yaml.Node {
	twin := *node
	twin.Content = nil
	for _, child := range node.Content {
		twin.Content = append(twin.Content, k.twin(child))
	}
	k.twins[node] = &twin
	return &twin
}

// pairs marks labels and annotations.
func (k *kustomization) pairs() {
	for _, field := range []string{"commonLabels", "commonAnnotations"} {
		if value, ok := plan.Lookup(k.kust.Fields, field); ok {
			k.shadowPairs(k.doc, value)
		}
	}
	for _, item := range plan.Items(k.kust.Fields, "labels") {
		if value, ok := plan.Lookup(item, "pairs"); ok {
			k.shadowPairs(k.doc, value)
		}
	}
}

// shadowPairs marks the entries of a mapping of strings.
func (k *kustomization) shadowPairs(doc *document, value *yaml.Node) {
	if value.Kind == yaml.MappingNode {
		*k.twins[value] = *k.shadowed(doc, value, setting)
		for i, child := range value.Content {
			k.twins[child] = k.twins[value].Content[i]
		}
	}
}

// images makes every entry write its mark as the tag.
func (k *kustomization) images() {
	for _, field := range []string{"images", "imageTags"} {
		for _, item := range plan.Items(k.kust.Fields, field) {
			edit := firstOf(item, "newTag", "digest", "tagSuffix", "newName")
			if edit == nil {
				continue
			}
			twin := k.twins[item]
			drop(twin, "newTag", "digest", "tagSuffix")
			twin.Content = append(twin.Content, text("newTag"), text(k.marks.add(mark{kind: image, doc: k.doc, node: edit}).text()))
		}
	}
}

// replicas makes every entry write its mark as the count.
func (k *kustomization) replicas() {
	for _, item := range plan.Items(k.kust.Fields, "replicas") {
		if edit := firstOf(item, "count"); edit != nil {
			made := k.marks.add(mark{kind: count, doc: k.doc, node: edit})
			k.twins[edit].Value = strconv.Itoa(countBase + made.number)
		}
	}
}

// replacements adds, to every entry, one that writes its mark beside each
// field the entry writes.
func (k *kustomization) replacements() {
	list, ok := plan.Lookup(k.kust.Fields, "replacements")
	if !ok || list.Kind != yaml.SequenceNode {
		return
	}
	var content []*yaml.Node
	for _, item := range list.Content {
		content = append(content, k.twins[item])
		if entry, ok := plan.Lookup(item, "path"); ok {
			k.replacementFile(entry)
			continue
		}
		content = append(content, k.shadowReplacement(k.doc, item)...)
	}
	k.twins[list].Content = content
}

// replacementFile marks the replacements of a file, which holds one or a
// list.
func (k *kustomization) replacementFile(entry *yaml.Node) {
	file, ok := k.plan.Input(k.kust, entry.Value)
	docs := plan.Documents(k.plan.Files[file])
	if !ok || len(docs) != 1 || k.parsed[file] != nil {
		return
	}
	k.parsed[file] = docs
	made := &marked{file: file}
	doc := newDocument(docs[0], func(node *yaml.Node) manifest.Pos { return k.plan.At(file, node) })
	doc.in = made
	items := docs
	if docs[0].Kind == yaml.SequenceNode {
		items = docs[0].Content
	}
	list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, item := range items {
		list.Content = append(list.Content, k.twin(item))
		list.Content = append(list.Content, k.shadowReplacement(doc, item)...)
	}
	made.docs = []*yaml.Node{list}
	k.texts = append(k.texts, made)
}

// shadowReplacement writes the marks of one entry, one target and field at a
// time. A field that is an item of a list has no place for a mark.
func (k *kustomization) shadowReplacement(doc *document, item *yaml.Node) []*yaml.Node {
	var shadows []*yaml.Node
	for _, target := range plan.Items(item, "targets") {
		for _, path := range plan.Items(target, "fieldPaths") {
			shadowPath, ok := besides(path.Value)
			if !ok {
				k.marks.add(mark{kind: unmarked, doc: doc, node: path})
				continue
			}
			made := k.marks.add(mark{kind: replacement, doc: doc, node: path})
			shadow := fields(text("fieldPaths"), &yaml.Node{
				Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{text(shadowPath)},
			}, text("options"), fields(text("create"), &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}))
			for _, field := range []string{"select", "reject"} {
				if value, ok := plan.Lookup(target, field); ok {
					shadow.Content = append(shadow.Content, text(field), value)
				}
			}
			shadows = append(shadows, fields(text("sourceValue"), text(made.text()),
				text("targets"), &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: []*yaml.Node{shadow}}))
		}
	}
	return shadows
}

// besides is the fieldPath of the mark of a fieldPath. One that ends with an
// item of a list has none.
func besides(path string) (string, bool) {
	steps := kyaml.SmarterPathSplitter(path, ".")
	last := steps[len(steps)-1]
	if isItem(last) || last == "*" || strings.Contains(last, "=") && strings.HasPrefix(last, "[") {
		return "", false
	}
	if key, ok := strings.CutSuffix(path, "]"); ok {
		return key + suffix + "]", true
	}
	return path + suffix, true
}

// patches marks the patches that are written in the kustomization.
func (k *kustomization) patches() {
	for _, inlined := range inlinePatches(k.kust.Fields) {
		k.markText(k.made, inlined, k.twins[inlined.outer], plan.Inline{File: k.kust.File, Data: k.plan.Files[k.kust.File], Outer: inlined.outer})
	}
}

// markText marks the patch in a scalar of host.
func (t *trace) markText(host *marked, text inlinePatch, twin *yaml.Node, in plan.Inline) {
	made := &marked{file: in.File, outer: twin, host: host}
	t.markDocs(made, plan.Documents([]byte(text.outer.Value)), document{at: in.At, role: patch, renames: text.renames})
	if len(made.docs) > 0 {
		t.texts = append(t.texts, made)
	}
}

// firstOf is the value of the first of these fields that is there.
func firstOf(mapping *yaml.Node, names ...string) *yaml.Node {
	for _, name := range names {
		if value, ok := plan.Lookup(mapping, name); ok && value.Kind == yaml.ScalarNode && value.Value != "" {
			return value
		}
	}
	return nil
}

// drop takes fields out of a mapping.
func drop(mapping *yaml.Node, names ...string) {
	var kept []*yaml.Node
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		dropped := false
		for _, name := range names {
			dropped = dropped || strings.EqualFold(mapping.Content[i].Value, name)
		}
		if !dropped {
			kept = append(kept, mapping.Content[i], mapping.Content[i+1])
		}
	}
	mapping.Content = kept
}
