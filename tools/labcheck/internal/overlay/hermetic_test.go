package overlay

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\ndata: {a: b}\n"

// pathFields are kustomizations in which %s stands in each place that can
// hold a path. Beside it, cm.yaml can always be built.
var pathFields = map[string]string{
	"resources":                       "resources:\n- cm.yaml\n- %s\n",
	"bases":                           "resources:\n- cm.yaml\nbases:\n- %s\n",
	"components":                      "resources:\n- cm.yaml\ncomponents:\n- %s\n",
	"crds":                            "resources:\n- cm.yaml\ncrds:\n- %s\n",
	"configurations":                  "resources:\n- cm.yaml\nconfigurations:\n- %s\n",
	"generators":                      "resources:\n- cm.yaml\ngenerators:\n- %s\n",
	"transformers":                    "resources:\n- cm.yaml\ntransformers:\n- %s\n",
	"validators":                      "resources:\n- cm.yaml\nvalidators:\n- %s\n",
	"openapi.path":                    "resources:\n- cm.yaml\nopenapi:\n  path: %s\n",
	"patches.path":                    "resources:\n- cm.yaml\npatches:\n- path: %s\n",
	"patches.path with a target":      "resources:\n- cm.yaml\npatches:\n- path: %s\n  target: {kind: ConfigMap}\n",
	"patchesStrategicMerge":           "resources:\n- cm.yaml\npatchesStrategicMerge:\n- %s\n",
	"patchesJson6902.path":            "resources:\n- cm.yaml\npatchesJson6902:\n- path: %s\n  target: {version: v1, kind: ConfigMap, name: cm}\n",
	"replacements.path":               "resources:\n- cm.yaml\nreplacements:\n- path: %s\n",
	"configMapGenerator.files":        "resources:\n- cm.yaml\nconfigMapGenerator:\n- name: g\n  files:\n  - %s\n",
	"configMapGenerator.files key=":   "resources:\n- cm.yaml\nconfigMapGenerator:\n- name: g\n  files:\n  - k=%s\n",
	"configMapGenerator.envs":         "resources:\n- cm.yaml\nconfigMapGenerator:\n- name: g\n  envs:\n  - %s\n",
	"configMapGenerator.env":          "resources:\n- cm.yaml\nconfigMapGenerator:\n- name: g\n  env: %s\n",
	"secretGenerator.files":           "resources:\n- cm.yaml\nsecretGenerator:\n- name: g\n  files:\n  - %s\n",
	"secretGenerator.envs":            "resources:\n- cm.yaml\nsecretGenerator:\n- name: g\n  envs:\n  - %s\n",
	"helmCharts":                      "resources:\n- cm.yaml\nhelmCharts:\n- name: chart\n  repo: %s\n",
	"helmChartInflationGenerator":     "resources:\n- cm.yaml\nhelmChartInflationGenerator:\n- chartName: chart\n  chartRepoUrl: %s\n",
	"inline PatchTransformer.path":    "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchTransformer\n  metadata: {name: p}\n  path: %s\n",
	"inline ConfigMapGenerator.files": "resources:\n- cm.yaml\ngenerators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: p}\n  name: g\n  files: [%s]\n",
	"inline ConfigMapGenerator.envs":  "resources:\n- cm.yaml\ngenerators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: p}\n  name: g\n  envs: [%s]\n",
	"inline ReplacementTransformer":   "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: ReplacementTransformer\n  metadata: {name: p}\n  replacements: [{path: %s}]\n",
	"inline PatchStrategicMerge":      "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchStrategicMergeTransformer\n  metadata: {name: p}\n  paths: [%s]\n",
	"inline PatchJson6902":            "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: builtin\n  kind: PatchJson6902Transformer\n  metadata: {name: p}\n  target: {version: v1, kind: ConfigMap, name: cm}\n  path: %s\n",
	"inline HelmChart":                "resources:\n- cm.yaml\ngenerators:\n- |-\n  apiVersion: builtin\n  kind: HelmChartInflationGenerator\n  metadata: {name: p}\n  name: chart\n  repo: %s\n",
	"an exec plugin":                  "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: example.com/v1\n  kind: Plugin\n  metadata: {name: %s}\n",
	"a container function":            "resources:\n- cm.yaml\ntransformers:\n- |-\n  apiVersion: v1\n  kind: Fn\n  metadata:\n    name: f\n    annotations:\n      config.kubernetes.io/function: '{container: {image: %s}}'\n",
	"an exec function":                "resources:\n- cm.yaml\ngenerators:\n- |-\n  apiVersion: builtin\n  kind: LabelTransformer\n  metadata:\n    name: f\n    annotations:\n      config.kubernetes.io/function: '{exec: {path: %s}}'\n",
}

