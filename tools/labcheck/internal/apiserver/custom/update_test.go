package custom

import (
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

const growing = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
          spec:
            type: object
            properties:
              size: {type: integer, maximum: 9, x-kubernetes-validations: [{rule: "self >= oldSelf", message: never smaller}]}
              name: {type: string, x-kubernetes-validations: [{rule: "self == oldSelf"}]}
`

func TestValidateUpdate(t *testing.T) {
	definitions := Declared([]manifest.Object{parse(t, growing)})
	for _, c := range []struct{ old, new, want, err string }{
		{old: `{size: 3}`, new: `{size: 4}`},
		{old: `{size: 3}`, new: `{size: 2}`, want: "spec.size: Invalid value: 2: never smaller"},
		{old: `{size: 3}`, new: `{}`}, // a rule on a transition does not see what goes
		{old: `{size: 3}`, new: `{size: 10}`, want: "spec.size: Invalid value: 10: spec.size in body should be less than or equal to 9"},
		{old: `{name: a}`, new: `{name: b}`, want: "spec.name: Invalid value: \"b\": failed rule: self == oldSelf"},
		{old: `{size: 10}`, new: `{size: 9}`, err: "is not accepted: spec.size"},
	} {
		object := func(spec string) manifest.Object {
			return parse(t, `{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}, spec: `+spec+`, status: {any: 1}}`)
		}
		result, err := definitions.Of(object(c.old)).ValidateUpdate(object(c.old), object(c.new))
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s to %s: error %v, want %q", c.old, c.new, err, c.err)
		}
		var got []string
		for _, v := range result.Violations {
			got = append(got, v.Path.String()+": "+v.Message)
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s to %s: got %q, want %q", c.old, c.new, got, c.want)
		}
	}
}
