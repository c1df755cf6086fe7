package apiserver

import (
	"slices"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// decisiveInLoop is the field that gave a loop its result. The macros are told
// apart by what they start from: all from true, exists from false, exists_one
// from a count, filter and map from an empty list.
func (s *step) decisiveInLoop() manifest.Path {
	over, asked := s.turns()
	start := s.expr.AsComprehension().AccuInit()
	var path manifest.Path
	switch failed := slices.IndexFunc(asked, (*step).failed); {
	case len(asked) == 0:
		path = lastRead(s.steps)
	case types.IsError(s.result) && failed >= 0:
		path = asked[failed].decisive()
	case start.Kind() == ast.LiteralKind && start.AsLiteral() == types.True:
		path = asked[len(asked)-1].decisive() // all goes no further
	default:
		path = found(asked, over)
	}
	if path == nil {
		return over
	}
	return path
}

// turns takes the steps of a loop apart: the field it goes through, and what
// it asked of each item.
func (s *step) turns() (over manifest.Path, asked []*step) {
	c := s.expr.AsComprehension()
	for _, inner := range s.steps {
		switch {
		case inner.expr == nil:
		case inner.expr.ID() == c.IterRange().ID():
			over = inner.decisive()
		case inner.expr.ID() == c.LoopStep().ID():
			if predicate := inner.predicate(); predicate != nil {
				asked = append(asked, predicate)
			}
		}
	}
	return over, asked
}

// predicate is the step in a loop step that evaluated what the loop asks: the
// step is accumulator && predicate, accumulator || predicate, or predicate ?
// more : accumulator. For map, which asks nothing, it is the whole loop step.
func (s *step) predicate() *step {
	switch {
	case s.expr.Kind() != ast.CallKind:
		return nil
	case s.is(operators.LogicalAnd) || s.is(operators.LogicalOr):
		return s.child(s.expr.AsCall().Args()[1])
	case s.is(operators.Conditional):
		return s.child(s.expr.AsCall().Args()[0])
	}
	return s
}

// child is the step in s that evaluated expr, if any did.
func (s *step) child(expr ast.Expr) *step {
	for _, inner := range s.steps {
		if inner.expr != nil && inner.expr.ID() == expr.ID() {
			return inner
		}
	}
	return nil
}

// found is the field that made the last item found one of those looked for
// or, if none was found, that kept the closest one from being it: the one that
// met most of what was asked. Where no item met anything and there are several,
// none of them is to blame but their list.
func found(asked []*step, list manifest.Path) manifest.Path {
	for _, predicate := range slices.Backward(asked) {
		if predicate.result == types.True {
			return predicate.decisive()
		}
	}
	closest := slices.MaxFunc(asked, func(a, b *step) int { return a.met() - b.met() })
	if len(asked) > 1 && closest.met() == 0 {
		return list
	}
	return closest.decisive()
}

// met counts the conditions in s that were met.
func (s *step) met() int {
	n := 0
	if s.expr != nil && s.result == types.True {
		n = 1
	}
	if s.expr == nil || !s.composed() {
		return n
	}
	sum, most := 0, 0
	for _, inner := range s.steps {
		sum += inner.met()
		most = max(most, inner.met())
	}
	if s.is(operators.LogicalAnd) {
		return sum
	}
	return max(n, most)
}

// composed tells whether s is made of conditions.
func (s *step) composed() bool {
	return s.expr.Kind() == ast.ComprehensionKind ||
		s.is(operators.LogicalAnd) || s.is(operators.LogicalOr) || s.is(operators.Conditional)
}