// remotes are paths that lead kustomize to the network or to git. %d is the
// port of a listener.
var remotes = []string{
	"http://127.0.0.1:%d/x.yaml",
	"HTTPS://127.0.0.1:%d/x.yaml",
	"http://127.0.0.1:%d/org/repo.git//dir?ref=main",
	"ssh://git@127.0.0.1:%d/org/repo",
	"git@127.0.0.1:org/repo%d",
	"git::http://127.0.0.1:%d/org/repo",
	"file:///tmp/org/repo%d",
	"github.com/org/repo%d",
	"github.com:org/repo%d",
	"http:127.0.0.1:%d/x.yaml",
}

// TestNothingIsFetchedOrRun counts connections and processes.
func TestNothingIsFetchedOrRun(t *testing.T) {
	dials, port := listen(t)
	runs := shim(t)
	for name, kustomization := range pathFields {
		for _, remote := range remotes {
			remote = fmt.Sprintf(remote, port)
			root := tree(t, map[string]string{"kustomization.yaml": fmt.Sprintf(kustomization, remote), "cm.yaml": configMap})
			built, err := Build(root, ".")
			if err != nil {
				t.Fatal(err)
			}
			if len(built.Problems) == 0 {
				t.Errorf("%s: %s is no problem", name, remote)
			}
			for _, problem := range built.Problems {
				if problem.Pos.Line < 3 || !says(problem.Message, "remote", "Helm", "plugin") {
					t.Errorf("%s: %s: %s: %s", name, remote, problem.Pos, problem.Message)
				}
			}
			if len(built.Objects) == 0 || built.Objects[0].Name != "cm" {
				t.Errorf("%s: %s: the rest is not built", name, remote)
			}
		}
	}
	if n := dials.Load(); n != 0 {
		t.Errorf("%d connections", n)
	}
	if n := runs(); n != 0 {
		t.Errorf("%d processes", n)
	}

	// kustomize as it is does both, or this test could not fail.
	for _, remote := range []string{fmt.Sprintf(remotes[0], port), fmt.Sprintf(remotes[4], port)} {
		root := tree(t, map[string]string{"kustomization.yaml": "resources:\n- " + remote + "\n"})
		if _, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), root); err == nil {
			t.Errorf("kustomize builds %s", remote)
		}
	}
	if dials.Load() == 0 || runs() == 0 {
		t.Errorf("stock kustomize: %d connections, %d processes: this test counts nothing", dials.Load(), runs())
	}
}

func says(message string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(message, word) })
}

// TestPathsStayPaths is the second lock on the same door: what kustomize gets
// to see begins with a dot, and no URL does.
func TestPathsStayPaths(t *testing.T) {
	for name, kustomization := range pathFields {
		if says(strings.ToLower(name), "helm", "function", "plugin") {
			continue
		}
		root := tree(t, map[string]string{"kustomization.yaml": fmt.Sprintf(kustomization, "x.yaml"), "cm.yaml": configMap, "x.yaml": ""})
		repo, err := source.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		defer repo.Close()
		p, err := plan.Load(repo, ".")
		if err != nil {
			t.Fatal(err)
		}
		memory, err := p.Memory()
		if err != nil {
			t.Fatal(err)
		}
		seen, err := memory.Read("kustomization.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if text := string(seen); name != "components" && !strings.Contains(text, "./x.yaml") || strings.Contains(text, " cm.yaml") {
			t.Errorf("%s: kustomize sees\n%s", name, text)
		}
	}
}

// listen counts the connections to a port.
func listen(t *testing.T) (*atomic.Int64, int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var dials atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			conn.Close()
		}
	}()
	return &dials, listener.Addr().(*net.TCPAddr).Port
}

