package apiserver

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	plugincel "k8s.io/apiserver/pkg/admission/plugin/cel"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	apiservercel "k8s.io/apiserver/pkg/cel"
)

// A denial is one reason why a policy would not let a request through.
type denial struct {
	path    manifest.Path // in the policy: what denied
	message string
	// expression is the one whose value decided; nil where none did, as when
	// the cost budget was used up.
	expression *expression
	namespace  *corev1.Namespace // that expression saw
	value      ref.Val           // of expression, or
	err        error             // why it has none
}

// evaluate asks p about r, as validate.Validate and matchconditions.Match of
// k8s.io/apiserver do. applies is false if a match condition keeps the policy
// off this request.
func (p *policy) evaluate(r *request) (applies bool, denials []denial) {
	ignore := p.spec.FailurePolicy != nil && *p.spec.FailurePolicy == admissionv1.Ignore
	applies, failed := p.meetsConditions(r)
	if failed != nil && ignore {
		return false, nil
	}
	if failed != nil {
		return true, []denial{*failed}
	}
	if !applies {
		return false, nil
	}
	for _, d := range p.validate(r) {
		if d.failed() && ignore {
			continue
		}
		denials = append(denials, d)
	}
	return true, denials
}

// failed tells an evaluation that came to no value from a false one.
func (d denial) failed() bool { return d.value == nil }

// meetsConditions evaluates the match conditions. One that is false outweighs
// others that fail.
func (p *policy) meetsConditions(r *request) (bool, *denial) {
	results, _, err := p.run(r, p.program.conditions, nil, celconfig.RuntimeCELCostBudgetMatchConditions)
	if err != nil {
		return false, &denial{path: field("spec", "matchConditions"), message: err.Error(), err: err}
	}
	var failed *denial
	var failures []error
	for _, result := range results {
		if result.EvalResult == types.False {
			return false, nil
		}
		if result.Error != nil {
			e := result.ExpressionAccessor.(*expression)
			failed = &denial{path: e.path, expression: e, err: result.Error}
			failures = append(failures, result.Error)
		}
	}
	if failed != nil {
		failed.message = utilerrors.NewAggregate(failures).Error()
	}
	return true, failed
}

// validate evaluates the validations and audit annotations and returns those
// that do not let r pass, whether false or failed.
func (p *policy) validate(r *request) []denial {
	namespace := plugincel.CreateNamespaceObject(r.namespace)
	results, budget, err := p.run(r, p.program.validations, namespace, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return []denial{{path: field("spec", "validations"), message: err.Error(), err: err}}
	}
	messages, _, messageErr := p.run(r, p.program.messages, namespace, budget)
	var denials []denial
	for i, result := range results {
		e := p.program.validations[i]
		switch {
		case result.Error != nil:
			denials = append(denials, denial{e.path, result.Error.Error(), e, namespace, nil, result.Error})
		case errors.Is(messageErr, apiservercel.ErrInternal) || errors.Is(messageErr, apiservercel.ErrOutOfBudget):
			message := fmt.Sprintf("failed messageExpression: %s", messageErr)
			denials = append(denials, denial{path: item("validations", i, "messageExpression"), message: message, err: messageErr})
		case result.EvalResult != types.True:
			var own plugincel.EvaluationResult
			if i < len(messages) {
				own = messages[i]
			}
			denials = append(denials, denial{e.path, message(p.spec.Validations[i], own), e, namespace, result.EvalResult, nil})
		}
	}
	annotations, err := p.annotate(r)
	if err != nil {
		return []denial{{path: field("spec", "auditAnnotations"), message: err.Error(), err: err}}
	}
	return append(denials, annotations...)
}

// annotate evaluates the audit annotations: one that fails denies the request.
func (p *policy) annotate(r *request) ([]denial, error) {
	results, _, err := p.run(r, p.program.annotations, r.namespace, celconfig.RuntimeCELCostBudget)
	var denials []denial
	for i, result := range results {
		if result.Error != nil {
			e := p.program.annotations[i]
			denials = append(denials, denial{e.path, result.Error.Error(), e, r.namespace, nil, result.Error})
		}
	}
	return denials, err
}

// run evaluates expressions, of which some may be nil, with the server's
// evaluator. It returns a result for each and what is left of the budget.
func (p *policy) run(r *request, expressions []*expression, namespace *corev1.Namespace, budget int64) ([]plugincel.EvaluationResult, int64, error) {
	compiled := make([]plugincel.CompilationResult, len(expressions))
	for i, e := range expressions {
		if e != nil {
			compiled[i] = e.result
		}
	}
	ctx := context.Background()
	if p.program.composition != nil {
		ctx = p.program.composition.CreateContext(ctx)
	}
	return plugincel.NewCondition(compiled).ForInput(ctx, r.attributes, r.review(), plugincel.OptionalVariableBindings{}, namespace, budget)
}

// message is the text of a validation that is false: what its message
// expression gives, unless that fails or gives no proper line, then its
// message, then the expression itself.
func message(v admissionv1.Validation, own plugincel.EvaluationResult) string {
	if own.Error == nil && own.EvalResult != nil {
		line, _ := own.EvalResult.Value().(string)
		line = strings.TrimSpace(line)
		if line != "" && len(line) <= celconfig.MaxEvaluatedMessageExpressionSizeBytes && !strings.Contains(line, "\n") {
			return line
		}
	}
	if line := strings.TrimSpace(v.Message); line != "" {
		return line
	}
	return "failed expression: " + strings.TrimSpace(v.Expression)
}
