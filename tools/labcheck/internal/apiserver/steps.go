package apiserver

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/interpreter"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A step is one thing that happened in an evaluation: an expression got its
// value, or a field of the object was read.
type step struct {
	expr   ast.Expr // nil for a read
	result ref.Val
	steps  []*step // what happened meanwhile, in order

	path   manifest.Path // of the field read
	scalar bool          // it holds, or lacks, a single value
}

// A recorder notes the steps of one evaluation.
type recorder struct {
	current *step
	loops   []*loop // being iterated over, innermost last
	noted   int
}

// maxSteps bounds the memory of a recording. An evaluation that takes more is
// given up: nobody could tell which of so many steps decided.
const maxSteps = 100_000

// A loop is a comprehension whose variables stand for a field of the object.
type loop struct {
	step      *step
	variables [2]string
	items     [2]*step // the reads they stand for; nil where it is no field
}

func (r *recorder) read(path manifest.Path, scalar bool) {
	r.note(&step{path: path, scalar: scalar})
}

func (r *recorder) note(s *step) {
	if r.noted++; r.noted > maxSteps {
		// As the interpreter itself does at a cost limit; Program.Eval makes an error of it.
		panic(interpreter.EvalCancelledError{Message: "too many steps to record"})
	}
	r.current.steps = append(r.current.steps, s)
}

// enter records the evaluation of expr.
func (r *recorder) enter(expr ast.Expr, evaluate func() ref.Val) ref.Val {
	outer, inner := r.current, &step{expr: expr}
	r.current = inner
	if expr.Kind() == ast.ComprehensionKind {
		c := expr.AsComprehension()
		r.loops = append(r.loops, &loop{step: inner, variables: [2]string{c.IterVar(), c.IterVar2()}})
	}
	inner.result = evaluate()
	switch expr.Kind() {
	case ast.ComprehensionKind:
		r.loops = r.loops[:len(r.loops)-1]
	case ast.IdentKind:
		r.readVariable(expr.AsIdent())
	}
	r.current = outer
	r.note(inner)
	return inner.result
}

// iterate notes which fields the variables of a loop stand for, if it is a
// loop that is going through them and not a function.
func (r *recorder) iterate(first, second *step) {
	if n := len(r.loops); n > 0 && r.loops[n-1].step == r.current {
		r.loops[n-1].items = [2]*step{first, second}
	}
}

// readVariable notes the read of a scalar through the variable of a loop.
func (r *recorder) readVariable(name string) {
	for i := len(r.loops) - 1; i >= 0; i-- {
		for j, variable := range r.loops[i].variables {
			item := r.loops[i].items[j]
			if variable != name || item == nil {
				continue
			}
			if item.scalar {
				r.note(item)
			}
			return
		}
	}
}

// run evaluates e once more, with the steps recorded. It returns the step of
// the whole expression, or nil if it could not be planned.
func (r *recorder) run(e *expression, variables interpreter.Activation) *step {
	exprs := map[int64]ast.Expr{}
	ast.PostOrderVisit(e.ast.NativeRep().Expr(), ast.NewExprVisitor(func(x ast.Expr) { exprs[x.ID()] = x }))
	program, err := e.env.Program(e.ast, cel.CustomDecoratorV2(r.watch(exprs)))
	if err != nil {
		return nil
	}
	outer, top := r.current, &step{expr: e.ast.NativeRep().Expr()}
	r.current = top
	value, _, err := program.Eval(variables)
	r.current = outer
	if err != nil {
		value = types.WrapErr(err)
	}
	top.result = value
	return top
}

// watch makes every node of a program but constants record its evaluation.
func (r *recorder) watch(exprs map[int64]ast.Expr) interpreter.InterpretableDecoratorV2 {
	return func(node interpreter.InterpretableV2) (interpreter.InterpretableV2, error) {
		expr := exprs[node.ID()]
		if expr == nil {
			return node, nil
		}
		switch n := node.(type) {
		case *watched, *watchedAttribute, interpreter.InterpretableConst:
			return node, nil
		case interpreter.InterpretableAttribute:
			return &watchedAttribute{n, r, expr}, nil
		}
		return &watched{node, r, expr}, nil
	}
}

type watched struct {
	interpreter.InterpretableV2
	recorder *recorder
	expr     ast.Expr
}

func (w *watched) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	return w.recorder.enter(w.expr, func() ref.Val { return w.InterpretableV2.Exec(frame) })
}

func (w *watched) Eval(variables interpreter.Activation) ref.Val {
	return w.Exec(interpreter.AsFrame(variables))
}

// A watchedAttribute is a watched node that further selectors may be added to.
type watchedAttribute struct {
	interpreter.InterpretableAttribute
	recorder *recorder
	expr     ast.Expr
}

func (w *watchedAttribute) Exec(frame *interpreter.ExecutionFrame) ref.Val {
	return w.recorder.enter(w.expr, func() ref.Val { return w.InterpretableAttribute.Exec(frame) })
}

func (w *watchedAttribute) Eval(variables interpreter.Activation) ref.Val {
	return w.Exec(interpreter.AsFrame(variables))
}
