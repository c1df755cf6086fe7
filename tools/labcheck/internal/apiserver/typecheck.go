package apiserver

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// typeChecks are the problems found so far, by all that they depend on. The
// overlays of a repository share their policies.
var typeChecks sync.Map

// typeChecked is typeCheck, once in a process.
func (c cluster) typeChecked(policySpec admissionv1.ValidatingAdmissionPolicySpec) ([]problem, error) {
	text, err := json.Marshal(policySpec)
	if err != nil {
		return nil, err
	}
	key := string(text)
	for _, gvk := range c.kindsNamed(policySpec.MatchConstraints) {
		key += string(c.schema(gvk))
	}
	if kind := policySpec.ParamKind; kind != nil {
		key += string(c.schema(schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)))
	}
	if problems, ok := typeChecks.Load(key); ok {
		return problems.([]problem), nil
	}
	problems, err := c.typeCheck(policySpec)
	if err == nil {
		typeChecks.Store(key, problems)
	}
	return problems, err
}

// typeCheck finds validations and messages that read what the kinds do not
// have that the policy names. It restates TypeChecker.Check of
// k8s.io/apiserver/pkg/admission/plugin/policy/validating, by which a cluster
// fills in status.typeChecking. A policy with such an expression is in force
// all the same: where the expression reads that field, it fails.
func (c cluster) typeCheck(policySpec admissionv1.ValidatingAdmissionPolicySpec) ([]problem, error) {
	d := declarer{namesIn(policySpec)}
	params := c.paramType(d, policySpec.ParamKind)
	issues, places := map[string][]string{}, map[string]int{} // by path
	var problems []problem
	for _, gvk := range c.kindsNamed(policySpec.MatchConstraints) {
		object := c.declared(d, gvk)
		if object == nil {
			problems = append(problems, skippedAt(field("spec", "matchConstraints"), "the fields of %v are not known, so that no expression is checked against them", gvk))
			continue
		}
		checker, err := newTypeChecker(policySpec.Variables, object, params)
		if err != nil {
			return nil, err
		}
		eachExpression(policySpec, func(path manifest.Path, text string) {
			if issue, at := checker.check(text); issue != "" {
				issues[path.String()] = append(issues[path.String()], fmt.Sprintf("%v: %s", gvk, issue))
				places[path.String()] = at
			}
		})
	}
	eachExpression(policySpec, func(path manifest.Path, _ string) {
		if found := issues[path.String()]; found != nil {
			problems = append(problems, problemAt(path, "the expression does not type-check: %s", strings.Join(found, "; ")).inside(places[path.String()]))
		}
	})
	return problems, nil
}

// eachExpression visits the expressions that are type-checked, in order.
func eachExpression(policySpec admissionv1.ValidatingAdmissionPolicySpec, visit func(path manifest.Path, text string)) {
	for i, v := range policySpec.Validations {
		visit(item("validations", i, "expression"), v.Expression)
		if v.MessageExpression != "" {
			visit(item("validations", i, "messageExpression"), v.MessageExpression)
		}
	}
}

var word = regexp.MustCompile(`\w+`)

// namesIn are all words in the expressions of a policy, the names of the fields
// that they read among them.
func namesIn(policySpec admissionv1.ValidatingAdmissionPolicySpec) map[string]bool {
	names := map[string]bool{}
	add := func(text string) {
		for _, name := range word.FindAllString(text, -1) {
			names[name] = true
		}
	}
	eachExpression(policySpec, func(_ manifest.Path, text string) { add(text) })
	for _, v := range policySpec.Variables {
		add(v.Expression)
	}
	return names
}

// A typeChecker compiles expressions in an environment where the object and
// the parameters have the types of their kinds, and not any.
type typeChecker struct{ env *cel.Env }

