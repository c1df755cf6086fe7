package trace

import (
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
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