// shim puts programs into PATH that only note that they ran.
func shim(t *testing.T) func() int {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "log")
	for _, name := range []string{"git", "helm", "docker", "sh", "bash", "ssh", "curl"} {
		script := "#!/bin/sh\necho " + name + " >> " + log + "\nexit 1\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	return func() int {
		data, _ := os.ReadFile(log)
		return strings.Count(string(data), "\n")
	}
}

// TestNothingOutsideIsRead leads every path field to an existing file outside
// the repository.
func TestNothingOutsideIsRead(t *testing.T) {
	parent := t.TempDir()
	outside := filepath.Join(parent, "outside")
	for name, content := range map[string]string{"secret.yaml": configMap, "kustomization.yaml": "resources: [secret.yaml]\n", "cm.env": "A=b\n"} {
		os.MkdirAll(outside, 0o755)
		if err := os.WriteFile(filepath.Join(outside, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, kustomization := range pathFields {
		if strings.Contains(strings.ToLower(name), "helm") || strings.HasPrefix(name, "a") {
			continue
		}
		for _, path := range []string{"../outside/secret.yaml", "../outside", "linked.yaml", "linked", "absolute.yaml", filepath.Join(outside, "secret.yaml"), "/etc/passwd"} {
			root := filepath.Join(parent, "repository")
			os.RemoveAll(root)
			if err := os.MkdirAll(root, 0o755); err != nil {
				t.Fatal(err)
			}
			os.WriteFile(filepath.Join(root, "kustomization.yaml"), []byte(fmt.Sprintf(kustomization, path)), 0o644)
			os.WriteFile(filepath.Join(root, "cm.yaml"), []byte(configMap), 0o644)
			os.Symlink("../outside/secret.yaml", filepath.Join(root, "linked.yaml"))
			os.Symlink("../outside", filepath.Join(root, "linked"))
			os.Symlink(filepath.Join(outside, "secret.yaml"), filepath.Join(root, "absolute.yaml"))
			built, err := Build(root, ".")
			if err != nil {
				t.Fatal(err)
			}
			if len(built.Problems) != 1 || built.Problems[0].Pos.Line < 3 || !says(built.Problems[0].Message, "outside the repository", "not a relative path") {
				t.Errorf("%s: %s: problems %v, want one with a line", name, path, built.Problems)
			}
			if len(built.Objects) == 0 {
				t.Errorf("%s: %s: the rest is not built", name, path)
			}
			for file := range built.Files {
				if file != "kustomization.yaml" && file != "cm.yaml" {
					t.Errorf("%s: %s: reads %s", name, path, file)
				}
			}
		}
	}
}

// TestPatchedPluginPath is about plugin configurations whose path no file
// holds, as a patch makes it up: at once, or when another patch is taken out
// to find out what is wrong with the overlay.
func TestPatchedPluginPath(t *testing.T) {
	dials, port := listen(t)
	patch := func(path string) string {
		return fmt.Sprintf("- target: {kind: PatchTransformer}\n  patch: '[{\"op\": \"replace\", \"path\": \"/path\", \"value\": %q}]'\n", path)
	}
	far := fmt.Sprintf("http://127.0.0.1:%d/x.yaml", port)
	for name, c := range map[string]struct{ patches, broken, want string }{
		"made up":    {patch(far), "", "kustomization.yaml:4:3"},
		"covered up": {patch(far) + patch("here.yaml"), "patches:\n- target: {kind: ConfigMap}\n  patch: '[{\"op\": \"remove\", \"path\": \"/q\"}]'\n", "kustomization.yaml:6:3"},
	} {
		root := tree(t, map[string]string{
			"kustomization.yaml":         "resources:\n- cm.yaml\ntransformers:\n- plugins\n" + c.broken,
			"cm.yaml":                    configMap,
			"here.yaml":                  configMap,
			"plugins/kustomization.yaml": "resources: [p.yaml]\npatches:\n" + c.patches,
			"plugins/p.yaml":             "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: p}\npath: here.yaml\n",
		})
		built, err := Build(root, ".")
		if err != nil {
			t.Fatal(err)
		}
		if len(built.Problems) != 1 || built.Problems[0].Pos.String() != c.want {
			t.Errorf("%s: problems %v, want one at %s", name, built.Problems, c.want)
		}
		if len(built.Objects) != 1 || dials.Load() != 0 {
			t.Errorf("%s: %d objects, %d connections", name, len(built.Objects), dials.Load())
		}
	}
}
