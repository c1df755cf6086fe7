// Package checktest runs a rule on its examples: real kustomizations, with
// the finding that is wanted written as a comment on the line to blame:
//
//	replicas: 2 # want `asks for 3 replicas`
//
// A finding for which no file is to blame is wanted with
//
//	# want nowhere `the node is not Ready`
//
// An overlay with a file snapshot.json is judged twice: as it is written, and
// as that Snapshot shows it in a cluster. Probe Jobs are in a directory probes.
//
// The text between the back quotes is a regular expression for the message.
// A finding that is not wanted fails the test, and so does a want without one.
package checktest

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cluster"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// Good judges the overlays below dir with all rules and wants no finding, and
// nobody to ask for a position, which costs a second build, without one.
func Good(t *testing.T, all []*check.Rule, dir string) {
	t.Helper()
	judged := subjects(t, dir)
	var asked atomic.Pointer[[]byte]
	for _, subject := range judged {
		for i, o := range subject.Objects {
			subject.Objects[i].Source = watched{o.Source, &asked}
		}
	}
	result := check.Run(all, judged, check.Whole)
	if who := asked.Load(); who != nil && len(result.Findings)+len(result.Waived) == 0 {
		t.Errorf("%s: a position was asked for, though nothing was found:\n%s", dir, *who)
	}
	for _, f := range result.Findings {
		t.Errorf("%s: unwanted finding: %s [%s]", f.Pos, f.Message, f.Rule)
	}
	for _, s := range result.Skips {
		t.Errorf("%s: not judged: %s [%s]", s.Overlay, s.Reason, s.Rule)
	}
}

// watched is a source that keeps who asked it last.
type watched struct {
	manifest.Source
	asked *atomic.Pointer[[]byte]
}

func (w watched) Locate(path manifest.Path) manifest.Blame {
	stack := debug.Stack()
	w.asked.Store(&stack)
	return w.Source.Locate(path)
}

// Bad judges the overlays below dir with all rules and wants of rule exactly
// the findings that the files ask for, and at least one.
func Bad(t *testing.T, all []*check.Rule, rule *check.Rule, dir string) {
	t.Helper()
	judged := subjects(t, dir)
	result := check.Run(all, judged, check.Whole)
	wants := collectWants(t, result.Files)
	if len(wants) == 0 {
		t.Errorf("%s: no file has a want comment", dir)
	}
	for _, f := range result.Findings {
		if f.Rule != rule.ID {
			continue
		}
		place := fmt.Sprintf("%s:%d", f.Pos.File, f.Pos.Line)
		if w := wants[place]; w == nil || !w.pattern.MatchString(f.Message) {
			t.Errorf("%s: unwanted finding: %s [%s]", f.Pos, f.Message, f.Rule)
		} else {
			w.met = true
		}
	}
	for _, place := range slices.Sorted(maps.Keys(wants)) {
		if !wants[place].met {
			t.Errorf("%s: no finding of %s matches %q", place, rule.ID, wants[place].pattern)
		}
	}
}

func subjects(t *testing.T, dir string) []*check.Subject {
	t.Helper()
	overlays, err := overlay.Find(dir)
	if err != nil || len(overlays) == 0 {
		t.Fatalf("%s: no overlay found (%v)", dir, err)
	}
	repository := overlay.Open(dir)
	var all []*check.Subject
	for _, o := range overlays {
		built, err := repository.Build(o)
		if err != nil {
			t.Fatalf("%s/%s: %v", dir, o, err)
		}
		subject := check.Subject{
			Overlay: o, Objects: built.Objects, Problems: built.Problems, Files: built.Files, Versions: schema.Versions,
			Remarks: built.Remarks, Annotations: built.Annotations, Repository: repository,
		}
		all = append(all, &subject)
		if snapshot := load(t, filepath.Join(dir, o, "snapshot.json")); snapshot != nil {
			live := subject
			live.Live = snapshot
			addProbes(t, &live, dir)
			all = append(all, &live)
		}
	}
	return all
}

// addProbes adds the probe Jobs of an example, where it has some.
func addProbes(t *testing.T, s *check.Subject, dir string) {
	t.Helper()
	if kind, err := overlay.KindOf(dir, "probes"); err != nil || kind == overlay.None {
		return
	}
	built, err := overlay.Build(dir, "probes")
	if err != nil {
		t.Fatal(err)
	}
	s.Probes, s.ProbeDir = built.Objects, built.Dir
	s.Files = maps.Clone(s.Files)
	maps.Copy(s.Files, built.Files)
}

// load reads a recorded Snapshot; nil says that there is none.
func load(t *testing.T, file string) *check.Snapshot {
	t.Helper()
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := cluster.Decode(data)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return snapshot
}

type want struct {
	pattern *regexp.Regexp
	met     bool
}

var wantComment = regexp.MustCompile("# want( nowhere)? `([^`]+)`")

// nowhere is the place of a finding without one.
const nowhere = ":0"

// collectWants finds the want comments, by file:line.
func collectWants(t *testing.T, files map[string][]byte) map[string]*want {
	t.Helper()
	wants := map[string]*want{}
	for file, content := range files {
		for i, line := range strings.Split(string(content), "\n") {
			match := wantComment.FindStringSubmatch(line)
			if match == nil {
				continue
			}
			pattern, err := regexp.Compile(match[2])
			if err != nil {
				t.Fatalf("%s:%d: %v", file, i+1, err)
			}
			place := fmt.Sprintf("%s:%d", file, i+1)
			if match[1] != "" {
				place = nowhere
			}
			wants[place] = &want{pattern: pattern}
		}
	}
	return wants
}
