package apiserver

import (
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// build reads the objects of a stream of YAML documents.
func build(t testing.TB, stream string) []manifest.Object {
	t.Helper()
	var objects []manifest.Object
	for _, document := range strings.Split(stream, "\n---\n") {
		if strings.TrimSpace(document) == "" {
			continue
		}
		data, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatalf("%v in:\n%s", err, document)
		}
		objects = append(objects, object(t, data))
	}
	return objects
}

// object reads one object from JSON.
func object(t testing.TB, data []byte) manifest.Object {
	t.Helper()
	fields := map[string]any{}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &fields); err != nil {
		t.Fatalf("%v in:\n%s", err, data)
	}
	o := manifest.Object{Fields: fields}
	o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"),
		Namespace: o.Text("metadata", "namespace"), Name: o.Text("metadata", "name")}
	return o
}

// judge judges objects and fails the test where that is not possible.
func judge(t testing.TB, objects ...manifest.Object) Judgement {
	t.Helper()
	j, err := JudgePolicies(objects, custom.Declared(objects))
	if err != nil {
		t.Fatal(err)
	}
	return j
}