func newTypeChecker(variables []admissionv1.Variable, object, params *apiservercel.DeclType) (typeChecker, error) {
	set, err := newEnvironment(object, params)
	if err != nil {
		return typeChecker{}, err
	}
	if len(variables) == 0 {
		env, err := set.Env(environment.StoredExpressions)
		return typeChecker{env}, err
	}
	composition, err := plugincel.NewCompositedCompilerForTypeChecking(set)
	if err != nil {
		return typeChecker{}, err
	}
	env, err := composition.Env(environment.StoredExpressions)
	if err != nil {
		return typeChecker{}, err
	}
	checker := typeChecker{env}
	composition.Compiler = checker
	for _, v := range variables {
		composition.CompileAndStoreVariable(&expression{name: v.Name, text: v.Expression}, plugincel.OptionalVariableDeclarations{}, environment.StoredExpressions)
	}
	return checker, nil
}

// CompileCELExpression gives a variable its type; it is of any type where its
// own expression does not type-check, which the server says nothing of.
func (c typeChecker) CompileCELExpression(e plugincel.ExpressionAccessor, _ plugincel.OptionalVariableDeclarations, _ environment.Type) plugincel.CompilationResult {
	checked, issues := c.env.Compile(e.GetExpression())
	if issues != nil {
		return plugincel.CompilationResult{}
	}
	return plugincel.CompilationResult{OutputType: checked.OutputType()}
}

// check says what is wrong with an expression, or "", and where in its text.
func (c typeChecker) check(text string) (issue string, at int) {
	_, issues := c.env.Compile(text)
	if issues == nil {
		return "", 0
	}
	return explain(issues), placeOf(issues, text)
}

// paramType is the type of the variable params, nil where there is none.
func (c cluster) paramType(d declarer, kind *admissionv1.ParamKind) *apiservercel.DeclType {
	if kind == nil {
		return nil
	}
	if declared := c.declared(d, schema.FromAPIVersionAndKind(kind.APIVersion, kind.Kind)); declared != nil {
		return declared
	}
	return apiservercel.DynType
}

// declared is the type of a kind, nil where its schema is not known.
func (c cluster) declared(d declarer, gvk schema.GroupVersionKind) *apiservercel.DeclType {
	var declared *apiservercel.DeclType
	if openAPIV3Schema := c.schema(gvk); openAPIV3Schema != nil {
		declared = d.declareCustom(openAPIV3Schema)
	} else if t, ok := native.TypeOf(gvk); ok {
		declared = d.declare(t)
	}
	if declared == nil {
		return nil
	}
	return declared.MaybeAssignTypeName(gvk.Kind)
}

// schema is the openAPIV3Schema of a custom resource, nil if none is known.
func (c cluster) schema(gvk schema.GroupVersionKind) []byte {
	definition := c.resources.definitions.OfKind(gvk.GroupKind())
	if definition == nil {
		return nil
	}
	openAPIV3Schema, err := definition.Schema(gvk.Version)
	if err != nil || openAPIV3Schema == nil {
		return nil
	}
	text, err := json.Marshal(openAPIV3Schema)
	if err != nil {
		return nil
	}
	return text
}

// mostKinds is how many kinds of one rule the server checks a policy against.
const mostKinds = 10

// kindsNamed are the kinds that rules name without a wildcard, in order.
func (c cluster) kindsNamed(constraints *admissionv1.MatchResources) []schema.GroupVersionKind {
	var kinds []schema.GroupVersionKind
	for _, rule := range constraints.ResourceRules {
		of := c.kindsOf(rule.Rule)
		kinds = append(kinds, of[:min(len(of), mostKinds)]...)
		if len(of) >= mostKinds {
			break
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Kind, b.Kind))
	})
	return slices.Compact(kinds)
}

func (c cluster) kindsOf(rule admissionv1.Rule) []schema.GroupVersionKind {
	wild := func(text string) bool { return strings.Contains(text, "*") }
	if slices.ContainsFunc(rule.APIGroups, wild) || slices.ContainsFunc(rule.APIVersions, wild) {
		return nil
	}
	var kinds []schema.GroupVersionKind
	for _, group := range slices.Sorted(slices.Values(rule.APIGroups)) {
		for _, v := range slices.Sorted(slices.Values(rule.APIVersions)) {
			for _, plural := range slices.Sorted(slices.Values(rule.Resources)) {
				kinds = append(kinds, c.resources.kindsOf(schema.GroupVersionResource{Group: group, Version: v, Resource: plural})...)
			}
		}
	}
	return kinds
}
