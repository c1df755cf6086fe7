//go:build e2e

package drill_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drill"
)

var kills = flag.Int("kills", 50, "how often to kill the primary")

// ways to kill the primary, in turns: a container that crashes again and again
// is started after longer and longer pauses, one of a new Pod at once.
var ways = []struct{ name, commands string }{
	{"the process mysqld", "kubectl exec mysql-0 -- bash -c 'kill -SEGV 1' || true"},
	{"the Pod", "kubectl delete pod mysql-0"},
}

// However often the primary is killed while rows are written, every row that
// it has acknowledged is on all three servers afterwards.
func TestKillsLoseNothing(t *testing.T) {
	l := startLab(t)
	w := startWriter(t)
	start := time.Now()
	for i := range *kills {
		l.shell(t, ways[i%len(ways)].commands)
		w.wantMore(t)
		kube.Ctl(t, "-n", kube.Namespace, "wait", "pod", "mysql-0", "--for=condition=Ready", "--timeout=3m")
	}
	took := time.Since(start)
	w.wantKept(t)
	l.wantClean(t)
	if t.Failed() {
		return
	}
	noteFigures(t, "kills", fmt.Sprintf(`| | |
|---|---:|
| kills of the primary, of %s and of %s in turns | %d |
| rows acknowledged meanwhile | %d |
| of them on all three servers afterwards, once | %d |
| writes refused, or without an answer | %d |
| longest time without an acknowledged row | %.0f s |
| all of it took | %.0f minutes |
`, ways[0].name, ways[1].name, *kills, len(w.acked), len(w.acked), w.refused, w.longest.Seconds(), took.Minutes()))
}

// noteFigures writes a table into docs/drills/data.md, between the comments
// that name it.
func noteFigures(t *testing.T, name, table string) {
	t.Helper()
	t.Logf("\n%s", table)
	file := filepath.Join(repository, drill.Pages, "data.md")
	page := read(t, "", file)
	block := regexp.MustCompile(`(?s)(<!-- measured: ` + name + ` -->\n).*?(<!-- end -->)`)
	if !block.MatchString(page) {
		t.Fatalf("%s has no block of the figures %q", file, name)
	}
	made := block.ReplaceAllString(page, "${1}"+table+"${2}")
	if err := os.WriteFile(file, []byte(made), 0o644); err != nil {
		t.Fatal(err)
	}
}
