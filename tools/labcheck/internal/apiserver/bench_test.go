package apiserver

import (
	"sync"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// BenchmarkCompile is one policy with a variable and a message expression, and
// BenchmarkEvaluate its judgement of one object, violated and blamed.
func BenchmarkCompile(b *testing.B) {
	objects := benchmarkObjects(b)
	for b.Loop() {
		programs = sync.Map{}
		judge(b, objects...)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	objects := benchmarkObjects(b)
	for b.Loop() {
		if j := judge(b, objects...); len(j.Violations) != 1 {
			b.Fatalf("got %+v", j)
		}
	}
}

func benchmarkObjects(b *testing.B) []manifest.Object {
	return build(b, web+policyOn("", "services", "CREATE", `
  variables: [{name: ports, expression: object.spec.ports}]
  validations:
    - expression: variables.ports.exists(p, p.port == 80 && p.targetPort == 80)
      messageExpression: "'port ' + string(variables.ports[0].port)"`))
}
