package apiserver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const web = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: lab}
spec: {type: ClusterIP, ports: [{port: 8080, targetPort: 80}]}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: lab}
spec: {maxReplicas: 3}
---
`

// policyOn is a policy p for resources, with more of its spec, and its binding.
func policyOn(group, resource, operation, more string) string {
	return fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [%q], apiVersions: [v1], operations: [%s], resources: [%s]}]}
%s
---
`, group, operation, resource, more) + bindingTo("p", "")
}

func bindingTo(policy, more string) string {
	return `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: b}
spec: {policyName: ` + policy + `, validationActions: [Warn]` + more + `}
---
`
}

func TestViolation(t *testing.T) {
	j := judge(t, build(t, web+policyOn("", "services", "CREATE", `
  validations:
    - expression: "true"
    - expression: object.spec.type == 'LoadBalancer' || object.spec.type == 'NodePort' || object.spec.ports.all(p, p.port == 80 && p.targetPort == 80)
      message: port 80 wanted`))...)
	if len(j.Violations) != 1 || j.Evaluated != 1 || j.Policies != 1 || len(j.Faults)+len(j.Idle) > 0 {
		t.Fatalf("got %+v", j)
	}
	v := j.Violations[0]
	got := []string{v.Policy.Name, v.Binding.Name, v.Object.Ref.String(), v.Expression.String(), v.Message, v.Path.String(), fmt.Sprint(v.Others)}
	want := []string{"p", "b", "service/web", "spec.validations[1].expression", "port 80 wanted", "spec.ports[0].port", "[spec.type]"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// convertedParam is an object of a kind with two versions and a webhook.
const convertedParam = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: as.a.example}
spec:
  group: a.example
  scope: Namespaced
  names: {plural: as, kind: A}
  conversion: {strategy: Webhook}
  versions: [{name: v1, served: true}, {name: v2, served: true, schema: {openAPIV3Schema: {type: object}}}]
---
apiVersion: a.example/v1
kind: A
metadata: {name: a, namespace: lab}
---
`

func TestNotJudged(t *testing.T) {
	valid := `
  validations: [{expression: "true"}]`
	for _, test := range []struct {
		name, stream string
		want         string // kind of finding, object, path: part of the message
	}{
		{"no binding", strings.Split(policyOn("", "services", "CREATE", valid), "---")[0],
			"fault validatingadmissionpolicy/p metadata.name: no binding"},
		{"no policy", bindingTo("p", ""), "fault validatingadmissionpolicybinding/b spec.policyName: no policy of the build"},
		{"same name", policyOn("", "services", "CREATE", valid) + policyOn("", "services", "CREATE", valid),
			"fault validatingadmissionpolicy/p metadata.name: another policy"},
		{"unknown kind of parameter", policyOn("", "services", "CREATE", valid+"\n  paramKind: {apiVersion: a.example/v1, kind: A}"),
			"skip validatingadmissionpolicy/p spec.paramKind: nothing is known of the kind A of a.example/v1"},
		{"no such kind of parameter", policyOn("", "services", "CREATE", valid+"\n  paramKind: {apiVersion: apps/v1, kind: ConfigMap}"),
			"fault validatingadmissionpolicy/p spec.paramKind: failed to find resource referenced by paramKind: 'apps/v1, Kind=ConfigMap'"},
		{"webhook converts parameter", convertedParam + policyOn("", "services", "CREATE", valid+"\n  paramKind: {apiVersion: a.example/v2, kind: A}"),
			"skip validatingadmissionpolicy/p spec.paramKind: a webhook converts A to a.example/v2"},
		{"no parameter", strings.Replace(policyOn("", "services", "CREATE", valid+"\n  paramKind: {apiVersion: v1, kind: ConfigMap}"), "[Warn]", "[Warn], paramRef: {name: x, parameterNotFoundAction: Allow}", 1),
			"idle validatingadmissionpolicybinding/b spec.paramRef: finds no parameter"},
		{"type check", policyOn("", "services", "CREATE", "  validations: [{expression: '!has(object.spec.prots)'}]"),
			"fault validatingadmissionpolicy/p spec.validations[0].expression: /v1, Kind=Service: undefined field 'prots' (line 1, column 5)"},
		{"authorizer", policyOn("", "services", "CREATE", `
  validations: [{expression: "authorizer.group('').resource('pods').check('get').allowed()"}]`),
			"skip validatingadmissionpolicy/p spec.validations[0].expression: who makes the request"},
		{"user", policyOn("", "services", "CREATE", `
  variables: [{name: who, expression: request.userInfo.username}]
  validations: [{expression: variables.who == 'x'}]`),
			"skip validatingadmissionpolicy/p spec.variables[0].expression: who makes the request"},
		{"update", policyOn("", "services", "UPDATE", valid),
			"skip validatingadmissionpolicy/p spec.matchConstraints.resourceRules: no creation"},
		{"subresource", policyOn("apps", "deployments/scale", "'*'", valid),
			"skip validatingadmissionpolicy/p spec.matchConstraints.resourceRules: no creation"},
		{"webhook converts", convertedParam + strings.Replace(policyOn("a.example", "as", "CREATE", valid), "[v1]", "[v2]", 1),
			"skip validatingadmissionpolicy/p spec.matchConstraints.resourceRules: a/a: a webhook converts A to a.example/v2"},
		{"old version", strings.Replace(policyOn("", "services", "CREATE", valid), "k8s.io/v1", "k8s.io/v1beta1", 1),
			"fault validatingadmissionpolicy/p apiVersion: v1beta1 is not judged"},
		{"empty expression", policyOn("", "services", "CREATE", "  validations: [{expression: ' '}]"),
			"fault validatingadmissionpolicy/p spec.validations[0].expression: the expression is empty"},
		{"type", policyOn("", "services", "CREATE", "  validations: [{expression: 1}]"),
			"fault validatingadmissionpolicy/p spec.validations: another type"},
		{"case of a key", policyOn("", "services", "CREATE", "  Validations: [{expression: 'true'}]"),
			"fault validatingadmissionpolicy/p spec.validations: at least one"},
		{"idle", policyOn("", "secrets", "CREATE", valid),
			"idle validatingadmissionpolicy/p spec.matchConstraints.resourceRules[0].resources[0]: matches no object"},
		{"idle for the version", strings.Replace(policyOn("autoscaling", "horizontalpodautoscalers", "CREATE", valid), "{resourceRules", "{matchPolicy: Exact, resourceRules", 1),
			"idle validatingadmissionpolicy/p spec.matchConstraints.resourceRules[0].apiVersions[0]: matches no object"},
		{"idle by condition", policyOn("", "services", "CREATE", valid+"\n  matchConditions: [{name: x, expression: 'false'}]"),
			"idle validatingadmissionpolicy/p spec.matchConditions[0].expression: hold for no object"},
		{"idle binding", strings.Replace(policyOn("", "services", "CREATE", valid), "[Warn]", "[Warn], matchResources: {namespaceSelector: {matchLabels: {a: b}}}", 1),
			"idle validatingadmissionpolicybinding/b spec.matchResources.namespaceSelector.matchLabels.a: none of the objects"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := judge(t, build(t, web+test.stream)...)
			var got []string
			for _, f := range j.Faults {
				got = append(got, map[bool]string{true: "skip", false: "fault"}[f.Skipped]+" "+described(f))
			}
			for _, f := range j.Idle {
				got = append(got, "idle "+described(f))
			}
			where, part, _ := strings.Cut(test.want, ": ")
			if len(got) != 1 || !strings.HasPrefix(got[0], where+": ") || !strings.Contains(got[0], part) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if len(j.Violations) > 0 {
				t.Errorf("got the violations %v", j.Violations)
			}
		})
	}
}

func described(f Fault) string {
	return f.Object.Ref.String() + " " + f.Path.String() + ": " + f.Message
}

// TestAnyShape puts values of every wrong shape at every place of a policy, a
// binding, a namespace and an object. Nothing may panic or be an error.
func TestAnyShape(t *testing.T) {
	const stream = `
apiVersion: v1
kind: Namespace
metadata: {name: lab, labels: {a: b}, annotations: {c: d}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: x}
spec:
  group: g
  scope: Cluster
  names: {kind: K, plural: ks}
  conversion: {strategy: None}
  versions: [{name: v1, served: true, schema: {openAPIV3Schema: {type: object, properties: {port: {type: integer}}}}}]
---
apiVersion: g/v1
kind: K
metadata: {name: k}
port: 80
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  failurePolicy: Fail
  paramKind: {apiVersion: g/v1, kind: K}
  matchConstraints:
    namespaceSelector: {matchLabels: {a: b}}
    objectSelector: {matchExpressions: [{key: x, operator: NotIn, values: ["y"]}]}
    excludeResourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [secrets], resourceNames: [a]}]
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [services], scope: Namespaced}, {apiGroups: [g], apiVersions: [v1], operations: [UPDATE], resources: [ks]}]
  matchConditions: [{name: a, expression: "object.spec.type != 'x'"}]
  variables: [{name: v, expression: object.spec.ports}]
  validations: [{expression: "variables.v.all(p, p.port == params.port)", message: m, messageExpression: "'a' + object.spec.type", reason: Invalid}]
  auditAnnotations: [{key: k, valueExpression: string(object.metadata.name)}]
