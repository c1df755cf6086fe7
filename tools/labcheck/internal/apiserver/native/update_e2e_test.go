//go:build e2e

package native_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/kubernetes/pkg/api/legacyscheme"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestRecordUpdates asks a real API server about the sample of changes that
// TestUpdateAgreement replays, and records the answers: -update.
func TestRecordUpdates(t *testing.T) {
	if !*update {
		t.Skip("not asked to record: -update")
	}
	c := connect(t)
	c.prepare(t)
	writeVerdicts(t, updateVerdictsFile, c.compareUpdates(t, recordedUpdates(t), updateDisagreementsFile))
}

// TestEveryUpdate asks a real API server about every change, and compares with
// what labcheck says.
func TestEveryUpdate(t *testing.T) {
	c := connect(t)
	c.prepare(t)
	c.compareUpdates(t, builtInUpdates(t, allMutants(t, every)), updateDisagreementsFile)
}

// TestRecordCustomUpdates is TestRecordUpdates for custom resources.
func TestRecordCustomUpdates(t *testing.T) {
	if !*update {
		t.Skip("not asked to record: -update")
	}
	c := connect(t)
	c.define(t)
	writeVerdicts(t, customUpdateVerdictsFile, c.compareUpdates(t, recordedCustomUpdates(t), customUpdateDisagreementsFile))
}

// TestEveryCustomUpdate is TestEveryUpdate for custom resources.
func TestEveryCustomUpdate(t *testing.T) {
	c := connect(t)
	c.define(t)
	c.compareUpdates(t, customUpdates(t, allCustomMutants(t, every)), customUpdateDisagreementsFile)
}

// compareUpdates asks about every change, compares with what labcheck says, and
// returns the answers.
func (c *cluster) compareUpdates(t *testing.T, all updates, disagreementsFile string) []verdict {
	t.Helper()
	verdicts := c.askUpdates(t, all)
	compareVerdicts(t, all.mutants, judgeAll(t, all.mutants, all.judge), verdicts, readDisagreements(t, disagreementsFile))
	return verdicts
}

// askUpdates creates the objects, and asks about every change of them.
func (c *cluster) askUpdates(t *testing.T, all updates) []verdict {
	t.Helper()
	stored := c.storeAll(t, all)
	verdicts := make([]verdict, len(all.mutants))
	var group sync.WaitGroup
	const workers = 6
	for worker := range workers {
		group.Go(func() {
			for i := worker; i < len(all.mutants); i += workers {
				m := all.mutants[i]
				message, err := c.apply(all.of(m), m, stored[all.of(m).Ref])
				if err != nil {
					t.Errorf("%s: %v", m.id, err)
				}
				verdicts[i] = verdict{ID: m.id, Error: shortened(message)}
			}
		})
	}
	group.Wait()
	return verdicts
}

// storeAll creates the objects of the changes and returns what the server
// holds of them. Those that limit others come last.
func (c *cluster) storeAll(t *testing.T, all updates) map[manifest.Ref][]byte {
	t.Helper()
	var objects []manifest.Object
	for _, m := range all.mutants {
		if o := all.of(m); !slices.ContainsFunc(objects, func(other manifest.Object) bool { return other.Ref == o.Ref }) {
			objects = append(objects, o)
		}
	}
	limits := func(o manifest.Object) bool { return o.Kind == "ResourceQuota" || o.Kind == "LimitRange" }
	slices.SortStableFunc(objects, func(a, b manifest.Object) int {
		switch {
		case limits(a) == limits(b):
			return 0
		case limits(a):
			return 1
		}
		return -1
	})
	for _, o := range objects {
		if o.Kind == "PersistentVolumeClaim" {
			c.post(t, "/api/v1/persistentvolumes", c.volumeFor(o))
		}
		path, err := c.collection(o)
		if err != nil {
			t.Fatal(err)
		}
		c.post(t, path, o)
		t.Cleanup(func() { // nobody is there to do what a finalizer waits for
			c.doAs("application/merge-patch+json", "PATCH", path+"/"+o.Name, []byte(`{"metadata":{"finalizers":null}}`))
		})
	}
	stored := map[manifest.Ref][]byte{}
	for _, o := range objects {
		stored[o.Ref] = c.settled(t, o)
	}
	return stored
}

