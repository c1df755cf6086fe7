package podsecurity

import (
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A pod is a Pod or a template in an object, at path.
type pod struct {
	object manifest.Object
	path   manifest.Path
	corev1.PodTemplateSpec
}

func (p *pod) decode(template map[string]any) error {
	return runtime.DefaultUnstructuredConverter.FromUnstructured(template, &p.PodTemplateSpec)
}

// evaluator holds all checks of all versions.
var evaluator = sync.OnceValue(func() policy.Evaluator {
	all, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		panic(err) // the library's own checks are wrong
	}
	return all
})

// judge holds p against the levels of its namespace. What two modes say alike
// is said once.
func (p pod) judge(asked namespace) []Violation {
	var violations []Violation
	said := map[string]bool{}
	for _, mode := range []struct {
		name  Mode
		level api.LevelVersion
	}{
		{Enforce, asked.policy.Enforce}, {Warn, asked.policy.Warn}, {Audit, asked.policy.Audit},
	} {
		for _, result := range evaluator().EvaluatePod(mode.level, &p.ObjectMeta, &p.Spec) {
			if result.Allowed {
				continue
			}
			aggregate := policy.AggregateCheckResults([]policy.CheckResult{result})
			detail := aggregate.ForbiddenDetail()
			if said[detail] {
				continue
			}
			said[detail] = true
			paths := p.blame(mode.level, result.ForbiddenReason)
			violations = append(violations, Violation{
				Object: p.object, Namespace: asked.object,
				Path: paths[0], Others: paths[1:],
				Level: string(mode.level.Level), Version: mode.level.Version.String(), Mode: mode.name,
				Message: fmt.Sprintf("%s PodSecurity %q: %s", p.verb(mode.name), mode.level.String(), detail),
				Detail:  detail,
			})
		}
	}
	return violations
}

// verb is how the server begins: it rejects Pods, and warns of the rest.
func (p pod) verb(mode Mode) string {
	if mode == Enforce && p.object.Kind == "Pod" {
		return "violates"
	}
	return "would violate"
}

// Join returns what the server says in one message about violations of one
// object in one mode.
func Join(violations []Violation) string {
	if len(violations) == 0 {
		return ""
	}
	details := make([]string, len(violations))
	for i, violation := range violations {
		details[i] = violation.Detail
	}
	start := strings.TrimSuffix(violations[0].Message, violations[0].Detail)
	return start + strings.Join(details, ", ")
}
