package apiserver

import (
	"encoding/json"
	"strings"
	"sync"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// A program is what a policy says in CEL, compiled. It holds nothing of the
// build it came from and may be evaluated by several goroutines at once.
type program struct {
	variables   []*expression
	conditions  []*expression
	validations []*expression
	messages    []*expression // one for each validation; nil where it has none
	annotations []*expression
	// composition evaluates the variables; nil for a policy without any.
	composition *plugincel.CompositedCompiler
	problems    []problem
}

// programs are the policies compiled so far, by their specs. The overlays of a
// repository share their policies, and compiling is what costs.
var programs sync.Map

// compiled compiles a policy, once in a process.
func compiled(spec admissionv1.ValidatingAdmissionPolicySpec) (*program, error) {
	key, err := json.Marshal(spec)
	if err != nil {
		return nil, err
	}
	if p, ok := programs.Load(string(key)); ok {
		return p.(*program), nil
	}
	p, err := newProgram(spec)
	if err != nil {
		return nil, err
	}
	programs.Store(string(key), p)
	return p, nil
}

// newProgram compiles as the server does when a policy is created. The error
// means that there is no CEL environment; what is wrong with an expression is
// one of the program's problems.
func newProgram(spec admissionv1.ValidatingAdmissionPolicySpec) (*program, error) {
	environments := withoutParams
	if spec.ParamKind != nil {
		environments = withParams
	}
	shared, err := environments()
	if err != nil {
		return nil, err
	}
	p := &program{}
	// Match conditions see no variables, and a policy without variables needs
	// no environment of its own.
	plain := compiler{shared.NewExpressionsEnv()}
	own := plain
	if len(spec.Variables) > 0 {
		if p.composition, err = plugincel.NewCompositedCompilerForTypeChecking(shared); err != nil {
			return nil, err
		}
		if own.env, err = p.composition.Env(environment.NewExpressions); err != nil {
			return nil, err
		}
		p.composition.Compiler = own
	}
	for i, v := range spec.Variables {
		e := &expression{name: v.Name, text: v.Expression, path: item("variables", i, "expression"), types: anything}
		p.composition.CompileAndStoreVariable(e, plugincel.OptionalVariableDeclarations{}, environment.NewExpressions)
		p.variables = append(p.variables, p.check(e, false))
	}
	for i, c := range spec.MatchConditions {
		e := &expression{text: c.Expression, path: item("matchConditions", i, "expression"), types: boolean}
		p.conditions = append(p.conditions, p.check(plain.compile(e), true))
	}
	for i, v := range spec.Validations {
		e := &expression{text: v.Expression, path: item("validations", i, "expression"), types: boolean}
		p.validations = append(p.validations, p.check(own.compile(e), false))
		var message *expression
		if v.MessageExpression != "" {
			message = p.check(own.compile(&expression{text: v.MessageExpression, path: item("validations", i, "messageExpression"), types: words}), false)
		}
		p.messages = append(p.messages, message)
	}
	for i, a := range spec.AuditAnnotations {
		e := &expression{text: a.ValueExpression, path: item("auditAnnotations", i, "valueExpression"), types: textOrNull}
		p.annotations = append(p.annotations, p.check(own.compile(e), false))
	}
	return p, nil
}

// check notes what is wrong with a compiled expression. A match condition may
// ask about the user: it is answered for an ordinary one.
func (p *program) check(e *expression, conditional bool) *expression {
	switch {
	case strings.TrimSpace(e.text) == "":
		p.problems = append(p.problems, problemAt(e.path, "the expression is empty"))
	case e.result.Error != nil:
		p.problems = append(p.problems, problemAt(e.path, "the expression does not compile: %s", e.trouble).inside(e.troubleAt))
	case e.asksWho(conditional):
		p.problems = append(p.problems, skippedAt(e.path, "the expression asks who makes the request, which cannot be judged offline"))
	}
	return e
}