// settled is what the server holds of o, once a claim is bound and a
// definition is served.
func (c *cluster) settled(t *testing.T, o manifest.Object) []byte {
	t.Helper()
	path, err := c.collection(o)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		code, data, err := c.do("GET", path+"/"+o.Name, nil)
		if err != nil || code != http.StatusOK {
			t.Fatalf("reading %s: %d %v %s", o.Ref, code, err, data)
		}
		waits := o.Kind == "PersistentVolumeClaim" && !strings.Contains(string(data), `"phase":"Bound"`) ||
			o.Kind == "CustomResourceDefinition" && !strings.Contains(string(data), `"type":"Established"`)
		if !waits {
			return data
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("%s is not bound", o.Ref)
	return nil
}

// volumeFor is a volume that a claim is bound to, of exactly its size.
func (c *cluster) volumeFor(claim manifest.Object) manifest.Object {
	spec := map[string]any{"hostPath": map[string]any{"path": "/tmp/h6"}, "persistentVolumeReclaimPolicy": "Retain",
		"claimRef": map[string]any{"name": claim.Name, "namespace": c.namespace}}
	for _, key := range []string{"accessModes", "volumeMode"} {
		if value, ok := claim.Field("spec", key); ok {
			spec[key] = value
		}
	}
	class := "standard"
	if name, ok := claim.Field("spec", "storageClassName"); ok {
		class = name.(string)
	}
	spec["storageClassName"] = class
	spec["capacity"], _ = claim.Field("spec", "resources", "requests")
	metadata := map[string]any{"name": "h6-volume-" + claim.Name}
	if labels, ok := claim.Field("spec", "selector", "matchLabels"); ok {
		metadata["labels"] = labels
	}
	return objectOf(map[string]any{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": metadata, "spec": spec})
}

// apply sends what kubectl apply would send to change old into m, and changes
// nothing. It returns what the server says against it.
func (c *cluster) apply(old manifest.Object, m mutant, stored []byte) (string, error) {
	contentType, patch, err := threeWay(old, m, stored)
	if err != nil {
		return "kubectl cannot merge the change: " + err.Error(), nil
	}
	path, err := c.collection(old)
	if err != nil {
		return "", err
	}
	code, data, err := c.doAs(contentType, "PATCH", path+"/"+old.Name+"?dryRun=All&fieldValidation=Strict", patch)
	if err != nil || code == http.StatusOK {
		return "", err
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil || a.Message == "" {
		return "", fmt.Errorf("status %d: %.200s", code, data)
	}
	return a.Message, nil
}

// threeWay is the patch of kubectl apply: by the merge keys of a type that
// kubectl knows, else a merge patch.
func threeWay(old manifest.Object, m mutant, stored []byte) (contentType string, patch []byte, err error) {
	before := mutant{object: old}.asJSON()
	versioned, err := legacyscheme.Scheme.New(schema.FromAPIVersionAndKind(old.APIVersion, old.Kind))
	switch {
	case old.Kind == "CustomResourceDefinition":
		versioned = &apiextensionsv1.CustomResourceDefinition{}
	case runtime.IsNotRegisteredError(err):
		patch, err = jsonmergepatch.CreateThreeWayJSONMergePatch(before, m.asJSON(), stored)
		return "application/merge-patch+json", patch, err
	case err != nil:
		return "", nil, err
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(versioned)
	if err != nil {
		return "", nil, err
	}
	patch, err = strategicpatch.CreateThreeWayMergePatch(before, m.asJSON(), stored, meta, true)
	return "application/strategic-merge-patch+json", patch, err
}
