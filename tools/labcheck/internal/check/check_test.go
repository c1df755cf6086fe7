package check

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// at is a source that blames one line for everything.
type at manifest.Pos

func (a at) Locate(manifest.Path) manifest.Blame { return manifest.Blame{Pos: manifest.Pos(a)} }

func object(line int) manifest.Object {
	return manifest.Object{Ref: manifest.Ref{Kind: "Pod", Name: "p"}, Source: at{File: "pod.yaml", Line: line}}
}

// reports is a rule that reports the first object of a subject.
func reports(id string, requires ...*Rule) *Rule {
	return &Rule{ID: id, Title: "t", Doc: "d", Requires: requires, Check: func(p *Pass) {
		p.Report(p.Objects[0], manifest.Path{"spec"}, "wrong")
	}}
}

var waivers = &Rule{ID: "waivers", Title: "t", Doc: "d", Needs: Waivers}

func subject(overlay, file string, line int) *Subject {
	return &Subject{Overlay: overlay, Objects: []manifest.Object{object(line)}, Files: map[string][]byte{"pod.yaml": []byte(file)}}
}

func TestRequiresMutesAndSaysSo(t *testing.T) {
	cause := reports("cause")
	r := Run([]*Rule{cause, reports("effect", cause)}, []*Subject{subject("o", "", 1)}, Whole)
	if len(r.Findings) != 1 || r.Findings[0].Rule != "cause" {
		t.Errorf("findings: %+v", r.Findings)
	}
	if len(r.Skips) != 1 || r.Skips[0] != (Skip{Rule: "effect", Overlay: "o", Reason: "cause has findings"}) {
		t.Errorf("skips: %+v", r.Skips)
	}
}

func TestUnbuiltOverlayIsSkippedNotPassed(t *testing.T) {
	s := &Subject{Overlay: "o", Problems: []manifest.Problem{{Message: "broken"}}}
	r := Run([]*Rule{reports("any")}, []*Subject{s}, Whole)
	if len(r.Skips) != 1 || len(r.Findings) != 0 || r.Judged[0].Held != 0 {
		t.Errorf("%+v", r)
	}
}

func TestSubjectsAreJudgedInParallelAndReportedInOrder(t *testing.T) {
	var subjects []*Subject
	for i := range 100 {
		subjects = append(subjects, subject(fmt.Sprintf("overlay-%03d", i), "", 1))
	}
	r := Run([]*Rule{reports("any"), waivers}, subjects, Whole)
	for i, f := range r.Findings {
		if want := fmt.Sprintf("overlay-%03d", i); f.Overlay != want || r.Judged[i].Overlay != want {
			t.Fatalf("finding %d is of %s, want %s", i, f.Overlay, want)
		}
	}
	if len(r.Findings) != len(subjects) {
		t.Errorf("%d findings, want %d", len(r.Findings), len(subjects))
	}
}

func TestMemoComputesOncePerSubject(t *testing.T) {
	calls := 0
	rule := func(id string) *Rule {
		return &Rule{ID: id, Check: func(p *Pass) { Memo(p, "key", func() int { calls++; return calls }) }}
	}
	Run([]*Rule{rule("a"), rule("b")}, []*Subject{subject("o", "", 1)}, Whole)
	if calls != 1 {
		t.Errorf("computed %d times", calls)
	}
}

func TestSharedComputesOnceForAllSubjects(t *testing.T) {
	var calls atomic.Int32
	rule := &Rule{ID: "a", Check: func(p *Pass) {
		for _, key := range []string{"x", "y"} {
			if got := Shared(p, key, func() string { calls.Add(1); return key }); got != key {
				t.Errorf("got %s for %s", got, key)
			}
		}
	}}
	Run([]*Rule{rule}, []*Subject{subject("o", "", 1), subject("p", "", 1), subject("q", "", 1)}, Whole)
	if calls.Load() != 2 {
		t.Errorf("computed %d times, want 2", calls.Load())
	}
}

func TestWaivers(t *testing.T) {
	rules := []*Rule{reports("a-rule"), waivers}
	for name, c := range map[string]struct {
		file   string
		line   int
		waived int
		want   string // the waiver finding, "" for none
	}{
		"same line":       {"kind: Pod # labcheck:allow a-rule -- it is a test", 1, 1, ""},
		"line above":      {"# labcheck:allow a-rule -- it is a test\nkind: Pod", 2, 1, ""},
		"above a comment": {"# labcheck:allow a-rule -- it is a test\n# a Pod\nkind: Pod", 3, 1, ""},
		"no reason":       {"kind: Pod # labcheck:allow a-rule", 1, 0, "gives no reason"},
		"no dashes":       {"kind: Pod # labcheck:allow a-rule because", 1, 0, "gives no reason"},
		"unknown rule":    {"kind: Pod # labcheck:allow b-rule -- it is a test", 1, 0, "names no rule"},
		"other line":      {"kind: Pod # labcheck:allow a-rule -- it is a test\n", 2, 0, "not needed"},
		"quoted in text":  {"kind: Pod # see labcheck:allowed", 1, 0, ""},
	} {
		r := Run(rules, []*Subject{subject("o", c.file, c.line)}, Whole)
		if len(r.Waived) != c.waived {
			t.Errorf("%s: %d waived, want %d", name, len(r.Waived), c.waived)
		}
		got := ""
		for _, f := range r.Findings {
			if f.Rule == "waivers" {
				got = f.Message
			}
		}
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: waiver finding %q, want %q", name, got, c.want)
		}
	}
}

func TestUnusedWaiverIsFoundOnlyInAWholeRepository(t *testing.T) {
	file := "kind: Pod # labcheck:allow a-rule -- another overlay needs it"
	for scope, want := range map[Scope]int{Whole: 1, Some: 0} {
		s := subject("o", file, 2)
		if r := Run([]*Rule{{ID: "a-rule", Check: func(*Pass) {}}, waivers}, []*Subject{s}, scope); len(r.Findings) != want {
			t.Errorf("scope %v: %d findings, want %d", scope, len(r.Findings), want)
		}
	}
}

func TestValidate(t *testing.T) {
	good, late := reports("good"), reports("late")
	for want, rules := range map[string][]*Rule{
		"not kebab-case": {reports("Bad_ID")},
		"two rules":      {good, good},
		"no title":       {{ID: "a", Doc: "d", Check: good.Check}},
		"no page":        {{ID: "a", Title: "t", Check: good.Check}},
		"no Check":       {{ID: "a", Title: "t", Doc: "d"}},
		"come before":    {reports("early", late), late},
	} {
		if err := Validate(rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if err := Validate([]*Rule{good, reports("next", good), waivers}); err != nil {
		t.Error(err)
	}
}

func TestBeforeValue(t *testing.T) {
	for _, c := range []struct {
		line, key    string
		column, want int
	}{
		{"          imgae: nginx", "imgae", 18, 11},
		{`  - {"a b": 1, c: 2}`, "a b", 13, 6},
		{`  - {"a b": 1, c: 2}`, "c", 19, 16},
		{"data:", "data", 1, 1},        // a mapping: its place is its key
		{"  - x: 1", "y", 8, 8},        // another key's value
		{"key: key: x", "key", 99, 99}, // no such column
	} {
		got := beforeValue([]byte(c.line), manifest.Pos{File: "f", Line: 1, Column: c.column}, c.key)
		if got.Column != c.want {
			t.Errorf("%s in %q at %d: got %d, want %d", c.key, c.line, c.column, got.Column, c.want)
		}
	}
}
