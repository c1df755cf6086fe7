package check

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Scope says how much of the repository the subjects are.
type Scope int

const (
	// Some overlays: a waiver that none of them needs may be needed by another.
	Some Scope = iota
	// Whole repository: a waiver that nothing needs is a finding.
	Whole
)

// Run applies the rules to every subject, in order, and then the waivers
// found in the subjects' files. Subjects are judged in parallel.
func Run(rules []*Rule, subjects []*Subject, scope Scope) Result {
	verdicts := make([]verdict, len(subjects))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	shared := &sync.Map{}
	for i, subject := range subjects {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			verdicts[i] = judge(rules, subject, shared)
		})
	}
	wait.Wait()

	result := Result{Rules: countRules(rules, subjects), Files: map[string][]byte{}}
	for i, v := range verdicts {
		result.Judged = append(result.Judged, v.Judged)
		result.Findings = append(result.Findings, v.findings...)
		result.Skips = append(result.Skips, v.skips...)
		result.Evidence = append(result.Evidence, v.evidence...)
		maps.Copy(result.Files, subjects[i].Files)
	}
	applyWaivers(&result, rules, subjects, scope)
	slices.SortStableFunc(result.Findings, compareFindings)
	slices.SortStableFunc(result.Waived, func(a, b Waived) int { return compareFindings(a.Finding, b.Finding) })
	slices.SortStableFunc(result.Skips, func(a, b Skip) int {
		return cmp.Or(strings.Compare(a.Overlay, b.Overlay), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Reason, b.Reason))
	})
	return result
}

type verdict struct {
	Judged
	findings []Finding
	skips    []Skip
	evidence []Evidence
}

// concerns reports whether rule judges subject.
func concerns(rule *Rule, subject *Subject) bool {
	live := subject.Live != nil || subject.LiveErr != nil
	switch rule.Needs {
	case Live:
		return live
	case Objects:
		return !live
	}
	return true
}

// countRules counts the rules that judge any of the subjects.
func countRules(rules []*Rule, subjects []*Subject) int {
	n := 0
	for _, rule := range rules {
		if slices.ContainsFunc(subjects, func(s *Subject) bool { return concerns(rule, s) }) {
			n++
		}
	}
	return n
}

func judge(rules []*Rule, subject *Subject, shared *sync.Map) verdict {
	subject.memo, subject.shared = map[any]any{}, shared
	v := verdict{Judged: Judged{Overlay: subject.Overlay, Objects: len(subject.Objects)}}
	found := map[*Rule]bool{}
	for _, rule := range rules {
		if rule.Needs == Waivers || !concerns(rule, subject) {
			continue
		}
		pass := &Pass{Subject: subject, rule: rule}
		if reason := muted(rule, subject, found); reason != "" {
			pass.Skip("%s", reason)
		} else {
			rule.Check(pass)
		}
		found[rule] = len(pass.findings) > 0
		if !found[rule] && len(pass.skips) == 0 {
			v.Held++
		}
		v.findings = append(v.findings, pass.findings...)
		v.skips = append(v.skips, pass.skips...)
		v.Notes = append(v.Notes, pass.notes...)
		v.evidence = append(v.evidence, pass.evidence...)
	}
	return v
}

// muted says why rule cannot be judged, or "".
func muted(rule *Rule, subject *Subject, found map[*Rule]bool) string {
	if rule.Needs != Problems && !subject.Built() {
		return "the overlay was not built"
	}
	if rule.Needs == Live && subject.LiveErr != nil {
		return subject.LiveErr.Error()
	}
	for _, required := range rule.Requires {
		if found[required] {
			return fmt.Sprintf("%s has findings", required.ID)
		}
	}
	return ""
}

func compareFindings(a, b Finding) int {
	return cmp.Or(
		a.Pos.Compare(b.Pos), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message),
		strings.Compare(a.Overlay, b.Overlay), compareRefs(a.Object, b.Object), strings.Compare(a.Path, b.Path),
	)
}

func compareRefs(a, b manifest.Ref) int {
	return cmp.Or(strings.Compare(a.APIVersion, b.APIVersion), strings.Compare(a.Kind, b.Kind),
		strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}
