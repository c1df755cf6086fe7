package native_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
)

// Two objects that cannot be compared are an error, not a verdict.
func TestUpdateThatCannotBeJudged(t *testing.T) {
	service := parse(t, "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {ports: [{port: 80}]}")
	for _, c := range []struct{ old, new, want string }{
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: b}", "", "pod of v1 cannot become service of v1"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {ports: [{port: 99999}]}", "", "is not accepted: spec.ports[0].port: Invalid value: 99999"},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {prots: []}", "", `is not accepted: spec.prots: unknown field "spec.prots"`},
	} {
		if _, err := native.ValidateUpdate(parse(t, c.old), service); err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(c.want)) {
			t.Errorf("%s: got %v, want %s", c.old, err, c.want)
		}
	}
	widget := parse(t, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a}")
	if _, err := native.ValidateUpdate(widget, widget); !errors.Is(err, native.ErrUnknownKind) {
		t.Errorf("got %v", err)
	}
}

// What the server had allocated stays, whether the manifest says it or not.
func TestUpdateKeepsWhatWasAllocated(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`{type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}`, `{ports: [{port: 81}]}`, ""},
		{`{ports: [{port: 80}]}`, `{clusterIP: 10.96.9.9, ports: [{port: 80}]}`, "spec.clusterIPs[0]: Invalid value: [\"10.96.9.9\"]: may not change once set"},
		{`{clusterIP: None, ports: [{port: 80}]}`, `{ports: [{port: 80}]}`, ""},
		{`{type: ExternalName, externalName: a.example.com}`, `{type: ClusterIP, ports: [{port: 80}]}`, ""},
	} {
		object := func(spec string) string {
			return "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: " + spec
		}
		result, err := native.ValidateUpdate(parse(t, object(c.old)), parse(t, object(c.new)))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(reasons(result), "; "); got != c.want {
			t.Errorf("%s to %s: got %q, want %q", c.old, c.new, got, c.want)
		}
	}
}
