//go:build e2e

package mutants

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/test/kube"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
)

// runs are the overlays that a cluster without a registry can run.
var runs = []string{"overlays/minikube", "overlays/kind", "overlays/without-configmap"}

// TestHarmlessOnCluster holds that the lab works with every mutant that is
// called harmless and changes what such an overlay builds, and that each entry
// of the list says how this is known. KUBECONFIG names the cluster.
func TestHarmlessOnCluster(t *testing.T) {
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to try the mutants on; its namespace lab is deleted")
	}
	reviewed, err := Reviewed(List)
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	t.Cleanup(func() { kube.DeleteLab(t) })
	harmless := harmlessOf(t, reviewed)
	known := map[string]string{} // how it is known of a mutant
	var toTry []Mutant
	for _, o := range harmless {
		changed := l.changed(t, o.Mutant)
		at := slices.IndexFunc(runs, func(dir string) bool { return slices.Contains(changed, dir) })
		switch {
		case at >= 0:
			l.runner[id(o.Mutant)] = runs[at]
			toTry = append(toTry, o.Mutant)
		case len(changed) > 0:
			known[id(o.Mutant)] = elsewhere
		default:
			known[id(o.Mutant)] = SameBuild
		}
	}
	t.Logf("%d of %d harmless mutants change what runs on this cluster", len(toTry), len(harmless))
	for i, b := range pack(l.original, toTry) {
		t.Run(fmt.Sprintf("batch %d", i+1), func(t *testing.T) {
			for _, m := range l.prove(t, b) {
				known[id(m)] = OnCluster
			}
		})
	}
	for _, h := range reviewed {
		var own []Mutant
		for _, o := range harmless {
			if entryOf(o.Mutant, reviewed) == h {
				own = append(own, o.Mutant)
			}
		}
		wantKnown(t, h, own, known)
	}
}

// id tells mutants apart.
func id(m Mutant) string { return m.File + string(m.Content) }

// harmlessOf judges the mutants that an entry fits, and returns those that
// labcheck does not find.
func harmlessOf(t *testing.T, reviewed []*Harmless) []Outcome {
	t.Helper()
	all, err := Generate(root, Lab)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := Judge(root, slices.DeleteFunc(all, func(m Mutant) bool { return entryOf(m, reviewed) == nil }))
	if err != nil {
		t.Fatal(err)
	}
	return Count(outcomes, reviewed).Harmless
}

// elsewhere is what only a registry or an engine sees.
const elsewhere = "elsewhere"

// wantKnown holds that an entry says how it is known of its mutants.
func wantKnown(t *testing.T, h *Harmless, own []Mutant, known map[string]string) {
	t.Helper()
	is := map[string]bool{}
	for _, m := range own {
		is[known[id(m)]] = true
	}
	want := ""
	switch {
	case is[""], len(own) == 0:
	case is[OnCluster]:
		want = OnCluster
	case !is[elsewhere]:
		want = SameBuild
	case h.Known == OnEngine:
		return
	}
	if h.Known != want {
		t.Errorf("the entry %s %s %v says that it is known by %q, and it is by %q", h.File, h.Path, h.Mutations, h.Known, want)
	}
}

// A lab is a copy of the repository in which mutants are applied.
type lab struct {
	*judge
	built  map[string][]byte // what its overlays build, without a mutant
	runner map[string]string // the overlay to run with a mutant
}

func newLab(t *testing.T) lab {
	t.Helper()
	j, err := newJudge(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(j.dir) })
	l := lab{judge: j, built: map[string][]byte{}, runner: map[string]string{}}
	for _, readers := range j.readers {
		for _, dir := range readers {
			if l.built[dir] == nil {
				l.built[dir] = l.build(t, dir)
			}
		}
	}
	return l
}

func (l lab) build(t *testing.T, dir string) []byte {
	t.Helper()
	built, err := overlay.Build(l.dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := built.YAML()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// with calls do while the mutants of a batch are applied.
func (l lab) with(t *testing.T, b batch, do func()) {
	t.Helper()
	for name, content := range b.files(l.original) {
		if err := l.write(name, content); err != nil {
			t.Fatal(err)
		}
		defer l.write(name, l.original[name])
	}
	do()
}

// changed returns the overlays that build something else with a mutant.
func (l lab) changed(t *testing.T, m Mutant) (dirs []string) {
	t.Helper()
	l.with(t, batch{m}, func() {
		for _, dir := range l.readers[m.File] {
			if !bytes.Equal(l.build(t, dir), l.built[dir]) {
				dirs = append(dirs, dir)
			}
		}
	})
	return dirs
}

// prove returns the mutants of the batch with which the lab works. Where it
// does not work with all of them, its halves are tried.
func (l lab) prove(t *testing.T, b batch) batch {
	t.Helper()
	mutants := map[string]int{}
	for _, m := range b {
		mutants[l.runner[id(m)]]++
	}
	problem := ""
	l.with(t, b, func() {
		for _, dir := range runs {
			if mutants[dir] > 0 && problem == "" {
				problem = l.problem(t, dir)
				t.Logf("%s with %d mutants: %s", dir, mutants[dir], cmp.Or(problem, "works"))
			}
		}
	})
	switch {
	case problem == "":
		return b
	case len(b) == 1:
		t.Errorf("the lab does not work with %s: %s", b[0], problem)
		return nil
	}
	return append(l.prove(t, b[:len(b)/2]), l.prove(t, b[len(b)/2:])...)
}

var warning = regexp.MustCompile(`(?m)^Warning:`)

// problem is why an overlay, applied where there was no lab, does not work; ""
// if it does.
func (l lab) problem(t *testing.T, dir string) string {
	t.Helper()
	findings, err := findingsIn(overlay.Open(l.dir), []string{dir})
	if err != nil || len(findings) > 0 {
		return fmt.Sprintf("labcheck finds %v, %v", findings, err)
	}
	kube.DeleteLab(t)
	if c := kube.Try(t, "", "apply", "-k", filepath.Join(l.dir, dir)); c.Err != nil || warning.MatchString(c.Stderr) {
		return c.String()
	}
	var said bytes.Buffer
	context := strings.TrimSpace(kube.Ctl(t, "config", "current-context"))
	if cli.Main([]string{"verify", dir, "--context", context}, cli.World{Dir: l.dir, Stdout: &said, Stderr: &said}) != 0 {
		return "labcheck verify says\n" + said.String()
	}
	return ""
}
