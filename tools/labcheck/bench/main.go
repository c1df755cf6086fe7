// Bench measures what labcheck costs, side by side with kubectl kustomize and
// kubeconform on the same overlays, and writes docs/cost.md. Both have the
// same schemas, on disk, and use no network. With --compile, labcheck is built
// with an empty build cache, which takes minutes of all processors.
package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

const (
	rounds  = 7
	overlay = "overlays/minikube"
	page    = "docs/cost.md"
)

func main() {
	compile := flag.Bool("compile", false, "measure the first build of labcheck too")
	flag.Parse()
	if err := run(*compile); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(compile bool) error {
	dir, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	m := &machine{dir: dir, labcheck: filepath.Join(dir, "labcheck"), kubeconform: filepath.Join(dir, "kubeconform")}
	before := load()
	built, err := m.build(compile)
	if err != nil {
		return err
	}
	first, overlays, err := m.firstRun()
	if err != nil {
		return err
	}
	one, err := m.compare([]string{overlay})
	if err != nil {
		return err
	}
	all, err := m.compare(overlays)
	if err != nil {
		return err
	}
	m.write(before, built, first, len(overlays), one, all)
	return os.WriteFile(page, m.page.Bytes(), 0o644)
}

// A machine has what is measured, built, below dir.
type machine struct {
	dir, labcheck, kubeconform string
	schemas                    string // where labcheck has written its schemas
	page                       bytes.Buffer
}

// cpu runs a command and returns the CPU time, user and system, of it and all
// that it started.
func cpu(cmd *exec.Cmd) (time.Duration, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", cmd, err, &stderr)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// build builds both tools, labcheck from nothing if asked to, and returns the
// CPU time that labcheck took.
func (m *machine) build(fromNothing bool) (time.Duration, error) {
	if _, err := cpu(exec.Command("go", "build", "-ldflags=-w", "-o", m.kubeconform, "github.com/yannh/kubeconform/cmd/kubeconform")); err != nil {
		return 0, err
	}
	cmd := exec.Command("go", "build", "-ldflags=-w", "-o", m.labcheck, "./tools/labcheck")
	if fromNothing {
		cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(m.dir, "build"))
	}
	took, err := cpu(cmd)
	if !fromNothing {
		took = 0
	}
	return took, err
}

// check is labcheck on overlays, on all where none is named, with a cache
// directory of its own.
func (m *machine) check(overlays ...string) *exec.Cmd {
	cmd := exec.Command(m.labcheck, overlays...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(m.dir, "user"))
	return cmd
}

// firstRun lets labcheck write its schemas to the cache directory, and returns
// what that took and the overlays it judged.
func (m *machine) firstRun() (time.Duration, []string, error) {
	cmd := m.check("--output", "json")
	var out bytes.Buffer
	cmd.Stdout = &out
	took, err := cpu(cmd)
	if err != nil {
		return 0, nil, err
	}
	written, err := filepath.Glob(filepath.Join(m.dir, "user/labcheck/schemas/*"))
	if err != nil || len(written) != 1 {
		return 0, nil, fmt.Errorf("labcheck wrote no schemas, or more than one set: %q %w", written, err)
	}
	m.schemas = written[0]
	var report struct{ Overlays []string }
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return 0, nil, err
	}
	return took, report.Overlays, nil
}

// A comparison is the median CPU time of each.
type comparison struct{ labcheck, kustomize, kubeconform time.Duration }

// compare judges the overlays with both, in turns, so that whatever else the
// machine does meets both.
func (m *machine) compare(overlays []string) (comparison, error) {
	var labcheck, kustomize, kubeconform []time.Duration
	for range rounds {
		ours, err := cpu(m.check(overlays...))
		if err != nil {
			return comparison{}, err
		}
		var builds, judges time.Duration
		for _, overlay := range overlays {
			build, judge, err := m.pair(overlay)
			if err != nil {
				return comparison{}, err
			}
			builds, judges = builds+build, judges+judge
		}
		labcheck, kustomize, kubeconform = append(labcheck, ours), append(kustomize, builds), append(kubeconform, judges)
	}
	return comparison{median(labcheck), median(kustomize), median(kubeconform)}, nil
}

// pair is kubectl kustomize overlay | kubeconform -strict, for the newest
// Kubernetes alone.
func (m *machine) pair(overlay string) (build, judge time.Duration, err error) {
	var objects bytes.Buffer
	kustomize := exec.Command("kubectl", "kustomize", overlay)
	kustomize.Stdout = &objects
	if build, err = cpu(kustomize); err != nil {
		return 0, 0, err
	}
	newest := schema.Versions[len(schema.Versions)-1]
	location := filepath.Join(m.schemas, "{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}_v")
	kubeconform := exec.Command(m.kubeconform, "-strict", "-ignore-missing-schemas",
		"-schema-location", location+newest+".json", "-schema-location", location+"common.json", "-")
	kubeconform.Stdin = &objects
	judge, err = cpu(kubeconform)
	return build, judge, err
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func (m *machine) write(before string, compile, first time.Duration, overlays int, one, all comparison) {
	fmt.Fprintf(&m.page, "# Cost\n\n`make bench` wrote this page: CPU time, user and system together, of whole processes. Median of %d rounds, the two sides in\n"+
		"turns. Go %s, %d processors, load of the machine %s before and %s after.\n\n", rounds, strings.TrimPrefix(runtime.Version(), "go"), runtime.NumCPU(), before, load())
	fmt.Fprintf(&m.page, "| judged | labcheck | kubectl kustomize + kubeconform -strict | labcheck takes |\n|---|---:|---:|---:|\n")
	for _, row := range []struct {
		name string
		comparison
	}{{overlay, one}, {fmt.Sprintf("all %d overlays", overlays), all}} {
		pair := row.kustomize + row.kubeconform
		fmt.Fprintf(&m.page, "| %s | %s | %s + %s = %s | %.2f × |\n", row.name, ms(row.labcheck), ms(row.kustomize), ms(row.kubeconform), ms(pair),
			float64(row.labcheck)/float64(pair))
	}
	fmt.Fprintf(&m.page, "\nlabcheck applies all its rules and judges Kubernetes %s to %s; kubeconform %s alone, with labcheck's own schemas, which\n"+
		"are smaller than those it fetches. The first run of labcheck, which writes the schemas to the user's cache directory, took %s\n"+
		"for all overlays.\n\n", schema.Versions[0], schema.Versions[len(schema.Versions)-1], schema.Versions[len(schema.Versions)-1], ms(first))
	fmt.Fprintf(&m.page, "kubectl is the first on PATH. A cluster's own, which is one program with all of Kubernetes, starts slower than a released one.\n\n")
	kubectl, _ := exec.LookPath("kubectl")
	fmt.Fprintf(&m.page, "| program | size |\n|---|---:|\n| labcheck | %s |\n| kubectl | %s |\n| kubeconform | %s |\n\n", size(m.labcheck), size(kubectl), size(m.kubeconform))
	if compile == 0 {
		fmt.Fprintln(&m.page, "The first build of labcheck was not measured: `go run ./tools/labcheck/bench --compile`.")
		return
	}
	fmt.Fprintf(&m.page, "The first build of labcheck, with an empty build cache, took %.0f s of CPU; modules were downloaded before.\n", compile.Seconds())
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

func size(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return "not known"
	}
	return fmt.Sprintf("%.0f MB", float64(info.Size())/1e6)
}

// load is the load average of the last minute, where the system tells it.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return cmp.Or(first, "not known")
}
