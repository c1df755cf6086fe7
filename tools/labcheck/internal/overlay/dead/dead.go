// Package dead finds the text of a kustomization that does nothing: without
// it the build is the same to the byte. What a build shows to have an effect
// is not asked further; what does not show is taken out and built again. A
// base is judged by its own build, so that what an overlay overrides counts.
package dead

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// A Group is a kustomization with the components it uses: together they are
// one build.
type Group struct {
	Plan   *plan.Plan
	User   *plan.Kust
	Before Values       // of what its resources are built to by themselves
	Built  []*yaml.Node // the objects it is built to
}

// Found is what is dead in one kustomization.
type Found struct {
	Idle      []manifest.Problem // changes nothing
	Unmatched []manifest.Problem // changes nothing, as what it aims at is not there
	Beside    []manifest.Problem // made a new list item beside the one that was meant
	Unknown   []string           // why some pieces could not be judged
}

// Judge finds out what is dead in each kustomization of the group. The nodes
// of the plan are changed meanwhile and are as before when it returns.
func (g Group) Judge() map[*plan.Kust]Found {
	found := map[*plan.Kust]Found{}
	pieces := map[*plan.Kust][]*piece{}
	members := withComponents(g.Plan, g.User)
	for _, kust := range members {
		pieces[kust] = piecesOf(g.Plan, kust)
	}
	after := Of(g.Built)
	signs := newSigns(differ(g.Before, after), pieces)
	for _, kust := range members {
		var component *plan.Kust
		if kust != g.User {
			component = kust
		}
		j := &judge{scope: upTo(g.Plan, g.User, component), signs: signs, kust: kust, before: g.Before, after: after}
		j.judge(pieces[kust])
		j.found.Beside = besides(pieces[kust], signs, g.Built)
		found[kust] = j.found
	}
	return found
}

// withComponents is a kustomization and the components that it, and they,
// use, in the order in which they are applied: itself last.
func withComponents(p *plan.Plan, kust *plan.Kust) []*plan.Kust {
	var members []*plan.Kust
	for _, entry := range plan.Items(kust.Fields, "components") {
		if used := p.Used(kust, entry.Value); used != nil {
			for _, member := range withComponents(p, used) {
				if !slices.Contains(members, member) {
					members = append(members, member)
				}
			}
		}
	}
	return append(members, kust)
}

// judge judges the pieces of one kustomization.
type judge struct {
	*scope
	signs  signs
	kust   *plan.Kust
	before Values
	after  Values
	found  Found
	undo   []func()
}

// judge takes pieces out, the last to be applied first, and leaves those out
// that change nothing: of two that say the same only the later one is dead.
func (j *judge) judge(pieces []*piece) {
	j.texts = textsOf(pieces)
	defer j.restore()
	for _, piece := range slices.Backward(pieces) {
		if err := j.try(piece); err != nil {
			j.found.Unknown = append(j.found.Unknown, fmt.Sprintf("whether the text of %s has an effect is not known: %v", j.kust.File, err))
			return
		}
	}
	slices.Reverse(j.found.Idle)
	slices.Reverse(j.found.Unmatched)
}

// textsOf are what pieces are written in.
func textsOf(pieces []*piece) []*text {
	var texts []*text
	for _, p := range pieces {
		for _, text := range append(textsOf(p.inner), p.text) {
			if !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// try judges a piece and, if it is needed, those inside.
func (j *judge) try(p *piece) error {
	if !j.signs.show(p) {
		if err := j.start(); err != nil {
			return err
		}
		undo := p.drop()
		same, err := j.same()
		if err != nil {
			undo()
			return err
		}
		if same {
			j.undo = append(j.undo, undo)
			return j.report(p)
		}
		undo()
	}
	for _, inner := range slices.Backward(p.inner) {
		if err := j.try(inner); err != nil {
			return err
		}
	}
	return nil
}

// restore puts everything back.
func (j *judge) restore() {
	for _, undo := range slices.Backward(j.undo) {
		undo()
	}
	for _, text := range j.texts {
		text.restore()
	}
}

// report says what is wrong with a piece that was found dead and is out.
func (j *judge) report(p *piece) error {
	if p.aims != nil {
		problem, err := j.missed(p)
		if err != nil {
			return err
		}
		if problem != nil {
			j.found.Unmatched = append(j.found.Unmatched, *problem)
			return nil
		}
	}
	j.found.Idle = append(j.found.Idle, manifest.Problem{
		Pos: p.pos(), Message: p.what + " changes nothing: the build is the same without it; remove it, or correct it", Related: p.core(),
	})
	return nil
}
