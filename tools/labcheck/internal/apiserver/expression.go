package apiserver

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
)

// An expression is one CEL expression of a policy.
type expression struct {
	name  string        // of a variable
	text  string        // as written
	path  manifest.Path // in the policy
	types []*cel.Type   // that it may return

	env       *cel.Env // that it is compiled in
	ast       *cel.Ast // nil if it does not compile, and then
	trouble   string   // says why, in one line
	troubleAt int      // and where in text
	result    plugincel.CompilationResult
}

var (
	anything   = []*cel.Type{cel.AnyType, cel.DynType}
	boolean    = []*cel.Type{cel.BoolType}
	words      = []*cel.Type{cel.StringType}
	textOrNull = []*cel.Type{cel.StringType, cel.NullType}
)

// GetExpression is for the server's evaluator, as are the next two methods.
func (e *expression) GetExpression() string { return e.text }

func (e *expression) GetName() string { return e.name }

func (e *expression) ReturnTypes() []*cel.Type { return e.types }

// A compiler compiles expressions in one environment. It does what the
// server's own one does, which would prepare eight environments for each policy.
type compiler struct{ env *cel.Env }

var _ plugincel.Compiler = compiler{}

// CompileCELExpression compiles an *expression for the server's evaluator. The
// environment is the compiler's, whatever the options say.
func (c compiler) CompileCELExpression(e plugincel.ExpressionAccessor, _ plugincel.OptionalVariableDeclarations, _ environment.Type) plugincel.CompilationResult {
	return c.compile(e.(*expression)).result
}

func (c compiler) compile(e *expression) *expression {
	e.env = c.env
	checked, issues := c.env.Compile(e.text)
	if issues != nil {
		e.troubleAt = placeOf(issues, e.text)
		return e.fail(explain(issues))
	}
	if !returns(checked.OutputType(), e.types) {
		return e.fail(fmt.Sprintf("it must evaluate to %v but gives %v", typeNames(e.types), checked.OutputType()))
	}
	program, err := c.env.Program(checked, cel.InterruptCheckFrequency(celconfig.CheckFrequency))
	if err != nil {
		return e.fail(err.Error())
	}
	e.ast = checked
	e.result = plugincel.CompilationResult{Program: program, ExpressionAccessor: e, OutputType: checked.OutputType()}
	return e
}

// explain puts the compiler's issues in one line; "" if there are none.
func explain(issues *cel.Issues) string {
	var all []string
	for _, issue := range issues.Errors() {
		all = append(all, fmt.Sprintf("%s (line %d, column %d)", issue.Message, issue.Location.Line(), issue.Location.Column()+1))
	}
	return strings.Join(all, "; ")
}

// placeOf is where in text the first of the compiler's issues is, in bytes.
func placeOf(issues *cel.Issues, text string) int {
	first := issues.Errors()[0].Location
	lines := strings.SplitAfter(text, "\n")
	at := strings.Join(lines[:min(max(first.Line()-1, 0), len(lines))], "")
	for i, r := 0, []rune(text[len(at):]); i < min(first.Column(), len(r)); i++ {
		at += string(r[i])
	}
	return len(at)
}

func (e *expression) fail(trouble string) *expression {
	e.trouble = trouble
	e.result = plugincel.CompilationResult{
		Error:              &apiservercel.Error{Type: apiservercel.ErrorTypeInvalid, Detail: trouble},
		ExpressionAccessor: e,
	}
	return e
}

func returns(output *cel.Type, types []*cel.Type) bool {
	for _, t := range types {
		if output.IsExactType(t) || cel.AnyType.IsExactType(t) {
			return true
		}
	}
	return false
}

func typeNames(types []*cel.Type) string {
	var names []string
	for _, t := range types {
		names = append(names, t.String())
	}
	return strings.Join(names, " or ")
}

// asksWho tells whether the value depends on who makes the request: on the
// authorizer or, unless that is allowed, on request.userInfo.
func (e *expression) asksWho(userAllowed bool) bool {
	if !strings.Contains(e.text, "authorizer") && !strings.Contains(e.text, "userInfo") {
		return false
	}
	found := false
	ast.PostOrderVisit(e.ast.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) {
		switch x.Kind() {
		case ast.IdentKind:
			found = found || strings.HasPrefix(x.AsIdent(), plugincel.AuthorizerVarName)
		case ast.SelectKind:
			found = found || !userAllowed && x.AsSelect().FieldName() == "userInfo"
		}
	}))
	return found
}
