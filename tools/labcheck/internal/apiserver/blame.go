package apiserver

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	corev1 "k8s.io/api/core/v1"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/cel/common"
)

// blame says which field of the object decided that d denies it, and which
// other scalar fields were read. It evaluates the expression once more on
// traced values; both are empty if that does not come to the same value.
func (i invocation) blame(d denial) (decisive manifest.Path, others []manifest.Path) {
	if d.expression == nil {
		return nil, nil
	}
	rec := &recorder{current: &step{}}
	top := rec.run(d.expression, newActivation(rec, i, d.namespace))
	if top == nil || !agrees(top.result, d) {
		return nil, nil
	}
	decisive = top.decisive()
	top.eachRead(func(read *step) {
		same := func(path manifest.Path) bool { return slices.Equal(path, read.path) }
		if read.scalar && !same(decisive) && !slices.ContainsFunc(others, same) {
			others = append(others, read.path)
		}
	})
	return decisive, others
}

func agrees(value ref.Val, d denial) bool {
	if err, failed := value.(*types.Err); failed {
		return d.err != nil && strings.HasSuffix(d.err.Error(), err.Error())
	}
	return d.value != nil && value.Equal(d.value) == types.True
}

// An activation gives the variables of a policy their values: the object
// traced, everything else as the server gives it.
type activation map[string]any

func newActivation(rec *recorder, i invocation, namespace *corev1.Namespace) activation {
	a := activation{
		plugincel.ObjectVarName:    rec.value(nil, i.request.fields),
		plugincel.OldObjectVarName: nil,
		plugincel.ParamsVarName:    nil,
		plugincel.NamespaceVarName: common.SchemalessTypedToVal(namespace),
		plugincel.RequestVarName:   common.SchemalessTypedToVal(i.request.review()),
	}
	if i.param != nil {
		a[plugincel.ParamsVarName] = i.param.Fields
	}
	if p := i.program; p.composition != nil {
		plain := p.composition.CreateContext(nil).Variables(a)
		a[plugincel.VariableVarName] = &tracedVariables{plain.(traits.Mapper), rec, p.variables, a, map[string]*step{}}
	}
	return a
}

func (a activation) ResolveName(name string) (any, bool) {
	value, ok := a[name]
	return value, ok
}

func (a activation) Parent() interpreter.Activation { return nil }

// tracedVariables evaluates the variables of a policy when they are first read.
type tracedVariables struct {
	traits.Mapper
	recorder  *recorder
	variables []*expression
	values    activation
	steps     map[string]*step
}

func (v *tracedVariables) Find(key ref.Val) (ref.Val, bool) {
	name, _ := key.Value().(string)
	i := slices.IndexFunc(v.variables, func(e *expression) bool { return e.name == name })
	if i < 0 {
		return nil, false
	}
	if v.steps[name] == nil {
		v.steps[name] = v.recorder.run(v.variables[i], v.values)
	}
	s := v.steps[name]
	v.recorder.note(s)
	if err, failed := s.result.(*types.Err); failed {
		return types.NewErr("composited variable %q fails to evaluate: %v", name, err), true
	}
	return s.result, true
}

func (v *tracedVariables) Get(key ref.Val) ref.Val {
	if value, found := v.Find(key); found {
		return value
	}
	return types.ValOrErr(key, "no such key: %v", key)
}

// eachRead visits the reads in s in order.
func (s *step) eachRead(visit func(*step)) {
	if s.expr == nil {
		visit(s)
	}
	for _, inner := range s.steps {
		inner.eachRead(visit)
	}
}

// decisive is the field that gave s its result. CEL stops evaluating once the
// result is certain, so it is the last one read, but for errors, which do not
// stop it at once, and for loops.
func (s *step) decisive() manifest.Path {
	if s.expr == nil {
		return s.path
	}
	if s.expr.Kind() == ast.ComprehensionKind {
		return s.decisiveInLoop()
	}
	if types.IsError(s.result) {
		if i := slices.IndexFunc(s.steps, (*step).failed); i >= 0 {
			return s.steps[i].decisive()
		}
	}
	return lastRead(s.steps)
}

// lastRead is what decided the last of steps that read anything.
func lastRead(steps []*step) manifest.Path {
	for _, s := range slices.Backward(steps) {
		if path := s.decisive(); path != nil {
			return path
		}
	}
	return nil
}

func (s *step) failed() bool { return s.expr != nil && types.IsError(s.result) }

// is tells whether s evaluates the operator of that name.
func (s *step) is(operator string) bool {
	return s.expr != nil && s.expr.Kind() == ast.CallKind && s.expr.AsCall().FunctionName() == operator
}

// callsFunction tells whether s evaluates a function with a name, not an operator.
func (s *step) callsFunction() bool {
	return s.expr != nil && s.expr.Kind() == ast.CallKind && !strings.HasPrefix(s.expr.AsCall().FunctionName(), "_")
}
