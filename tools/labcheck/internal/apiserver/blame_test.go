package apiserver

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

const blamed = `
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: mysql
  labels: {app: mysql, tier: db}
  annotations: {want: "3"}
spec:
  replicas: 2
  serviceName: mysql
  paused: false
  selector: {matchLabels: {app: mysql}}
  template:
    metadata: {labels: {app: other}}
    spec:
      initContainers:
        - {name: init, image: "mysql:9.7"}
      containers:
        - name: mysql
          image: mysql:9.7
          args: [--a, --b]
          ports: [{name: mysql, containerPort: 3306}, {name: admin, containerPort: 33062}]
        - name: xtra
          image: xtra:latest
          ports: [{name: xtra, containerPort: 33070}]
  ports:
    - {port: 80, targetPort: 8080}
    - {port: 443, targetPort: 8443}
  single: [{port: 8080, targetPort: 80}]
  pair: [{port: 80, targetPort: 80}, {port: 80, targetPort: 81}]
  trio: [{a: 1, b: 0, c: 0}, {a: 1, b: 1, c: 0}, {a: 0, b: 0, c: 0}]
  modes: [ReadWriteOnce]
  several: [one, two, three]
  empty: []
  storage: 1Gi
  letters: {h: 1, g: 1, f: 1, e: 1, d: 1, c: 1, b: 1, a: 1}
data:
  replica.cnf: |
    [mysqld]
    server-id=2
`