---
` + web
	objects := build(t, stream+bindingTo("p", ", matchResources: {objectSelector: {}}, paramRef: {name: k, parameterNotFoundAction: Deny}"))
	if j := judge(t, objects...); len(j.Violations) != 1 || len(j.Faults) != 1 { // the variable is of no kind of g/v1
		t.Fatalf("untouched: got %+v", j)
	}
	wrong := []any{nil, "x", "", int64(1), 1.5, true, []any{}, map[string]any{}, []any{int64(1)}, []any{nil}, []any{map[string]any{}}, map[string]any{"a": int64(1)}}
	for i, o := range objects {
		for _, path := range paths(o.Fields, nil) {
			for _, value := range wrong {
				changed := slices.Clone(objects)
				changed[i].Fields = with(o.Fields, path, value).(map[string]any)
				judge(t, changed...)
			}
		}
		changed := slices.Clone(objects)
		changed[i].Fields = nil
		judge(t, changed...)
	}
}

func paths(value any, path manifest.Path) []manifest.Path {
	var all []manifest.Path
	if path != nil {
		all = append(all, path)
	}
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			all = append(all, paths(inner, below(path, key))...)
		}
	case []any:
		for i, inner := range v {
			all = append(all, paths(inner, below(path, strconv.Itoa(i)))...)
		}
	}
	return all
}

// with is value with another value at path.
func with(value any, path manifest.Path, other any) any {
	if len(path) == 0 {
		return other
	}
	if list, ok := value.([]any); ok {
		i, _ := strconv.Atoi(path[0])
		list = slices.Clone(list)
		list[i] = with(list[i], path[1:], other)
		return list
	}
	fields := map[string]any{}
	for key, inner := range value.(map[string]any) {
		fields[key] = inner
	}
	fields[path[0]] = with(fields[path[0]], path[1:], other)
	return fields
}
