package apiserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
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
	always     bool              // denies, whatever the actions of the binding
}

// denies tells whether the server refuses the request, for a binding with
// these actions.
func (d denial) denies(actions []admissionv1.ValidationAction) bool {
	return d.always || slices.Contains(actions, admissionv1.Deny)
}

// An invocation is a policy that is asked about a request, with one of its
// parameters; params is null without one.
type invocation struct {
	*policy
	request *request
	param   *manifest.Object
}

// evaluate does what validate.Validate and matchconditions.Match of
// k8s.io/apiserver do. applies is false if a match condition keeps the policy
// off this request.
func (i invocation) evaluate() (applies bool, denials []denial) {
	applies, failed := i.meetsConditions()
	if failed != nil && i.ignoresErrors() {
		return false, nil
	}
	if failed != nil {
		return true, []denial{*failed}
	}
	if !applies {
		return false, nil
	}
	for _, d := range i.validate() {
		if d.failed() && i.ignoresErrors() {
			continue
		}
		denials = append(denials, d)
	}
	return true, denials
}

// ignoresErrors tells whether what goes wrong with p lets a request pass.
func (p *policy) ignoresErrors() bool {
	return p.spec.FailurePolicy != nil && *p.spec.FailurePolicy == admissionv1.Ignore
}

// failed tells an evaluation that came to no value from a false one.
func (d denial) failed() bool { return d.value == nil }

// meetsConditions evaluates the match conditions. One that is false outweighs
// others that fail.
func (i invocation) meetsConditions() (bool, *denial) {
	results, _, err := i.run(i.program.conditions, nil, celconfig.RuntimeCELCostBudgetMatchConditions)
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
// that do not let the request pass, whether false or failed.
func (i invocation) validate() []denial {
	namespace := plugincel.CreateNamespaceObject(i.request.namespace)
	results, budget, err := i.run(i.program.validations, namespace, celconfig.RuntimeCELCostBudget)
	if err != nil {
		return []denial{{path: field("spec", "validations"), message: err.Error(), err: err}}
	}
	messages, _, messageErr := i.run(i.program.messages, namespace, budget)
	var denials []denial
	for n, result := range results {
		e := i.program.validations[n]
		switch {
		case result.Error != nil:
			denials = append(denials, denial{path: e.path, message: result.Error.Error(), expression: e, namespace: namespace, err: result.Error})
		case errors.Is(messageErr, apiservercel.ErrInternal) || errors.Is(messageErr, apiservercel.ErrOutOfBudget):
			message := fmt.Sprintf("failed messageExpression: %s", messageErr)
			denials = append(denials, denial{path: item("validations", n, "messageExpression"), message: message, err: messageErr})
		case result.EvalResult != types.True:
			var own plugincel.EvaluationResult
			if n < len(messages) {
				own = messages[n]
			}
			denials = append(denials, denial{path: e.path, message: message(i.spec.Validations[n], own), expression: e, namespace: namespace, value: result.EvalResult})
		}
	}
	annotations, err := i.annotate()
	if err != nil {
		return []denial{{path: field("spec", "auditAnnotations"), message: err.Error(), err: err}}
	}
	return append(denials, annotations...)
}

// annotate evaluates the audit annotations: one that fails denies the request.
func (i invocation) annotate() ([]denial, error) {
	namespace := i.request.namespace
	results, _, err := i.run(i.program.annotations, namespace, celconfig.RuntimeCELCostBudget)
	var denials []denial
	for n, result := range results {
		if result.Error != nil {
			e := i.program.annotations[n]
			denials = append(denials, denial{path: e.path, message: result.Error.Error(), expression: e, namespace: namespace, err: result.Error, always: true})
		}
	}
	return denials, err
}

// run evaluates expressions, of which some may be nil, with the server's
// evaluator. It returns a result for each and what is left of the budget.
func (i invocation) run(expressions []*expression, namespace *corev1.Namespace, budget int64) ([]plugincel.EvaluationResult, int64, error) {
	compiled := make([]plugincel.CompilationResult, len(expressions))
	for n, e := range expressions {
		if e != nil {
			compiled[n] = e.result
		}
	}
	ctx := context.Background()
	if i.program.composition != nil {
		ctx = i.program.composition.CreateContext(ctx)
	}
	var variables plugincel.OptionalVariableBindings
	if i.param != nil {
		variables.VersionedParams = &unstructured.Unstructured{Object: i.param.Fields}
	}
	return plugincel.NewCondition(compiled).ForInput(ctx, i.request.attributes, i.request.review(), variables, namespace, budget)
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
