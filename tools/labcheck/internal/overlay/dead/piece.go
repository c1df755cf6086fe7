package dead

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
	"go.yaml.in/yaml/v3"
)

// A piece is a part of a kustomization, or of a patch it names, that can be
// taken out.
type piece struct {
	text  *text      // where it is written
	from  *yaml.Node // the mapping or list it is in, nil for a whole document
	node  *yaml.Node // itself: the value of a field, an item of a list
	place *yaml.Node // where to edit it, in text
	what  string     // how a message names it
	key   string     // of a patch: the field, or, for an item of a list, the field that it is merged by
	list  string     // of a patch: the field with the list that the item is in

	says  []Value               // what objects have more, one of them at least, if it does something
	takes []shape               // places where they have less
	shows func(difference) bool // another sign that it does something
	inner []*piece              // smaller ones, to be tried if it is needed as a whole
	body  func() manifest.Pos   // of a patch: where what it holds begins
	aims  *aim                  // what it is for, if that may not be there
}

// pos is where to edit the piece.
func (p *piece) pos() manifest.Pos { return p.text.at(p.place) }

// core leads to what the piece says, where that is all in one place further in:
// a field, an item of a list, or the only document of a patch.
func (p *piece) core() []manifest.Related {
	at := p.body
	inner := p
	for len(inner.inner) == 1 && inner.list == "" {
		inner = inner.inner[0]
		at = func() manifest.Pos { return inner.pos() }
	}
	if at == nil {
		return nil
	}
	return append([]manifest.Related{{Message: "what it says", Pos: at()}}, inner.unfitKey()...)
}

// unfitKey leads to the second key of an item of a list, if it is misspelt or
// holds no text: the item then is taken for none that is there.
func (p *piece) unfitKey() []manifest.Related {
	key, ok := secondKey[p.list]
	if !ok {
		return nil
	}
	at, written := plan.Lookup(p.node, key)
	for i := 0; !written && i < len(p.node.Content); i += 2 {
		if name := p.node.Content[i]; spelling.Closest(key, []string{name.Value}) != "" {
			at = name
		}
	}
	if at == nil || written && at.Kind == yaml.ScalarNode {
		return nil
	}
	return []manifest.Related{{Message: fmt.Sprintf("items of %s are told apart by their %s too", p.list, key), Pos: p.text.at(at)}}
}

// drop takes the piece out and returns what puts it back.
func (p *piece) drop() (undo func()) {
	if p.from == nil {
		whole := p.text.docs
		p.text.docs = slices.DeleteFunc(slices.Clone(whole), func(doc *yaml.Node) bool { return doc == p.node })
		p.text.touched++
		return func() { p.text.docs = whole; p.text.touched-- }
	}
	whole := p.from.Content
	at := slices.Index(whole, p.node)
	if at < 0 { // a piece that holds it is out
		return func() {}
	}
	first := at
	if p.from.Kind == yaml.MappingNode {
		first--
	}
	p.from.Content = slices.Delete(slices.Clone(whole), first, at+1)
	p.text.touched++
	return func() { p.from.Content = whole; p.text.touched-- }
}

// A text is what pieces are written in: a kustomization, a patch file, or the
// text of a patch in a kustomization.
type text struct {
	at      func(*yaml.Node) manifest.Pos
	docs    []*yaml.Node
	file    string     // the patch file, "" if it is none
	outer   *yaml.Node // the scalar that holds the text, nil if it is a file
	was     string     // the value of outer
	touched int        // how many pieces are out
}

// kustomization is the text of one; its nodes are those that plan holds.
func kustomization(p *plan.Plan, kust *plan.Kust) *text {
	return &text{at: func(node *yaml.Node) manifest.Pos { return p.At(kust.File, node) }, docs: []*yaml.Node{kust.Fields}}
}

// patchFile is the text of a file that kust names, nil if there is no such
// file or it is no YAML.
func patchFile(p *plan.Plan, kust *plan.Kust, entry string) *text {
	file, ok := p.Input(kust, entry)
	if !ok {
		return nil
	}
	return &text{
		at:   func(node *yaml.Node) manifest.Pos { return p.At(file, node) },
		docs: plan.Documents(p.Files[file]), file: file,
	}
}

// inlinePatch is the text of a scalar of kust.
func inlinePatch(p *plan.Plan, kust *plan.Kust, outer *yaml.Node) *text {
	was := *outer
	in := plan.Inline{File: kust.File, Data: p.Files[kust.File], Outer: &was}
	return &text{at: in.At, docs: plan.Documents([]byte(outer.Value)), outer: outer, was: outer.Value}
}

// restore gives the scalar that holds the text its value back.
func (t *text) restore() {
	if t.outer != nil {
		t.outer.Value = t.was
	}
}
