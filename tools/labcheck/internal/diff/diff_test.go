package diff_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	k8sjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diff"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A pair is one change of the objects in testdata/objects.yaml.
type pair struct {
	Name    string                     `json:"name"`
	Object  string                     `json:"object"` // kind/name
	Patch   json.RawMessage            `json:"patch"`
	Also    map[string]json.RawMessage `json:"also"` // patches of other objects
	Removed bool                       `json:"removed"`
	Dangers []string                   `json:"dangers"` // kind and path
}

const verdictsFile = "testdata/verdicts.json"

func readPairs(t testing.TB) []pair {
	t.Helper()
	data, err := os.ReadFile("testdata/pairs.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var pairs []pair
	if err := yaml.UnmarshalStrict(data, &pairs); err != nil {
		t.Fatal(err)
	}
	return pairs
}

func readObjects(t testing.TB) []manifest.Object {
	t.Helper()
	data, err := os.ReadFile("testdata/objects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var objects []manifest.Object
	for _, document := range strings.Split(string(data), "\n---\n") {
		text, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		objects = append(objects, parse(t, text))
	}
	return objects
}

func parse(t testing.TB, text []byte) manifest.Object {
	t.Helper()
	var o manifest.Object
	if err := k8sjson.Unmarshal(text, &o.Fields); err != nil {
		t.Fatal(err)
	}
	o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"), Namespace: o.Text("metadata", "namespace"), Name: o.Text("metadata", "name")}
	return o
}

func title(o manifest.Object) string { return o.Kind + "/" + o.Name }

// applied are the objects after the change. It fails for a pair that is of no object.
func (p pair) applied(t testing.TB, objects []manifest.Object) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	met := 0
	for _, o := range objects {
		patch, ok := p.Also[title(o)]
		if title(o) == p.Object {
			met++
			patch, ok = p.Patch, !p.Removed
			if p.Removed {
				continue
			}
		}
		if ok {
			o = patched(t, o, patch)
		}
		all = append(all, o)
	}
	if met != 1 {
		t.Fatalf("%s: %d objects are %s", p.Name, met, p.Object)
	}
	return all
}

func patched(t testing.TB, o manifest.Object, patch []byte) manifest.Object {
	t.Helper()
	text, err := json.Marshal(o.Fields)
	if err != nil {
		t.Fatal(err)
	}
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		t.Fatal(err)
	}
	text, err = operations.Apply(text)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, text)
}

// TestPairs finds the dangers of each pair and no others, and calls a change
// refused where a real API server refused it.
func TestPairs(t *testing.T) {
	objects := readObjects(t)
	data, err := os.ReadFile(verdictsFile)
	if err != nil {
		t.Fatal(err)
	}
	verdicts := map[string]string{}
	if err := json.Unmarshal(data, &verdicts); err != nil {
		t.Fatal(err)
	}
	pairs := readPairs(t)
	for _, p := range pairs {
		changes, failures := diff.Compare(objects, p.applied(t, objects), nil)
		if len(failures) > 0 {
			t.Errorf("%s: %v", p.Name, failures)
		}
		found, refused := []string{}, false
		for _, c := range changes {
			for _, d := range c.Dangers {
				found = append(found, fmt.Sprintf("%s %s", d.Kind, d.Path))
				refused = refused || d.Refused
			}
		}
		if !slices.Equal(found, p.Dangers) {
			t.Errorf("%s: found %q, want %q", p.Name, found, p.Dangers)
		}
		verdict, asked := verdicts[p.Name]
		if asked == p.Removed {
			t.Errorf("%s: recorded %v, removed %v: go test -tags e2e -run TestPairsOnCluster -update", p.Name, asked, p.Removed)
		}
		if refused != (verdict != "") {
			t.Errorf("%s: labcheck says refused: %v; the server says %q", p.Name, refused, verdict)
		}
	}
	if len(pairs) < 15 {
		t.Errorf("%d pairs", len(pairs))
	}
}

// TestSecretsAreHidden looks for values of Secrets in all that is said of a change.
func TestSecretsAreHidden(t *testing.T) {
	objects := readObjects(t)
	for _, p := range readPairs(t) {
		changes, _ := diff.Compare(objects, p.applied(t, objects), nil)
		for _, c := range changes {
			text, err := c.Unified("HEAD")
			if err != nil {
				t.Fatal(err)
			}
			if said := text + fmt.Sprint(c.Dangers); strings.Contains(said, "secret-value") {
				t.Errorf("%s shows a value:\n%s", p.Name, said)
			}
			if diff.IsSecret(c.New) && c.Action == diff.Changed && strings.Contains(string(p.Patch), "password") && !strings.Contains(text, "+  password: (hidden, after)") {
				t.Errorf("%s does not show that a value changes:\n%s", p.Name, text)
			}
		}
	}
}

func TestNothingChanges(t *testing.T) {
	objects := readObjects(t)
	if changes, failures := diff.Compare(objects, objects, nil); len(changes)+len(failures) > 0 {
		t.Errorf("%v %v", changes, failures)
	}
}
