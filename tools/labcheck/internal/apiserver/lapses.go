package apiserver

import (
	"maps"
	"slices"
	"strconv"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apiserver/pkg/admission"
)

// Lapses says how the policies that are promised about objects of the build
// could be got round, and where they reach beyond those objects. objects and
// definitions are as for JudgePolicies; a policy that has Faults there, is
// unbound or idle is passed over.
func Lapses(objects []manifest.Object, definitions custom.Definitions, promised func(policy string) bool) ([]Fault, error) {
	var j Judgement
	bindings := (&Judgement{}).bindings(objects)
	c := newCluster(objects, definitions)
	creations := c.creations()
	for _, o := range objects {
		if !isPolicy(o) || !promised(o.Name) || len(bindings[o.Name]) == 0 {
			continue
		}
		p, problems, err := readPolicy(o)
		if err != nil {
			return nil, err
		}
		if len(problems) > 0 || p.spec.ParamKind != nil {
			continue
		}
		w := watch{policy: p, bindings: bindings[o.Name], cluster: c}
		for _, r := range creations {
			if w.whenever().judges(r) {
				w.subjects = append(w.subjects, r)
			}
		}
		j.fault(o, w.gaps(creations))
		for _, r := range creations {
			if w.astray(r) {
				j.fault(r.object, []problem{problemAt(field("metadata", "namespace"), "the policy %s is about this, but is not bound in the namespace %q", o.Name, r.object.Namespace)})
			}
		}
		for _, b := range w.bindings {
			j.fault(b.object, w.gapsOf(b))
		}
	}
	return j.Faults, nil
}

// A watch is a policy in force, with the requests that it is there for.
type watch struct {
	*policy
	bindings []*binding
	cluster  cluster
	subjects []*request
}

// whenever is the watch with rules that hold for every operation.
func (w watch) whenever() watch {
	wider := *w.match
	wider.include = slices.Clone(wider.include)
	for i := range wider.include {
		wider.include[i].Operations = []admissionv1.OperationType{admissionv1.OperationAll}
	}
	p := *w.policy
	p.match = &wider
	w.policy = &p
	return w
}

// judges tells whether the policy is asked about a request, through any binding.
func (w watch) judges(r *request) bool {
	return slices.ContainsFunc(w.bindings, func(b *binding) bool { return w.judgesThrough(b, r) })
}

func (w watch) judgesThrough(b *binding, r *request) bool {
	m := w.match.match(r)
	if !m.ok || !b.match.match(r).ok {
		return false
	}
	seen, err := w.cluster.seenAs(r, m.as)
	if err != nil {
		return false
	}
	met, failed := invocation{w.policy, seen, nil}.meetsConditions()
	return met || failed != nil
}

// gaps are what is wrong with the policy itself.
func (w watch) gaps(creations []*request) []problem {
	rules := field("spec", "matchConstraints", "resourceRules")
	if len(w.subjects) == 0 {
		if w.match.onCreate() {
			return nil // it is idle
		}
		return []problem{problemAt(slices.Concat(rules, w.whenever().match.tooNarrow(creations)), "the policy sees no object of this overlay as a whole, only subresources")}
	}
	var found []problem
	for _, o := range []struct {
		operation admission.Operation
		what      string
	}{{admission.Create, "created"}, {admission.Update, "changed"}} {
		for _, r := range w.subjects {
			if !w.match.match(r.on(o.operation)).ok {
				found = append(found, problemAt(slices.Concat(rules, field(w.ruleOf(r), "operations")), "the policy does not see %s being %s, since %s is missing", r.object.Ref, o.what, o.operation))
				break
			}
		}
	}
	for _, r := range w.subjects {
		if w.missesScale(r) {
			found = append(found, problemAt(slices.Concat(rules, field(w.ruleOf(r), "resources")), "the policy reads spec.replicas, but does not see kubectl scale, which changes %s/scale", r.resource.Resource))
		}
	}
	found = append(found, w.unseen(creations)...)
	for _, r := range w.subjects {
		if w.judges(w.cluster.create(renamed(r.object, r.object.Name+"-other", r.object.Namespace))) {
			found = append(found, problemAt(field("spec", "matchConditions"), "the policy is about %s, but judges every other %s too: no condition asks for the name", r.object.Ref, r.object.Kind))
			break
		}
	}
	return found
}

// unseen are the names that a match condition asks for and that nothing has of
// what the policy sees: a rule has lost it, or the name is wrong.
func (w watch) unseen(creations []*request) []problem {
	var found []problem
	for _, condition := range w.program.conditions {
		for _, name := range namesAskedFor(condition) {
			named := func(r *request) bool { return r.object.Name == name }
			if slices.ContainsFunc(w.subjects, named) {
				continue
			}
			others := slices.DeleteFunc(slices.Clone(creations), func(r *request) bool { return !named(r) })
			if slices.ContainsFunc(others, w.astray) {
				continue
			}
			if narrow := w.match.tooNarrow(others); narrow != nil {
				path := slices.Concat(field("spec", "matchConstraints", "resourceRules"), narrow)
				return append(found, problemAt(path, "the policy is about %q, and no object that it sees has this name", name))
			}
			found = append(found, problemAt(condition.path, "the policy is about %q, and no object has this name", name))
		}
	}
	return found
}

