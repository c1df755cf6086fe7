//go:build e2e

package drill_test

import (
	"context"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kube-lab/kube-lab/test/kube"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drill"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
)

var update = flag.Bool("update", false, "record what labcheck verify sees of the drills")

// losesWrites are the drills after which not every row that was acknowledged
// while they ran can be there, as their pages say.
var losesWrites = map[string]bool{"delete-primary-claim": true}

// TestDrills types what the pages say, in a copy of the repository, while
// rows are written: the lab breaks, the rule of the page says why, the lab is
// whole again, and every row is there.
func TestDrills(t *testing.T) {
	l := startLab(t)
	for _, d := range drills(t) {
		ok := t.Run(d.Name, func(t *testing.T) { l.run(t, d) })
		if !ok {
			l.reset(t)
		}
	}
}

// A lab is a copy of the repository and what is applied of it to the cluster.
type lab struct{ dir string }

// startLab applies the lab to the cluster of KUBECONFIG, whose context is then
// named as in the pages; where the lab that is there does not come right by
// that, it is deleted before.
func startLab(t *testing.T) lab {
	t.Helper()
	if os.Getenv("KUBECONFIG") == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to break the lab on; its namespace lab may be deleted")
	}
	l := lab{dir: t.TempDir()}
	for _, part := range []string{"base", "components", "images", "overlays", "probes"} {
		if err := os.CopyFS(filepath.Join(l.dir, part), os.DirFS(filepath.Join(repository, part))); err != nil {
			t.Fatal(err)
		}
	}
	l.shell(t, "git init --quiet && git add . && git -c user.name=drill -c user.email=drill@localhost commit --quiet --message lab")

	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, []byte(kube.Ctl(t, "config", "view", "--minify", "--raw", "--flatten")), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	l.shell(t, "kubectl config rename-context $(kubectl config current-context) kind-lab && kubectl config set-context --current --namespace lab")

	l.apply(t)
	if v := verify(t, l.dir); v.Code != 0 {
		t.Logf("the lab that is there is not clean: %+v", v)
		l.reset(t)
	}
	startClient(t)
	return l
}

func (l lab) apply(t *testing.T) {
	t.Helper()
	kube.Ctl(t, "apply", "-k", filepath.Join(l.dir, drill.Overlay))
}

// reset deletes the lab with its data and applies it again.
func (l lab) reset(t *testing.T) {
	t.Helper()
	l.shell(t, "git restore . && kubectl delete namespace lab --ignore-not-found --timeout=5m")
	l.apply(t)
	l.wantClean(t)
	startClient(t)
}

// shellLimit is above every --timeout that a page gives to kubectl.
const shellLimit = 6 * time.Minute

// shell runs commands as a reader of a page does, in the copy of the repository.
func (l lab) shell(t *testing.T, commands string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), shellLimit)
	defer cancel()
	c := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
	c.Dir, c.WaitDelay = l.dir, 5*time.Second
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s%s", err, commands, out)
	}
}

func (l lab) wantClean(t *testing.T) {
	t.Helper()
	if v := verify(t, l.dir); v.Code != 0 {
		t.Fatalf("want the lab clean, got exit code %d: %+v\n%s", v.Code, v.Findings, v.Complaints)
	}
}

func (l lab) run(t *testing.T, d drill.Drill) {
	if _, err := exec.LookPath("docker"); err != nil && strings.Contains(d.Break, "docker exec") {
		t.Skip("the nodes of kind are reached through docker, which is not on the PATH")
	}
	w := startWriter(t)
	if losesWrites[d.Name] {
		w.wantKept(t)
	}
	l.shell(t, d.Break)
	snapshot := filepath.Join(t.ArtifactDir(), drill.Snapshot)
	wantFound(t, d, verify(t, l.dir, append(d.Flags, "--save", snapshot)...))
	if *update && !t.Failed() {
		l.record(t, d, snapshot)
	}
	l.shell(t, d.Repair)
	l.wantClean(t)
	w.wantKept(t)
}

// record writes the recording of d: the files of which the lab is built, and
// the Snapshot.
func (l lab) record(t *testing.T, d drill.Drill, snapshot string) {
	t.Helper()
	files := map[string][]byte{drill.Snapshot: []byte(read(t, "", snapshot))}
	for _, dir := range []string{drill.Overlay, "probes"} {
		built, err := overlay.Build(l.dir, dir)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(files, built.Files)
	}
	recording := &txtar.Archive{Comment: []byte("Recorded by make drill: the lab as it was built then, and what labcheck verify saw of it.\n")}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		recording.Files = append(recording.Files, txtar.File{Name: name, Data: files[name]})
	}
	if err := os.WriteFile(filepath.Join(repository, drill.File(d.Name)), txtar.Format(recording), 0o644); err != nil {
		t.Fatal(err)
	}
}
