package overlay

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// stock builds a directory with kustomize as it is, from disk, with the
// options of the command line.
func stock(root, dir string) ([]byte, error) {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	objects, err := krusty.MakeKustomizer(options).Run(filesys.MakeFsOnDisk(), filepath.Join(root, dir))
	if err != nil {
		return nil, err
	}
	return objects.AsYaml()
}

// TestSameBytesAsKustomize holds what is built against kustomize in process.
func TestSameBytesAsKustomize(t *testing.T) {
	eachTree(t, func(t *testing.T, root, dir string) {
		want, err := stock(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		sameBytes(t, root, dir, want)
	})
}

// managedBy is what a build writes into the label of buildMetadata: itself.
var managedBy = regexp.MustCompile(`managed-by: kustomize-\S+`)

// TestSameBytesAsKubectl holds it against kubectl kustomize, whose release of
// kustomize calls itself by its version, and the library by "(devel)".
func TestSameBytesAsKubectl(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not on PATH")
	}
	eachTree(t, func(t *testing.T, root, dir string) {
		want, err := exec.Command(kubectl, "kustomize", filepath.Join(root, dir)).Output()
		if err != nil {
			t.Fatal(err)
		}
		sameBytes(t, root, dir, managedBy.ReplaceAll(want, []byte("managed-by: kustomize-(devel)")))
	})
}

// eachTree runs a test for every tree of the corpus and every overlay of the
// lab.
func eachTree(t *testing.T, test func(t *testing.T, root, dir string)) {
	for _, e := range examples(t) {
		t.Run(e.feature, func(t *testing.T) {
			t.Parallel()
			test(t, e.root, e.dir)
		})
	}
	for _, dir := range labOverlays(t) {
		t.Run("lab "+dir, func(t *testing.T) {
			t.Parallel()
			test(t, lab, dir)
		})
	}
}

func sameBytes(t *testing.T, root, dir string, want []byte) {
	t.Helper()
	built, err := Build(root, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range built.Problems {
		t.Errorf("%s: %s", problem.Pos, problem.Message)
	}
	if !bytes.Equal(printed(t, built), want) {
		t.Errorf("got\n%s\nwant\n%s", printed(t, built), want)
	}
}

func printed(t *testing.T, built *Built) []byte {
	t.Helper()
	text, err := built.YAML()
	if err != nil {
		t.Error(err)
	}
	return text
}

// merging is a tree whose list is merged by name if a schema says so.
func merging(t *testing.T, openapi string) string {
	const app = "apiVersion: example.com/v1\nkind: App\nmetadata: {name: a}\nspec:\n  items:\n  - {name: x, a: 1}\n"
	return tree(t, map[string]string{
		"kustomization.yaml": openapi + "resources: [app.yaml]\npatches: [{path: p.yaml}]\n",
		"app.yaml":           app,
		"p.yaml":             "apiVersion: example.com/v1\nkind: App\nmetadata: {name: a}\nspec:\n  items:\n  - {name: y, b: 2}\n",
		"schema.json": `{"definitions": {"v1.App": {
			"properties": {"spec": {"properties": {"items": {"type": "array",
				"items": {"type": "object"},
				"x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}}}},
			"x-kubernetes-group-version-kind": [{"group": "example.com", "kind": "App", "version": "v1"}]}}}`,
	})
}

// TestParallel builds and traces overlays at once, some with a schema of
// their own: none may see it but those.
func TestParallel(t *testing.T) {
	plain, own := merging(t, ""), merging(t, "openapi: {path: schema.json}\n")
	deployment := filepath.Join("testdata", "trace", "patch-list-by-key")
	trees := []string{plain, own, deployment, plain, own, deployment, plain, own}
	want := map[string][]byte{}
	for _, root := range trees {
		built, err := Build(root, ".")
		if err != nil || len(built.Problems) > 0 {
			t.Fatal(err, built.Problems)
		}
		if before := want[root]; before != nil && !bytes.Equal(before, printed(t, built)) {
			t.Errorf("%s: a second build differs:\n%s\n%s", root, before, printed(t, built))
		}
		want[root] = printed(t, built)
	}
	if bytes.Equal(want[plain], want[own]) {
		t.Fatal("the schema makes no difference: this test can see nothing")
	}
	var group sync.WaitGroup
	for range 4 {
		for _, root := range trees {
			group.Go(func() {
				built, err := Build(root, ".")
				if err != nil {
					t.Error(err)
					return
				}
				if !bytes.Equal(printed(t, built), want[root]) {
					t.Errorf("%s: built\n%s\nwant\n%s", root, printed(t, built), want[root])
				}
				locateAll(t, built)
			})
		}
	}
	group.Wait()
}

// locateAll asks for all fields of all objects from two goroutines.
func locateAll(t *testing.T, built *Built) {
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for _, object := range built.Objects {
				for _, path := range scalarPaths(object.Fields, nil) {
					if object.Locate(path...).Pos.Line == 0 {
						t.Errorf("%s %s: nobody is blamed", object.Ref, path)
					}
				}
			}
		})
	}
	group.Wait()
}

// TestFind finds the overlays nobody uses.
func TestFind(t *testing.T) {
	const uses = "resources: [cm.yaml]\n"
	root := tree(t, map[string]string{
		"kustomization.yaml":               "resources: [./overlays/../base/a, base/b/]\n",
		"base/a/kustomization.yml":         uses,
		"base/b/Kustomization":             uses,
		"base/c/kustomization.yaml":        "not: [yaml\n",
		"overlays/x/kustomization.yaml":    "bases: [../../base/a]\ncomponents: [../../components/c]\n",
		"overlays/y/kustomization.yaml":    "transformers: [../../plugins]\nresources: [https://example.com/base/z]\n",
		"components/c/kustomization.yaml":  "kind: Component\n",
		"components/d/kustomization.yaml":  "kind: Component\n",
		"plugins/kustomization.yaml":       uses,
		"testdata/t/kustomization.yaml":    uses,
		"vendor/v/kustomization.yaml":      uses,
		"node_modules/kustomization.yaml":  uses,
		".git/kustomization.yaml":          uses,
		"_old/kustomization.yaml":          uses,
		"overlays/empty/readme.md":         "",
		"overlays/x/testdata/cm.yaml":      "",
		"overlays/x/.hidden/kustomization": "",
	})
	found, err := Find(root)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{".", "base/c", "overlays/x", "overlays/y"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q", found, want)
	}
	for dir, want := range map[string]Kind{".": Kustomization, "base/b": Kustomization, "components/c": Component, "overlays/empty": None, "nowhere": None} {
		if kind, err := KindOf(root, dir); err != nil || kind != want {
			t.Errorf("%s: kind %v, %v, want %v", dir, kind, err, want)
		}
	}
}