var blames = []struct{ expression, path string }{
	{`object.spec.replicas == 3`, `spec.replicas`},
	{`3 == object.spec.replicas`, `spec.replicas`},
	{`object.spec.replicas > 2 && object.spec.serviceName == 'x'`, `spec.replicas`},
	{`object.spec.serviceName == 'mysql' && object.spec.replicas > 2`, `spec.replicas`},
	{`object.spec.replicas == 3 || object.spec.serviceName == 'x'`, `spec.serviceName`},
	{`!(object.spec.replicas == 2)`, `spec.replicas`},
	{`!(object.spec.replicas == 2 || object.spec.serviceName == 'x')`, `spec.replicas`},
	{`object.spec.paused == true`, `spec.paused`},
	{`object.spec.replicas == 2 && object.spec.paused == true`, `spec.paused`},
	// Missing fields.
	{`has(object.spec.minReadySeconds)`, `spec.minReadySeconds`},
	{`object.spec.minReadySeconds == 1`, `spec.minReadySeconds`},
	{`object.spec.updateStrategy.type == 'x'`, `spec.updateStrategy`},
	{`object.spec.minReadySeconds == 1 && object.spec.replicas == 2`, `spec.minReadySeconds`},
	{`object.spec.minReadySeconds == object.spec.replicas`, `spec.minReadySeconds`},
	{`has(object.spec.minReadySeconds) ? object.spec.minReadySeconds == 1 : false`, `spec.minReadySeconds`},
	{`object.?spec.?minReadySeconds.orValue(5) == 1`, `spec.minReadySeconds`},
	{`object.spec.?replicas.orValue(5) == 1`, `spec.replicas`},
	{`object.spec[?'minReadySeconds'].hasValue()`, `spec.minReadySeconds`},
	{`object.spec.template.spec.containers[2].image == 'x'`, `spec.template.spec.containers`},
	// Choices.
	{`object.spec.replicas == 2 ? object.spec.serviceName == 'x' : true`, `spec.serviceName`},
	{`object.spec.replicas == 2 ? false : object.spec.serviceName == 'x'`, `spec.replicas`},
	{`object.spec.serviceName in ['x', 'y']`, `spec.serviceName`},
	{`'team' in object.metadata.labels`, `metadata.labels.team`},
	{`!('app' in object.metadata.labels)`, `metadata.labels.app`},
	{`'ReadWriteMany' in object.spec.modes`, `spec.modes`},
	// all.
	{`object.spec.template.spec.containers.all(c, c.image.endsWith(':9.7'))`, `spec.template.spec.containers[1].image`},
	{`object.spec.template.spec.containers.all(c, has(c.args) && c.name != '')`, `spec.template.spec.containers[1].args`},
	{`object.spec.template.spec.containers.all(c, c.ports.all(p, p.containerPort < 33000 || p.name == 'xtra'))`, `spec.template.spec.containers[0].ports[1].name`},
	{`object.spec.ports.all(p, p.port == 80 && p.targetPort == 8080)`, `spec.ports[1].port`},
	{`object.spec.several.all(m, m != 'two')`, `spec.several[1]`},
	{`object.spec.several.all(m, m.size() == 3)`, `spec.several[2]`},
	{`object.metadata.labels.all(k, k != 'tier')`, `metadata.labels.tier`},
	{`object.metadata.labels.all(k, object.metadata.labels[k] != 'db')`, `metadata.labels.tier`},
	{`object.metadata.labels.all(k, v, v != 'db')`, `metadata.labels.tier`},
	{`object.spec.several.all(i, v, i != 1 || v == 'x')`, `spec.several[1]`},
	{`!object.spec.single.all(p, p.port == 8080)`, `spec.single[0].port`},
	{`(object.spec.template.spec.containers + object.spec.template.spec.initContainers).all(c, c.name != 'init')`, `spec.template.spec.initContainers[0].name`},
	{`(object.spec.several + object.spec.modes).all(c, c != 'ReadWriteOnce')`, `spec.modes[0]`},
	{`object.spec.letters.all(k, k == 'x')`, `spec.letters.a`},
	{`object.spec.several.all(m, object.spec.modes.isSorted() && m != 'two')`, `spec.several[1]`},
	{`object.spec.several.all(m, request.name == 'x')`, `spec.several`},
	{`object.spec.several.all(m, m == 'one' || m.size() > 100 || object.spec.absent == m)`, `spec.absent`},
	// exists.
	{`object.spec.ports.exists(p, p.port == 80 && p.targetPort == 80)`, `spec.ports[0].targetPort`},
	{`object.spec.ports.exists(p, p.port == 443 && p.targetPort == 80)`, `spec.ports[1].targetPort`},
	{`object.spec.single.exists(p, p.port == 80 && p.targetPort == 80)`, `spec.single[0].port`},
	{`object.spec.ports.exists(p, p.port == 81 && p.targetPort == 80)`, `spec.ports`},
	{`!object.spec.ports.exists(p, p.port == 80)`, `spec.ports[0].port`},
	{`object.spec.empty.exists(p, p == 'x')`, `spec.empty`},
	{`object.spec.modes.exists(m, m == 'ReadWriteMany')`, `spec.modes[0]`},
	{`object.spec.template.spec.containers.exists(c, c.name == 'xtra' && c.ports.exists(p, p.name == 'xtra' && p.containerPort == 1))`, `spec.template.spec.containers[1].ports[0].containerPort`},
	{`object.spec.template.spec.containers.exists(c, c.args.exists(a, a == '--c'))`, `spec.template.spec.containers[1].args`},
	{`object.spec.trio.exists(t, t.a == 1 && t.b == 1 && t.c == 1)`, `spec.trio[1].c`},
	{`object.spec.template.spec.containers.exists(c, c.name == 'none' || (c.name == 'xtra' && c.image == 'x'))`, `spec.template.spec.containers[1].image`},
	// exists_one, filter, map.
	{`object.spec.pair.exists_one(p, p.port == 80)`, `spec.pair[1].port`},
	{`object.spec.ports.exists_one(p, p.port == 80 && p.targetPort == 80)`, `spec.ports[0].targetPort`},
	{`object.spec.pair.filter(p, p.port == 80).size() == 1`, `spec.pair[1].port`},
	{`object.spec.ports.filter(p, p.port == 80 && p.targetPort == 80).size() == 1`, `spec.ports[0].targetPort`},
	{`object.spec.ports.filter(p, p.port == 80)[0].targetPort == 80`, `spec.ports[0].targetPort`},
	{`object.spec.ports.filter(p, p.port == 80).all(p, p.targetPort == 80)`, `spec.ports[0].targetPort`},
	{`object.spec.ports.map(p, p.port) == [80, 81]`, `spec.ports`},
	{`object.spec.single.map(p, p.port) == [80]`, `spec.single[0].port`},
	{`81 in object.spec.ports.map(p, p.port)`, `spec.ports`},
	// Lists, mappings, functions.
	{`size(object.spec.ports) == 1`, `spec.ports`},
	{`object.spec.ports.size() == 1`, `spec.ports`},
	{`object.spec.several == ['one', 'zwei', 'three']`, `spec.several[1]`},
	{`object.spec.several == ['one']`, `spec.several`},
	{`object.spec.several.join(',') == 'x'`, `spec.several`},
	{`object.spec.selector.matchLabels == object.spec.template.metadata.labels`, `spec.template.metadata.labels.app`},
	{`quantity(object.spec.storage).compareTo(quantity('5Gi')) == 0`, `spec.storage`},
	{`quantity(object.spec.serviceName).isGreaterThan(quantity('5Gi'))`, `spec.serviceName`},
	{`object.spec.template.spec.containers[0].image.matches('^mysql:8')`, `spec.template.spec.containers[0].image`},
	{`object.data['replica.cnf'].contains('super-read-only')`, `data["replica.cnf"]`},
	{`string(object.spec.replicas) == object.metadata.annotations.want`, `metadata.annotations.want`},
	{`object.spec.?template.optMap(t, t.spec.containers[0].name).orValue('') == 'x'`, `spec.template.spec.containers[0].name`},
	{`sets.contains(object.spec.several, ['four'])`, `spec.several`},
	// Too much to follow.
	{`lists.range(200).all(a, lists.range(200).all(b, a + b >= 0)) && object.spec.replicas == 3`, ``},
	// Not the object's doing.
	{`request.operation == 'UPDATE'`, ``},
	{`false`, ``},
	// Variables.
	{`variables.replicas == 3`, `spec.replicas`},
	{`variables.ports.exists(p, p.port == 80 && p.targetPort == 80)`, `spec.ports[0].targetPort`},
	{`variables.enough`, `spec.replicas`},
	{`object.spec.serviceName == 'mysql' && variables.enough`, `spec.replicas`},
	{`variables.first.image == 'x'`, `spec.template.spec.containers[0].image`},
	{`variables.lacking == 'x'`, `spec.absent`},
	{`variables.enough || variables.replicas == 4`, `spec.replicas`},
}

