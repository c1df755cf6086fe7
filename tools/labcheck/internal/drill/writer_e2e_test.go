//go:build e2e

package drill_test

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

const client = "drill-client"

// clientPod is a Pod beside the servers, in which clients run as root.
const clientPod = `
apiVersion: v1
kind: Pod
metadata: {name: drill-client, namespace: lab}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  securityContext: {runAsNonRoot: true, runAsUser: 999, runAsGroup: 999, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: client
      image: IMAGE
      command:
        - bash
        - -c
        - |
          umask 077
          printf '[client]\nuser = root\npassword = "%s"\n' "$(< /etc/mysql/secret/root-password)" > /etc/mysql/conf.d/client.cnf
          exec sleep infinity
      readinessProbe: {exec: {command: [test, -s, /etc/mysql/conf.d/client.cnf]}, periodSeconds: 1}
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      volumeMounts:
        - {name: secret, mountPath: /etc/mysql/secret, readOnly: true}
        - {name: conf, mountPath: /etc/mysql/conf.d}
  volumes:
    - {name: secret, secret: {secretName: mysql}}
    - {name: conf, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
`

// startClient creates the Pod, which is deleted with the test, and a table with one row.
func startClient(t *testing.T) {
	t.Helper()
	image := kube.Ctl(t, "-n", kube.Namespace, "get", "statefulset", "mysql", "-o", "jsonpath={.spec.template.spec.containers[0].image}")
	remove := func() {
		kube.Ctl(t, "-n", kube.Namespace, "delete", "pod", client, "--ignore-not-found", "--timeout=1m")
	}
	remove()
	t.Cleanup(remove)
	kube.Feed(t, strings.ReplaceAll(clientPod, "IMAGE", image), "apply", "-f", "-")
	kube.Ctl(t, "-n", kube.Namespace, "wait", "pod", client, "--for=condition=Ready", "--timeout=2m")
	const table = "DROP DATABASE IF EXISTS drill; CREATE DATABASE drill; CREATE TABLE drill.written (id INT AUTO_INCREMENT PRIMARY KEY, n BIGINT NOT NULL, KEY (n)); INSERT INTO drill.written (n) VALUES (0)"
	kube.Eventually(t, time.Minute, func() string {
		if c := query("mysql-0.mysql", table); c.err != nil {
			return fmt.Sprintf("%v: %s", c.err, c.out)
		}
		return ""
	})
}

type answer struct {
	out string
	err error
}

// query asks a server from the client Pod.
func query(host, statement string) answer {
	out, err := exec.Command("kubectl", "-n", kube.Namespace, "exec", client, "--",
		"timeout", "30", "mysql", "--connect-timeout=5", "-h", host, "-Ne", statement).CombinedOutput()
	return answer{string(out), err}
}

// A loop is a script that runs in the client Pod, again where it breaks off,
// and says on every line what it has done.
type loop struct {
	t    *testing.T
	stop context.CancelFunc
	done sync.WaitGroup
}

// A script goes on when nobody listens any more; so it leaves its number.
const numbered = "echo $$ > /etc/mysql/conf.d/$$.pid\n"

func startLoop(t *testing.T, script string, says func(line string)) *loop {
	ctx, cancel := context.WithCancel(context.Background())
	l := &loop{t: t, stop: cancel}
	t.Cleanup(l.end)
	l.done.Go(func() {
		for ctx.Err() == nil {
			c := exec.CommandContext(ctx, "kubectl", "-n", kube.Namespace, "exec", client, "--", "bash", "-c", numbered+script)
			out, err := c.StdoutPipe()
			if err == nil && c.Start() == nil {
				for lines := bufio.NewScanner(out); lines.Scan(); {
					says(lines.Text())
				}
				_ = c.Wait()
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	return l
}

// end ends all scripts in the Pod.
func (l *loop) end() {
	l.stop()
	l.done.Wait()
	kube.Try(l.t, "", "-n", kube.Namespace, "exec", client, "--", "bash", "-c", "cd /etc/mysql/conf.d; for file in *.pid; do kill $(< $file); rm $file; done")
}

// A writer writes one number after the other on the primary, each once, and
// keeps those that the primary has acknowledged.
type writer struct {
	*loop
	lock    sync.Mutex
	acked   []int
	refused int
	last    time.Time // when a row was acknowledged
	longest time.Duration
}

// What is not acknowledged may be there or not, and is never tried again.
const write = `
n=$(date +%s%N)
while true; do
  n=$((n + 1))
  if timeout 10 mysql --connect-timeout=2 -h mysql-0.mysql -e "INSERT INTO drill.written (n) VALUES ($n)" 2> /dev/null; then echo "$n"; else echo refused; sleep 0.2; fi
done`

func startWriter(t *testing.T) *writer {
	t.Helper()
	w := &writer{last: time.Now()}
	w.loop = startLoop(t, write, w.note)
	w.wantMore(t)
	return w
}

func (w *writer) note(line string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	n, err := strconv.Atoi(line)
	if err != nil {
		w.refused++
		return
	}
	w.acked = append(w.acked, n)
	w.longest = max(w.longest, time.Since(w.last))
	w.last = time.Now()
}

func (w *writer) count() int {
	w.lock.Lock()
	defer w.lock.Unlock()
	return len(w.acked)
}

// wantMore waits until another row is acknowledged.
func (w *writer) wantMore(t *testing.T) {
	t.Helper()
	before := w.count()
	kube.Eventually(t, 3*time.Minute, func() string {
		if w.count() > before {
			return ""
		}
		return "the primary acknowledges no row"
	})
}

var servers = []string{"mysql-0.mysql", "mysql-1.mysql", "mysql-2.mysql"}

// wantKept ends the writer and holds that every row it was acknowledged is on
// all three servers, once.
func (w *writer) wantKept(t *testing.T) {
	t.Helper()
	w.end()
	var rows []int
	kube.Eventually(t, 2*time.Minute, func() string {
		var first string
		for i, host := range servers {
			a := query(host, "SELECT n FROM drill.written ORDER BY n")
			switch {
			case a.err != nil:
				return fmt.Sprintf("%s: %v: %s", host, a.err, a.out)
			case i == 0:
				first = a.out
			case a.out != first:
				return fmt.Sprintf("%s has %d rows, and not those that %s has, which are %d", host, strings.Count(a.out, "\n"), servers[0], strings.Count(first, "\n"))
			}
		}
		rows = numbers(first)
		return ""
	})
	if compact := slices.Compact(slices.Clone(rows)); len(compact) != len(rows) {
		t.Errorf("%d rows are there twice", len(rows)-len(compact))
	}
	lost := 0
	for _, n := range w.acked {
		if _, found := slices.BinarySearch(rows, n); !found {
			lost++
		}
	}
	if lost > 0 || len(w.acked) == 0 {
		t.Errorf("%d of %d acknowledged rows are lost", lost, len(w.acked))
	}
	t.Logf("%d rows acknowledged, all on %d servers; %d writes refused, none acknowledged for at most %v", len(w.acked), len(servers), w.refused, w.longest.Round(time.Second))
}

func numbers(out string) []int {
	var all []int
	for _, word := range strings.Fields(out) {
		n, _ := strconv.Atoi(word)
		all = append(all, n)
	}
	return all
}