// astray tells whether a match condition asks for the name of r, which the
// policy would be asked about in the namespace of one of its subjects, and is
// not where r is.
func (w watch) astray(r *request) bool {
	asked := slices.ContainsFunc(w.program.conditions, func(e *expression) bool { return slices.Contains(namesAskedFor(e), r.object.Name) })
	return asked && !w.whenever().judges(r) && !slices.ContainsFunc(w.subjects, func(s *request) bool {
		return s.object.Kind == r.object.Kind && s.object.Name == r.object.Name
	}) && slices.ContainsFunc(w.subjects, func(s *request) bool {
		return s.object.Namespace != "" && w.whenever().judges(w.cluster.create(renamed(r.object, r.object.Name, s.object.Namespace)))
	})
}

// namesAskedFor are the texts that an expression compares object.metadata.name
// with, by == or by in.
func namesAskedFor(e *expression) []string {
	var names []string
	ast.PostOrderVisit(e.ast.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		if x.Kind() != ast.CallKind {
			return
		}
		call := x.AsCall()
		if call.FunctionName() != operators.Equals && call.FunctionName() != operators.In || !isName(call.Args()[0]) {
			return
		}
		asked := []ast.Expr{call.Args()[1]}
		if asked[0].Kind() == ast.ListKind {
			asked = asked[0].AsList().Elements()
		}
		for _, text := range asked {
			if text.Kind() == ast.LiteralKind {
				if name, ok := text.AsLiteral().Value().(string); ok {
					names = append(names, name)
				}
			}
		}
	}))
	return names
}

// isName says whether an expression is object.metadata.name.
func isName(x ast.Expr) bool {
	for _, name := range []string{"name", "metadata"} {
		if x.Kind() != ast.SelectKind || x.AsSelect().FieldName() != name {
			return false
		}
		x = x.AsSelect().Operand()
	}
	return x.Kind() == ast.IdentKind && x.AsIdent() == "object"
}

// ruleOf is the index of the rule that is there for r, in text.
func (w watch) ruleOf(r *request) string {
	for i := range w.match.include {
		alone := *w.whenever().match
		alone.include = alone.include[i : i+1]
		if alone.match(r).ok {
			return strconv.Itoa(i)
		}
	}
	return "0"
}

// missesScale tells whether the policy is about the number of replicas of r,
// and is not asked when that is scaled.
func (w watch) missesScale(r *request) bool {
	scaled := map[string]bool{"deployments": true, "statefulsets": true, "replicasets": true}
	if r.resource.Group != "apps" || !scaled[r.resource.Resource] || !namesIn(w.spec)["replicas"] {
		return false
	}
	return !anyRule(w.match.include, attributesOn{r.attributes.Attributes, admission.Update, "scale"})
}

// gapsOf are what is wrong with a binding of the policy.
func (w watch) gapsOf(b *binding) []problem {
	var found []problem
	if actions := b.spec.ValidationActions; !slices.Contains(actions, admissionv1.Warn) && !slices.Contains(actions, admissionv1.Deny) {
		found = append(found, problemAt(field("spec", "validationActions"), "nobody who breaks the promise of %s is told: Warn or Deny is missing", w.object.Name))
	}
	for _, r := range w.subjects {
		if r.namespace == nil {
			continue
		}
		elsewhere := w.cluster.create(renamed(r.object, r.object.Name, r.namespace.Name+"-other"))
		if w.whenever().judgesThrough(b, elsewhere) {
			return append(found, problemAt(field("spec", "matchResources", "namespaceSelector", "matchLabels"), "the policy is about %s, but judges every namespace of the cluster", r.object.Ref))
		}
	}
	return found
}

// renamed is an object of another name, in another namespace.
func renamed(o manifest.Object, name, namespace string) manifest.Object {
	fields := maps.Clone(o.Fields)
	metadata, _ := fields["metadata"].(map[string]any)
	metadata = maps.Clone(metadata)
	metadata["name"] = name
	if namespace != "" {
		metadata["namespace"] = namespace
	}
	fields["metadata"] = metadata
	o.Fields, o.Name, o.Namespace = fields, name, namespace
	return o
}

// on is r as another operation on the same object.
func (r *request) on(operation admission.Operation) *request {
	other := *r
	attributes := *r.attributes
	attributes.Attributes = attributesOn{r.attributes.Attributes, operation, ""}
	other.attributes = &attributes
	return &other
}

// attributesOn are the attributes of a request for another operation.
type attributesOn struct {
	admission.Attributes
	operation   admission.Operation
	subresource string
}

func (a attributesOn) GetOperation() admission.Operation { return a.operation }

func (a attributesOn) GetSubresource() string { return a.subresource }