const variables = `[
	{"name": "replicas", "expression": "object.spec.replicas"},
	{"name": "enough", "expression": "variables.replicas >= 3"},
	{"name": "ports", "expression": "object.spec.ports"},
	{"name": "lacking", "expression": "object.spec.absent"},
	{"name": "first", "expression": "object.spec.template.spec.containers[0]"}]`

// promise is a policy with one validation of every object, and its binding.
func promise(expression, variables string) string {
	text, _ := json.Marshal(expression)
	return `{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": "p"},
		"spec": {"variables": ` + variables + `, "validations": [{"expression": ` + string(text) + `}], "matchConstraints": {"resourceRules": [
		{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["*"]}]}}}
---
{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": "b"},
		"spec": {"policyName": "p", "validationActions": ["Warn"]}}
---
`
}

func TestBlame(t *testing.T) {
	for _, test := range blames {
		t.Run(test.expression, func(t *testing.T) {
			j := judge(t, build(t, promise(test.expression, variables)+blamed)...)
			if len(j.Violations) != 1 || len(j.Faults) > 0 {
				t.Fatalf("got %d violations and the faults %v, want one violation", len(j.Violations), j.Faults)
			}
			if got := j.Violations[0].Path.String(); got != test.path {
				t.Errorf("blames %q, want %q", got, test.path)
			}
		})
	}
}

func TestBlamesNothingUncertain(t *testing.T) {
	for _, test := range []struct {
		value ref.Val
		d     denial
		want  bool
	}{
		{types.False, denial{value: types.False}, true},
		{types.True, denial{value: types.False}, false},
		{types.False, denial{err: errors.New("resulted in error: no such key: a")}, false},
		{types.NewErr("no such key: a"), denial{err: errors.New("resulted in error: no such key: a")}, true},
		{types.NewErr("no such key: b"), denial{err: errors.New("resulted in error: no such key: a")}, false},
		{types.NewErr("no such key: a"), denial{value: types.False}, false},
	} {
		if got := agrees(test.value, test.d); got != test.want {
			t.Errorf("agrees(%v, %v) = %t", test.value, test.d, got)
		}
	}
}
