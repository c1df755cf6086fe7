package apiserver

import (
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// checkMatch finds what the server refuses in matchConstraints or
// matchResources, which stand at path.
func checkMatch(m *admissionv1.MatchResources, path manifest.Path) []problem {
	var found []problem
	if p := m.MatchPolicy; p != nil && *p != admissionv1.Exact && *p != admissionv1.Equivalent {
		found = append(found, problemAt(below(path, "matchPolicy"), "%q is neither Exact nor Equivalent", *p))
	}
	for i, rule := range m.ResourceRules {
		found = append(found, checkRule(rule, slices.Concat(path, field("resourceRules", strconv.Itoa(i))))...)
	}
	for i, rule := range m.ExcludeResourceRules {
		found = append(found, checkRule(rule, slices.Concat(path, field("excludeResourceRules", strconv.Itoa(i))))...)
	}
	return found
}

var (
	scopes     = []admissionv1.ScopeType{admissionv1.AllScopes, admissionv1.ClusterScope, admissionv1.NamespacedScope}
	operations = []admissionv1.OperationType{admissionv1.OperationAll, admissionv1.Connect, admissionv1.Create, admissionv1.Delete, admissionv1.Update}
)

func checkRule(rule admissionv1.NamedRuleWithOperations, path manifest.Path) []problem {
	found := slices.Concat(
		checkList(rule.APIGroups, below(path, "apiGroups")),
		checkList(rule.APIVersions, below(path, "apiVersions")),
		checkList(rule.Operations, below(path, "operations")),
	)
	for i, operation := range rule.Operations {
		if !slices.Contains(operations, operation) {
			at := slices.Concat(path, field("operations", strconv.Itoa(i)))
			found = append(found, problemAt(at, "%q is none of %v", operation, operations))
		}
	}
	if len(rule.Resources) == 0 {
		found = append(found, problemAt(below(path, "resources"), "resources is required"))
	}
	if rule.Scope != nil && !slices.Contains(scopes, *rule.Scope) {
		found = append(found, problemAt(below(path, "scope"), "%q is none of %v", *rule.Scope, scopes))
	}
	return found
}

// checkList wants something in a list, and nothing else beside a *.
func checkList[T ~string](list []T, path manifest.Path) []problem {
	switch {
	case len(list) == 0:
		return []problem{problemAt(path, "%s is required", path[len(path)-1])}
	case len(list) > 1 && slices.Contains(list, "*"):
		return []problem{problemAt(path, "beside * nothing else may be listed")}
	}
	return nil
}
