package apiserver

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// JudgePolicies evaluates every ValidatingAdmissionPolicy bound in objects on
// all objects, as the API server does on CREATE. Policies and objects are
// judged in the order given, so that equal input gives an equal Judgement.
// definitions are those of the custom resources among objects.
//
// An object of a wrong shape is a Fault, never an error: an error means that
// the CEL environment could not be built and nothing was judged.
func JudgePolicies(objects []manifest.Object, definitions custom.Definitions) (Judgement, error) {
	var j Judgement
	bindings := j.bindings(objects)
	into := sync.OnceValue(func() cluster { return newCluster(objects, definitions) })
	creations := sync.OnceValue(func() []*request { return into().creations() })
	names := map[string]bool{}
	for _, o := range objects {
		if !isPolicy(o) {
			continue
		}
		j.Policies++
		p, problems, err := readPolicy(o)
		if err != nil {
			return Judgement{}, err
		}
		bound, mentioned := bindings[o.Name]
		switch {
		case names[o.Name]:
			problems = append(problems, problemAt(field("metadata", "name"), "another policy has the name %s", o.Name))
		case !mentioned:
			problems = append(problems, problemAt(field("metadata", "name"), "no binding of the build puts the policy %s in force", o.Name))
		}
		names[o.Name] = true
		if len(problems) == 0 && len(bound) > 0 {
			p.params, problems = into().paramSource(p.spec.ParamKind)
		}
		j.fault(o, problems)
		if len(problems) > 0 || len(bound) == 0 {
			continue
		}
		mistakes, err := into().typeChecked(p.spec)
		if err != nil {
			return Judgement{}, err
		}
		j.fault(o, mistakes)
		j.judge(p, bound, into(), creations())
	}
	j.unbound(bindings, names)
	return j, nil
}

// creations are what the policies are asked about.
func (c cluster) creations() []*request {
	var all []*request
	for _, o := range c.objects {
		r := c.create(o)
		if !slices.Contains(exempt, r.attributes.GetResource().GroupResource()) {
			all = append(all, r)
		}
	}
	return all
}

// bindings returns the bindings among objects by the name of their policy. A
// faulty one counts as none, but its policy is still mentioned.
func (j *Judgement) bindings(objects []manifest.Object) map[string][]*binding {
	byPolicy := map[string][]*binding{}
	for _, o := range objects {
		if !isBinding(o) {
			continue
		}
		b, problems := readBinding(o)
		j.fault(o, problems)
		name := o.Text("spec", "policyName")
		bound := byPolicy[name]
		if len(problems) == 0 {
			bound = append(bound, b)
		}
		byPolicy[name] = bound
	}
	return byPolicy
}

// unbound reports the bindings to policies that are not among names.
func (j *Judgement) unbound(bindings map[string][]*binding, names map[string]bool) {
	for _, name := range slices.Sorted(maps.Keys(bindings)) {
		for _, b := range bindings[name] {
			if !names[name] {
				j.fault(b.object, []problem{problemAt(field("spec", "policyName"), "no policy of the build has the name %s", name)})
			}
		}
	}
}

func (j *Judgement) fault(o manifest.Object, problems []problem) {
	for _, p := range problems {
		j.Faults = append(j.Faults, p.in(o))
	}
}

// A reach says how far policies, or one of them, came with the requests.
type reach int

const (
	matchesNone  reach = iota // the policy matches none
	choosesNone               // a binding chooses none of those
	findsNoParam              // there is no parameter to evaluate with
	metByNone                 // the match conditions hold for none
	applies
)

// judge evaluates one policy on all requests.
func (j *Judgement) judge(p *policy, bindings []*binding, c cluster, requests []*request) {
	rules := field("spec", "matchConstraints", "resourceRules")
	if !p.match.onCreate() {
		j.fault(p.object, []problem{skippedAt(rules, "the policy chooses no creation of an object, which is all that is judged offline")})
		return
	}
	reached := matchesNone
	for _, r := range requests {
		m := p.match.match(r)
		if !m.ok {
			continue
		}
		seen, err := c.seenAs(r, m.as)
		if err != nil {
			reached = applies
			j.fault(p.object, []problem{skippedAt(rules, "%s: %v", r.object.Ref, err)})
			continue
		}
		reached = max(reached, choosesNone)
		for _, b := range bindings {
			if b.match.match(r).ok {
				reached = max(reached, j.ask(p, b, seen))
			}
		}
	}
	switch reached {
	case matchesNone:
		j.idle(p.object, slices.Concat(rules, p.match.tooNarrow(requests)), "the policy matches no object of the build")
	case choosesNone:
		for _, b := range bindings {
			j.idle(b.object, chosenBy(b.object), fmt.Sprintf("the binding chooses none of the objects that the policy %s matches", p.object.Name))
		}
	case findsNoParam:
		for _, b := range bindings {
			j.idle(b.object, field("spec", "paramRef"), fmt.Sprintf("the binding finds no parameter in the build, so that the policy %s applies to nothing", p.object.Name))
		}
	case metByNone:
		at := field("spec", "matchConditions")
		if len(p.program.conditions) == 1 {
			at = p.program.conditions[0].path
		}
		j.idle(p.object, at, "the match conditions hold for no object of the build")
	}
}

// ask evaluates p on a request that b chooses, once for each parameter.
func (j *Judgement) ask(p *policy, b *binding, r *request) reach {
	params, err := p.params.collect(b.spec.ParamRef, r)
	if err != nil {
		if !p.ignoresErrors() {
			j.Violations = append(j.Violations, Violation{
				Policy: p.object, Object: r.object, Binding: b.object, Denies: true,
				Message: "failed to configure binding: " + err.Error(), Misconfigured: field("spec", "paramRef"),
			})
			return applies
		}
		return findsNoParam
	}
	reached := findsNoParam
	for _, param := range params {
		reached = max(reached, metByNone)
		invoked := invocation{p, r, param}
		in, denials := invoked.evaluate()
		if !in {
			continue
		}
		reached = applies
		j.Evaluated++
		for _, d := range denials {
			path, others := invoked.blame(d)
			j.Violations = append(j.Violations, Violation{
				Policy: p.object, Object: r.object, Binding: b.object, Param: param, Denies: d.denies(b.spec.ValidationActions),
				Expression: d.path, Message: d.message, Path: path, Others: others,
			})
		}
	}
	return reached
}

func (j *Judgement) idle(o manifest.Object, path manifest.Path, message string) {
	j.Idle = append(j.Idle, Fault{Object: o, Path: innermost(o, path), Message: message})
}
