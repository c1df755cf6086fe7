//go:build e2e

package drill_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
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

// During a rolling restart no read through mysql-read fails; without the pause
// before a server stops, some would.
func TestRollingRestartFailsNoRead(t *testing.T) {
	l := startLab(t)
	t.Cleanup(func() { l.apply(t); l.wantClean(t) })
	l.shell(t, `kubectl patch statefulset mysql --type=json -p '[{"op":"remove","path":"/spec/template/spec/containers/0/lifecycle"}]'`)
	waitRolledOut(t)
	without := readDuringRestart(t, l)
	l.apply(t)
	waitRolledOut(t)
	with := readDuringRestart(t, l)
	if with.failed() > 0 {
		t.Errorf("%d of %d reads failed:\n%s", with.failed(), with.all(), strings.Join(with.failures, "\n"))
		return
	}
	noteFigures(t, "reads", fmt.Sprintf(`| rolling restart of the three servers | reads | failed | answered by mysql-0, mysql-1, mysql-2 |
|---|---:|---:|---|
| without the pause | %d | %d | %s |
| with it, as the lab has it | %d | %d | %s |
`, without.all(), without.failed(), without.spread(), with.all(), with.failed(), with.spread()))
}

func waitRolledOut(t *testing.T) {
	t.Helper()
	kube.Ctl(t, "-n", kube.Namespace, "rollout", "status", "statefulset/mysql", "--timeout=10m")
}

// Reads are what came of reads through mysql-read.
type reads struct {
	answered map[string]int // by server
	failures []string
}

func (r reads) failed() int { return len(r.failures) }

func (r reads) all() int {
	n := r.failed()
	for _, answered := range r.answered {
		n += answered
	}
	return n
}

func (r reads) spread() string {
	var counts []string
	for _, server := range slices.Sorted(maps.Keys(r.answered)) {
		counts = append(counts, fmt.Sprint(r.answered[server]))
	}
	return strings.Join(counts, ", ")
}

// Every read is a connection of its own, as mysql-read spreads connections.
const readAgain = `
while true; do
  if server=$(timeout 20 mysql --connect-timeout=10 -h mysql-read -Ne 'SELECT @@hostname FROM drill.written LIMIT 1' 2>&1); then echo "$server"; else echo "failed at $(date +%T):" $server; fi
done`

const readers = 2

// readDuringRestart restarts the servers while some clients read.
func readDuringRestart(t *testing.T, l lab) reads {
	t.Helper()
	r := reads{answered: map[string]int{}}
	lines := make(chan string)
	var loops []*loop
	for range readers {
		loops = append(loops, startLoop(t, readAgain, func(line string) { lines <- line }))
	}
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for line := range lines {
			if strings.HasPrefix(line, "mysql-") {
				r.answered[line]++
			} else {
				r.failures = append(r.failures, line)
			}
		}
	}()
	l.shell(t, "kubectl rollout restart statefulset mysql")
	waitRolledOut(t)
	time.Sleep(5 * time.Second) // of reads from the servers that have come back
	for _, reader := range loops {
		reader.end()
	}
	close(lines)
	<-counted
	t.Logf("%d of %d reads failed; answered: %v\n%s", r.failed(), r.all(), r.answered, strings.Join(r.failures, "\n"))
	return r
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
