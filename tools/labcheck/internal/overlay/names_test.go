package overlay

import "testing"

// Two objects that a plugin gives one name do not lead from one to the other
// and back.
func TestOneNameForTwo(t *testing.T) {
	built, err := Build(tree(t, map[string]string{
		"kustomization.yaml": "resources: [all.yaml]\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: ReplacementTransformer\n  metadata: {name: rename}\n" +
			"  replacements:\n  - source: {kind: ConfigMap, fieldPath: data.name}\n    targets: [{select: {name: web}, fieldPaths: [metadata.name]}]\n",
		"all.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cfg}\ndata: {name: front}\n" +
			"---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: web}\n",
	}), ".")
	if err != nil || len(built.Problems) > 0 {
		t.Fatal(err, built.Problems)
	}
	for _, name := range []string{"service/front", "secret/front"} {
		if at := find(t, built, name).Locate("metadata", "name").Pos; at.Line == 0 {
			t.Errorf("%s: its name is at no line", name)
		}
	}
}
