package overlay

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hazards are files that take kustomize minutes or gigabytes, and what must
// be said about them.
var hazards = map[string]struct {
	content func() string
	says    string
}{
	"22 MB of keys":      {func() string { return object + "data:\n" + lines("  k%d: v\n", 1_700_000) }, "MiB"},
	"7 MB of keys":       {func() string { return object + "data:\n" + lines("  k%d: v\n", 500_000) }, "keys"},
	"keys in flow style": {func() string { return object + "data: {" + lines("k%d: v, ", 300_000) + "}\n" }, "entries"},
	"aliases":            {billionLaughs, "aliases"},
	"documents":          {func() string { return lines("---\n"+object+"data: {a: b}\n#%d\n", 8000) }, "documents"},
	"200,000 lists":      {func() string { return object + "spec: " + strings.Repeat("[", 200_000) + strings.Repeat("]", 200_000) }, "levels"},
	"200,000 mappings": {func() string {
		return object + "spec: " + strings.Repeat("{a: ", 200_000) + strings.Repeat("}", 200_000)
	}, "levels"},
	"200,000 dashes":         {func() string { return object + "spec:\n" + strings.Repeat("- ", 200_000) + "a\n" }, "levels"},
	"3,000 levels of blocks": {func() string { return object + "spec:\n" + blocks(3000) }, "levels"},
}

const object = "apiVersion: example.com/v1\nkind: App\nmetadata: {name: app}\n"

func lines(format string, count int) string {
	var b strings.Builder
	for i := range count {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func billionLaughs() string {
	text := object + "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
	for i := 1; i < 9; i++ {
		text += fmt.Sprintf("a%d: &a%d [%s*a%d]\n", i, i, strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 8), i-1)
	}
	return text
}

func blocks(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i+1) + "a:\n")
	}
	return b.String()
}

// hazardEnv names the tree that a child of TestLimits builds.
const hazardEnv = "LABCHECK_TEST_HAZARD"

// TestLimits builds each hazard as a resource, as a patch, as the definition
// of a resource, as a kustomization and as text in one, each in a process of its own: within 2 s and 300 MB there is
// one problem, and the rest is built.
func TestLimits(t *testing.T) {
	if root := os.Getenv(hazardEnv); root != "" {
		built, err := Build(root, ".")
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range built.Problems {
			fmt.Printf("problem %s: %s\n", problem.Pos, problem.Message)
		}
		fmt.Printf("objects %d\n", len(built.Objects))
		return
	}
	roles := map[string]string{
		"resource": "resources:\n- cm.yaml\n- bad.yaml\n",
		"patch":    "resources:\n- cm.yaml\npatches:\n- path: bad.yaml\n",
		"crd":      "resources:\n- cm.yaml\ncrds:\n- bad.yaml\n",
	}
	for name, hazard := range hazards {
		content := hazard.content()
		for role, kustomization := range roles {
			root := tree(t, map[string]string{"kustomization.yaml": kustomization, "cm.yaml": configMap, "bad.yaml": content})
			checkHazard(t, name+" as "+role, root, hazard.says, 1)
		}
		root := tree(t, map[string]string{
			"kustomization.yaml": "resources:\n- cm.yaml\n- bad\n", "cm.yaml": configMap,
			"bad/kustomization.yaml": strings.Replace(content, "spec:", "metadata:", 1),
		})
		checkHazard(t, name+" as kustomization", root, hazard.says, 1)
		if len(content) < 4<<20 { // or the kustomization is too large to be read
			text := "    " + strings.ReplaceAll(content, "\n", "\n    ")
			root = tree(t, map[string]string{"kustomization.yaml": "resources:\n- cm.yaml\npatches:\n- patch: |\n" + text + "\n", "cm.yaml": configMap})
			checkHazard(t, name+" as text", root, hazard.says, 1)
		}
	}
}

func checkHazard(t *testing.T, name, root, says string, objects int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestLimits$")
	child.Env = append(os.Environ(), hazardEnv+"="+root)
	start := time.Now()
	out, err := child.CombinedOutput()
	took := time.Since(start)
	if err != nil {
		t.Fatalf("%s: %v\n%.500s", name, err, out)
	}
	if cpu := child.ProcessState.UserTime() + child.ProcessState.SystemTime(); cpu > 2*time.Second {
		t.Errorf("%s: %v of CPU, %v", name, cpu, took)
	}
	if usage, ok := child.ProcessState.SysUsage().(*syscall.Rusage); ok && usage.Maxrss > 300<<10 {
		t.Errorf("%s: %d MB", name, usage.Maxrss>>10)
	}
	text := string(out)
	if strings.Count(text, "problem ") != 1 || !strings.Contains(text, says) {
		t.Errorf("%s: want one problem with %q, got %.500s", name, says, text)
	}
	if !strings.Contains(text, fmt.Sprintf("objects %d\n", objects)) {
		t.Errorf("%s: the rest is not built: %.500s", name, text)
	}
}

// TestWithinLimits builds what is large but sound.
func TestWithinLimits(t *testing.T) {
	root := tree(t, map[string]string{
		"kustomization.yaml": "resources: [cm.yaml, many.yaml]\nconfigMapGenerator: [{name: g, files: [big.sql]}]\n",
		"cm.yaml":            object + "data:\n  text: |\n" + lines("    key%d: value\n", 20_000) + lines("  k%d: v\n", 4000),
		"many.yaml":          lines("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d}\n", 200),
		"big.sql":            strings.Repeat("insert into a values (1), (2);\n", 20_000),
	})
	built, err := Build(root, ".")
	if err != nil {
		t.Fatal(err)
	}
	if len(built.Problems) > 0 || len(built.Objects) != 202 {
		t.Errorf("%d objects, problems %.500v", len(built.Objects), built.Problems)
	}
	if _, err := os.Stat(filepath.Join(root, "kustomization.yaml")); err != nil {
		t.Fatal(err)
	}
}
