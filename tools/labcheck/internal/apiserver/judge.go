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
	creations := sync.OnceValue(func() []*request { return requests(objects, definitions) })
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
		j.fault(o, problems)
		if len(problems) == 0 && len(bound) > 0 {
			j.judge(p, bound, creations())
		}
	}
	j.unbound(bindings, names)
	return j, nil
}

// requests are the creations that policies are asked about.
func requests(objects []manifest.Object, definitions custom.Definitions) []*request {
	c := newCluster(objects, definitions)
	var all []*request
	for _, o := range objects {
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

// judge evaluates one policy on all requests.
func (j *Judgement) judge(p *policy, bindings []*binding, requests []*request) {
	rules := field("spec", "matchConstraints", "resourceRules")
	if !p.match.onCreate() {
		j.fault(p.object, []problem{{rules, "the policy chooses no creation of an object, which is all that is judged offline", true}})
		return
	}
	var matched, chosen, applied bool
	for _, r := range requests {
		m := p.match.match(r)
		if !m.ok {
			continue
		}
		matched = true
		inForce := slices.DeleteFunc(slices.Clone(bindings), func(b *binding) bool { return !b.match.match(r).ok })
		if len(inForce) == 0 {
			continue
		}
		chosen = true
		if m.as != r.attributes.GetResource() {
			applied = true
			j.fault(p.object, []problem{{rules, fmt.Sprintf("the policy sees %s as %s, and versions are not converted offline", r.object.Ref, m.as.GroupVersion()), true}})
			continue
		}
		applies, denials := p.evaluate(r)
		if !applies {
			continue
		}
		applied = true
		j.Evaluated++
		j.violations(p, inForce, r, denials)
	}
	switch {
	case !matched:
		j.idle(p.object, rules, "the policy matches no object of the build")
	case !chosen:
		for _, b := range bindings {
			j.idle(b.object, field("spec", "matchResources"), fmt.Sprintf("the binding chooses none of the objects that the policy %s matches", p.object.Name))
		}
	case !applied:
		j.idle(p.object, field("spec", "matchConditions"), "the match conditions hold for no object of the build")
	}
}

func (j *Judgement) violations(p *policy, bindings []*binding, r *request, denials []denial) {
	for _, d := range denials {
		path, others := p.program.blame(r, d)
		for _, b := range bindings {
			j.Violations = append(j.Violations, Violation{
				Policy: p.object, Object: r.object, Binding: b.object,
				Expression: d.path, Message: d.message, Path: path, Others: others,
			})
		}
	}
}

func (j *Judgement) idle(o manifest.Object, path manifest.Path, message string) {
	j.Idle = append(j.Idle, Fault{Object: o, Path: path, Message: message})
}
