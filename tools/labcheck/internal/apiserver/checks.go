package apiserver

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// checkPolicy finds what the server refuses in a policy and what would leave
// nothing to judge. It restates the part of
// kubernetes/pkg/apis/admissionregistration/validation that judging rests on.
func checkPolicy(spec admissionv1.ValidatingAdmissionPolicySpec) []problem {
	var found []problem
	if p := spec.FailurePolicy; p != nil && *p != admissionv1.Fail && *p != admissionv1.Ignore {
		found = append(found, problemAt(field("spec", "failurePolicy"), "%q is neither Fail nor Ignore", *p))
	}
	constraints := field("spec", "matchConstraints")
	if m := spec.MatchConstraints; m == nil {
		found = append(found, problemAt(constraints, "matchConstraints is required"))
	} else {
		if len(m.ResourceRules) == 0 {
			found = append(found, problemAt(append(constraints, "resourceRules"), "at least one resource rule is required"))
		}
		found = append(found, checkMatch(m, constraints)...)
	}
	if len(spec.Validations) == 0 && len(spec.AuditAnnotations) == 0 {
		found = append(found, problemAt(field("spec", "validations"), "at least one validation is required"))
	}
	for i, v := range spec.Validations {
		found = append(found, checkValidation(i, v)...)
	}
	return append(found, checkNames(spec)...)
}

var identifier = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)

// checkNames looks at the names of variables and match conditions. That a
// variable's name is no reserved word shows when an expression reads it.
func checkNames(spec admissionv1.ValidatingAdmissionPolicySpec) []problem {
	var found []problem
	for i, v := range spec.Variables {
		if !identifier.MatchString(v.Name) {
			found = append(found, problemAt(item("variables", i, "name"), "%q is not a CEL identifier", v.Name))
		}
	}
	seen := map[string]bool{}
	for i, c := range spec.MatchConditions {
		switch {
		case c.Name == "":
			found = append(found, problemAt(item("matchConditions", i, "name"), "a match condition needs a name"))
		case seen[c.Name]:
			found = append(found, problemAt(item("matchConditions", i, "name"), "another match condition has the name %s", c.Name))
		}
		seen[c.Name] = true
	}
	return found
}

var reasons = []metav1.StatusReason{metav1.StatusReasonForbidden, metav1.StatusReasonInvalid,
	metav1.StatusReasonRequestEntityTooLarge, metav1.StatusReasonUnauthorized}

func checkValidation(i int, v admissionv1.Validation) []problem {
	var found []problem
	message := strings.TrimSpace(v.Message)
	if v.Message != "" && message == "" {
		found = append(found, problemAt(item("validations", i, "message"), "the message is blank"))
	}
	if strings.ContainsAny(message, "\r\n") {
		found = append(found, problemAt(item("validations", i, "message"), "the message contains a line break"))
	}
	if v.Reason != nil && !slices.Contains(reasons, *v.Reason) {
		found = append(found, problemAt(item("validations", i, "reason"), "%q is not a reason the API server gives: %v", *v.Reason, reasons))
	}
	return found
}

// checkBinding finds what the server refuses in a binding.
func checkBinding(spec admissionv1.ValidatingAdmissionPolicyBindingSpec) []problem {
	var found []problem
	if spec.PolicyName == "" {
		found = append(found, problemAt(field("spec", "policyName"), "policyName is required"))
	}
	if spec.MatchResources != nil {
		found = append(found, checkMatch(spec.MatchResources, field("spec", "matchResources"))...)
	}
	if spec.ParamRef != nil {
		found = append(found, checkParamRef(*spec.ParamRef, field("spec", "paramRef"))...)
	}
	return append(found, checkActions(spec.ValidationActions)...)
}

func checkParamRef(ref admissionv1.ParamRef, path manifest.Path) []problem {
	var found []problem
	if (ref.Name == "") == (ref.Selector == nil) {
		found = append(found, problemAt(path, "paramRef needs a name or a selector, and not both"))
	}
	action := ref.ParameterNotFoundAction
	if action == nil || *action != admissionv1.AllowAction && *action != admissionv1.DenyAction {
		found = append(found, problemAt(below(path, "parameterNotFoundAction"), "parameterNotFoundAction has to be Allow or Deny"))
	}
	return found
}

func checkActions(actions []admissionv1.ValidationAction) []problem {
	path := field("spec", "validationActions")
	if len(actions) == 0 {
		return []problem{problemAt(path, "at least one validation action is required")}
	}
	for i, action := range actions {
		known := action == admissionv1.Deny || action == admissionv1.Warn || action == admissionv1.Audit
		if !known {
			return []problem{problemAt(item("validationActions", i), "%q is none of Deny, Warn and Audit", action)}
		}
		if slices.Contains(actions[:i], action) {
			return []problem{problemAt(item("validationActions", i), "%s is listed twice", action)}
		}
	}
	if slices.Contains(actions, admissionv1.Deny) && slices.Contains(actions, admissionv1.Warn) {
		return []problem{problemAt(path, "Deny and Warn exclude each other")}
	}
	return nil
}
