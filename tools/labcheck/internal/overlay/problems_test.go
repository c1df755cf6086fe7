package overlay

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestProblems holds the place and the words of each problem, a place that is
// related, and that the rest is built. The tree always has good.yaml.
func TestProblems(t *testing.T) {
	const good = "resources:\n- good.yaml\n"
	const copyName = "- source: {kind: ConfigMap}\n  targets:\n"
	cases := map[string]struct {
		files   map[string]string
		want    []string // place: words of the message
		objects int
	}{
		"no kustomization": {map[string]string{"readme.md": ""}, []string{".: no kustomization file"}, 0},
		"two kustomizations": {map[string]string{"kustomization.yaml": good, "kustomization.yml": good},
			[]string{".: more than one kustomization file"}, 0},
		"empty kustomization":   {map[string]string{"kustomization.yaml": ""}, []string{"kustomization.yaml:1:1: is empty"}, 0},
		"nothing asked":         {map[string]string{"kustomization.yaml": "kind: Kustomization\n"}, []string{"kustomization.yaml:1:1: is empty"}, 0},
		"kustomization is text": {map[string]string{"kustomization.yaml": "hello\n"}, []string{"kustomization.yaml:1:1: not a mapping"}, 0},
		"broken kustomization": {map[string]string{"kustomization.yaml": good + "- base\n", "base/kustomization.yaml": "resources:\n- a\n  b: c\n"},
			[]string{"base/kustomization.yaml:3:3: mapping values"}, 1},
		"unknown field": {map[string]string{"kustomization.yaml": good + "namespce: x\n"}, []string{"kustomization.yaml:3:1: namespce"}, 1},
		"unknown field of an entry": {map[string]string{"kustomization.yaml": good + "images:\n- name: nginx\n  newTagg: x\n"},
			[]string{"kustomization.yaml:5:3: newTagg"}, 1},
		"wrong type":            {map[string]string{"kustomization.yaml": good + "namePrefix: [x]\n"}, []string{"kustomization.yaml:3:13: namePrefix"}, 1},
		"wrong type of an item": {map[string]string{"kustomization.yaml": good + "- [x]\n"}, []string{"kustomization.yaml:3:3: resources"}, 1},
		"wrong type in an entry": {map[string]string{"kustomization.yaml": good + "images:\n- name: nginx\n  newTag: [x]\n"},
			[]string{"kustomization.yaml:5:11: newTag"}, 1},
		"wrong type of a label": {map[string]string{"kustomization.yaml": good + "labels:\n- pairs:\n    a: b\n    c: [d]\n"},
			[]string{"kustomization.yaml:6:8: pairs"}, 1},
		"replacement from nothing": {map[string]string{"kustomization.yaml": good + "replacements:\n- source: {kind: Nobody}\n  targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{"kustomization.yaml:4:18: nothing selected"}, 1},
		"replacement into nothing": {map[string]string{"kustomization.yaml": good + "replacements:\n- source: {kind: ConfigMap, fieldPath: metadata.name}\n  targets:\n  - select: {kind: ConfigMap}\n    fieldPaths: [data.no]\n"},
			[]string{"kustomization.yaml:6:5: unable to find field < good.yaml:4:1"}, 1},
		"replacement into what cannot be": {map[string]string{"kustomization.yaml": good + "- x.yaml\nreplacements:\n" + copyName + "  - select: {name: x}\n    fieldPaths: [spec.no]\n    options: {create: true}\n",
			"x.yaml": "apiVersion: v1\nkind: X\nmetadata: {name: x}\nspec:\n"}, []string{"kustomization.yaml:8:18: unable to find or create field < x.yaml:4:1"}, 2},
		"replacement from a name misspelt": {map[string]string{"kustomization.yaml": good + "replacements:\n- source: {kind: ConfigMap, name: goood}\n  targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{`kustomization.yaml:4:35: nothing selected < good.yaml:3:18`}, 1},
		"two replacements from a kind misspelt": {map[string]string{"kustomization.yaml": good + "replacements:\n" + "- source: {name: good, kind: ConfigMapp}\n  targets:\n  - select: {kind: ConfigMap}\n" +
			"- source: {name: good, kind: ConfigMapp, fieldPath: kind}\n  targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{`kustomization.yaml:4:30: did you mean "ConfigMap"? < good.yaml:2:7`, `kustomization.yaml:7:30: did you mean "ConfigMap"? < good.yaml:2:7`}, 1},
		"replacement from a field that is not there": {map[string]string{"kustomization.yaml": good + "replacements:\n- source: {kind: ConfigMap, fieldPath: data.no}\n  targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{"kustomization.yaml:4:40: is missing for replacement source < good.yaml:4:1"}, 1},
		"second target into nothing": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n    fieldPaths: [metadata.name]\n" +
			"  - select: {kind: ConfigMap}\n    fieldPaths: [data.no]\n    options:\n      create: false\n"}, []string{"kustomization.yaml:11:15: unable to find field"}, 1},
		"both targets into nothing": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n    fieldPaths: [data.no]\n" +
			"  - select: {kind: ConfigMap}\n    fieldPaths: [data.no]\n"}, []string{"kustomization.yaml:6:5: unable to find field"}, 1},
		"second target without a selection": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n  - fieldPaths: [data.no]\n    select:\n"},
			[]string{"kustomization.yaml:8:5: target must specify"}, 1},
		"second replacement without a source": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n- targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{"kustomization.yaml:7:3: replacements must specify a source"}, 1},
		"list in the second of two lists": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n    fieldPaths: [metadata.name]\n" +
			"  - select: {kind: ConfigMap}\n    fieldPaths:\n    - [metadata.name]\n"}, []string{"kustomization.yaml:10:7: cannot unmarshal array"}, 1},
		"text in the place of the second of two lists": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n    fieldPaths: [metadata.name]\n" +
			"  - select: {kind: ConfigMap}\n    fieldPaths: metadata.name\n"}, []string{"kustomization.yaml:9:17: cannot unmarshal string"}, 1},
		"word in the place of the second of two switches": {map[string]string{"kustomization.yaml": good + "replacements:\n" + copyName + "  - select: {kind: ConfigMap}\n    options: {create: true}\n" +
			"  - select: {kind: ConfigMap}\n    options: {create: maybe}\n"}, []string{"kustomization.yaml:9:23: cannot unmarshal string"}, 1},
		"yes in the place of a text": {map[string]string{"kustomization.yaml": good + "images:\n- name: nginx\n  newTag: yes\n"}, []string{"kustomization.yaml:5:11: cannot unmarshal bool"}, 1},
		"value of a field that the message names": {map[string]string{"kustomization.yaml": good + "sortOptions:\n  order: alphabetic\n"},
			[]string{"kustomization.yaml:4:10: must be one of"}, 1},
		"field that the message names and that is not there": {map[string]string{"kustomization.yaml": good + "sortOptions:\n  legacySortOptions: {orderFirst: [Namespace]}\n"},
			[]string{"kustomization.yaml:3:1: must be one of"}, 1},
		"missing file": {map[string]string{"kustomization.yaml": good + "- gone.yaml\n"},
			[]string{`kustomization.yaml:3:3: "gone.yaml" does not exist`}, 1},
		"endless name": {map[string]string{"kustomization.yaml": good + "- " + strings.Repeat("x", 300) + "\n"},
			[]string{"kustomization.yaml:3:3: does not exist"}, 1},
		"directory without kustomization": {map[string]string{"kustomization.yaml": good + "- dir\n", "dir/x.yaml": configMap},
			[]string{"kustomization.yaml:3:3: no kustomization file in dir"}, 1},
		"broken resource": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": "apiVersion: v1\nkind: X\n\tname: y\n"},
			[]string{"bad.yaml:3:2: no YAML"}, 1},
		"resource without kind": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": "apiVersion: v1\nmetadata: {name: x}\n"},
			[]string{`bad.yaml:1:1: field "kind" is missing`}, 1},
		"resource with a misspelt kind": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": "apiVersion: v1\nkindd: X\nmetadata: {name: x}\n"},
			[]string{`bad.yaml:2:1: unknown field "kindd", did you mean "kind"?`}, 1},
		"resource without name": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": "apiVersion: v1\nkind: X\nmetadata:\n  labels: {a: b}\n"},
			[]string{`bad.yaml:3:1: field "name" is missing`}, 1},
		"resource whose name is a list": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": "apiVersion: v1\nkind: X\nmetadata:\n  name: [x]\n"},
			[]string{`bad.yaml:4:3: field "name" is not what it must be`}, 1},
		"key twice": {map[string]string{"kustomization.yaml": good + "- bad.yaml\n", "bad.yaml": configMap + "data: {c: d}\n"},
			[]string{`bad.yaml:5:1: key "data"`}, 1},
		"object twice": {map[string]string{"kustomization.yaml": good + "- again.yaml\n", "again.yaml": strings.Replace(configMap, "cm", "good", 1)},
			[]string{"kustomization.yaml:3:3: already registered"}, 1},
		"patch for nobody": {map[string]string{"kustomization.yaml": good + "patches:\n- path: p.yaml\n", "p.yaml": configMap},
			[]string{`p.yaml:3:18: there is no ConfigMap "cm" to patch`}, 1},
		"patch for a name misspelt": {map[string]string{"kustomization.yaml": good + "patches:\n- path: p.yaml\n", "p.yaml": strings.Replace(configMap, "cm", "goood", 1)},
			[]string{`p.yaml:3:18: to patch, did you mean "good"? < good.yaml:3:18`}, 1},
		"patch for another kind": {map[string]string{"kustomization.yaml": good + "patches:\n- patch: |-\n    apiVersion: v1\n    kind: ConfigMapp\n    metadata: {name: good}\n"},
			[]string{`kustomization.yaml:6:11: did you mean "ConfigMap"?`}, 1},
		"patch with name and namespace swapped": {map[string]string{"kustomization.yaml": good + "namespace: lab\npatches:\n- path: p.yaml\n", "p.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: lab\n  namespace: good\n"},
			[]string{`p.yaml:4:9: there is no ConfigMap "lab" to patch < kustomization.yaml:5:3`}, 1},
		"patch with kind and version swapped": {map[string]string{"kustomization.yaml": good + "patches:\n- path: p.yaml\n", "p.yaml": "apiVersion: ConfigMap\nkind: v1\nmetadata:\n  name: good\n"},
			[]string{`p.yaml:2:7: there is no object "good" with kind "v1" to patch < kustomization.yaml:4:3`}, 1},
		"patch for nothing like it": {map[string]string{"kustomization.yaml": good + "patches:\n- path: p.yaml\n", "p.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: other\n"},
			[]string{`kustomization.yaml:4:3: no matches < p.yaml:4:9`}, 1},
		"operation on nothing": {map[string]string{"kustomization.yaml": good + "patches:\n- target: {kind: ConfigMap}\n  patch: |-\n    - {op: remove, path: /spec/x}\n"},
			[]string{"kustomization.yaml:4:3: /spec/x"}, 1},
		"replicas of nobody": {map[string]string{"kustomization.yaml": good + "replicas:\n- {name: web, count: 3}\n"},
			[]string{"kustomization.yaml:4:3: name web"}, 1},
		"replacement of nothing": {map[string]string{"kustomization.yaml": good + "replacements:\n- source: {kind: Service, name: x}\n  targets:\n  - select: {kind: ConfigMap}\n"},
			[]string{"kustomization.yaml:4:33: nothing selected"}, 1},
		"generator key twice": {map[string]string{"kustomization.yaml": good + "configMapGenerator:\n- name: g\n  literals: [a=b, a=c]\n"},
			[]string{"kustomization.yaml:4:3: repeats the key `a`"}, 1},
		"cycle": {map[string]string{"kustomization.yaml": good + "- a\n", "a/kustomization.yaml": "resources:\n- ../b\n- x.yaml\n", "a/x.yaml": configMap, "b/kustomization.yaml": "resources:\n- ../a\n"},
			[]string{"b/kustomization.yaml:2:3: cycle"}, 2},
		"something in a base": {map[string]string{"kustomization.yaml": good + "- ./base\n",
			"base/kustomization.yaml": "resources:\n- cm.yaml\npatches:\n- path: p.yaml\n- path: gone.patch.yaml\n", "base/cm.yaml": configMap,
			"base/p.yaml": configMap, "base/gone.patch.yaml": strings.Replace(configMap, "cm", "gone", 1)},
			[]string{`base/gone.patch.yaml:3:18: there is no ConfigMap "gone" to patch`}, 2},
		"itself":                   {map[string]string{"kustomization.yaml": good + "- .\n"}, []string{"kustomization.yaml:3:3: cycle"}, 1},
		"component as resource":    {map[string]string{"kustomization.yaml": good + "- c\n", "c/kustomization.yaml": "kind: Component\nnamePrefix: x\n"}, []string{"kustomization.yaml:3:3: is a Component"}, 1},
		"component that is none":   {map[string]string{"kustomization.yaml": good + "components:\n- c\n", "c/kustomization.yaml": "namePrefix: x\n"}, []string{"kustomization.yaml:4:3: is no Component"}, 1},
		"file beside the base":     {map[string]string{"kustomization.yaml": good + "- a\n", "a/kustomization.yaml": "resources:\n- ../good.yaml\n"}, []string{"a/kustomization.yaml:2:3: outside the directory"}, 1},
		"several things at once":   {map[string]string{"kustomization.yaml": "resources:\n- gone.yaml\n- good.yaml\npatches:\n- path: p.yaml\n- path: gone\nreplicas:\n- {name: web, count: 3}\n", "p.yaml": configMap}, []string{`kustomization.yaml:2:3: "gone.yaml"`, `kustomization.yaml:6:9: "gone"`, "kustomization.yaml:8:3: web", `p.yaml:3:18: there is no ConfigMap "cm" to patch`}, 1},
		"what kustomize panics at": {map[string]string{"kustomization.yaml": "namePrefix: a\n" + good + "- rb.yaml\n", "rb.yaml": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: x}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: x}\nsubjects:\n- {kind: 1, name: x, namespace: y}\n"}, []string{"kustomization.yaml:4:3: cannot work with this"}, 1},
		"kustomization bombs":      {bomb(), []string{"k24/kustomization.yaml:2:3: goes through more than"}, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.files["good.yaml"] = strings.Replace(configMap, "cm", "good", 1)
			built, err := Build(tree(t, c.files), ".")
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(built.Problems, func(a, b manifest.Problem) int { return strings.Compare(a.Pos.String(), b.Pos.String()) })
			var got []string
			for _, problem := range built.Problems {
				got = append(got, problem.Pos.String()+": "+problem.Message)
			}
			if len(got) != len(c.want) {
				t.Fatalf("problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			for i, want := range c.want {
				want, related, _ := strings.Cut(want, " < ")
				place, words, _ := strings.Cut(want, ": ")
				if !strings.HasPrefix(got[i], place+": ") || !strings.Contains(got[i], words) {
					t.Errorf("got  %s\nwant %s", got[i], want)
				}
				if blame := (manifest.Blame{Related: built.Problems[i].Related}); related != "" && !relates(blame, related) {
					t.Errorf("%s: related %v, want %s among them", want, blame.Related, related)
				}
			}
			if len(built.Objects) != c.objects {
				t.Errorf("%d objects, want %d", len(built.Objects), c.objects)
			}
		})
	}
}

// bomb is 40 kustomizations of which each uses the next two.
func bomb() map[string]string {
	name := func(n int) string { return fmt.Sprintf("k%d", n) }
	files := map[string]string{"kustomization.yaml": "resources:\n- good.yaml\n- k0\n"}
	for i := range 40 {
		files[name(i)+"/kustomization.yaml"] = "resources:\n- ../" + name(i+1) + "\n- ../" + name(i+2) + "\n"
	}
	for _, last := range []string{name(40), name(41)} {
		files[last+"/kustomization.yaml"] = "namePrefix: a\n"
	}
	return files
}
