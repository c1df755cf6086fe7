package check

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A waiver allows the findings of one rule on its own line or, where it has a
// line to itself, on the next line that is not a comment.
type waiver struct {
	rule   string
	reason string
	pos    manifest.Pos // of the comment
	line   int          // the line it speaks of
	used   bool
}

var waiverComment = regexp.MustCompile(`(^|\s)#\s*labcheck:allow\b[ \t]*([^\s]*)[ \t]*(.*)$`)

// applyWaivers moves the findings that a waiver allows out of result.Findings
// and reports waivers that are malformed or, in a whole repository, unused.
func applyWaivers(result *Result, rules []*Rule, subjects []*Subject, scope Scope) {
	at := slices.IndexFunc(rules, func(r *Rule) bool { return r.Needs == Waivers })
	if at < 0 {
		return
	}
	waivers := collectWaivers(result.Files)
	result.Findings = slices.DeleteFunc(result.Findings, func(f Finding) bool {
		w := findWaiver(waivers, f)
		if w == nil {
			return false
		}
		w.used = true
		result.Waived = append(result.Waived, Waived{Finding: f, Reason: w.reason})
		return true
	})
	judged := fullyJudged(rules, subjects, result.Skips)
	for _, w := range waivers {
		message := w.fault(rules)
		if message == "" && scope == Whole && !w.used && judged[w.rule] {
			message = fmt.Sprintf("the waiver for %q is not needed: the rule holds on line %d; remove the comment", w.rule, w.line)
		}
		if message != "" {
			result.Findings = append(result.Findings, Finding{
				Rule: rules[at].ID, Overlay: firstReader(subjects, w.pos.File), Message: message, Pos: w.pos,
			})
		}
	}
}

func collectWaivers(files map[string][]byte) []*waiver {
	var waivers []*waiver
	for _, file := range slices.Sorted(maps.Keys(files)) {
		lines := strings.Split(string(files[file]), "\n")
		for i, line := range lines {
			match := waiverComment.FindStringSubmatchIndex(line)
			if match == nil {
				continue
			}
			w := &waiver{rule: line[match[4]:match[5]], line: subjectLine(lines, i)}
			w.pos = manifest.Pos{File: file, Line: i + 1, Column: match[0] + strings.Index(line[match[0]:], "#") + 1}
			if reason, ok := strings.CutPrefix(line[match[6]:match[7]], "--"); ok {
				w.reason = strings.TrimSpace(reason)
			}
			waivers = append(waivers, w)
		}
	}
	return waivers
}

// subjectLine is the number of the line that a comment on lines[i] speaks of.
func subjectLine(lines []string, i int) int {
	for isComment(lines[i]) && i+1 < len(lines) {
		i++
	}
	return i + 1
}

func isComment(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") }

func findWaiver(waivers []*waiver, f Finding) *waiver {
	for _, w := range waivers {
		if w.rule == f.Rule && w.reason != "" && w.pos.File == f.Pos.File && w.line == f.Pos.Line {
			return w
		}
	}
	return nil
}

func (w *waiver) fault(rules []*Rule) string {
	switch {
	case !slices.ContainsFunc(rules, func(r *Rule) bool { return r.ID == w.rule }):
		return fmt.Sprintf("the waiver names no rule: %q; write # labcheck:allow <rule> -- <reason>", w.rule)
	case w.reason == "":
		return fmt.Sprintf("the waiver for %q gives no reason; write # labcheck:allow %s -- <reason>", w.rule, w.rule)
	}
	return ""
}

// fullyJudged tells which rules were judged everywhere.
func fullyJudged(rules []*Rule, subjects []*Subject, skips []Skip) map[string]bool {
	judged := map[string]bool{}
	for _, rule := range rules {
		judged[rule.ID] = !slices.ContainsFunc(subjects, func(s *Subject) bool { return !concerns(rule, s) })
	}
	for _, skip := range skips {
		judged[skip.Rule] = false
	}
	return judged
}

func firstReader(subjects []*Subject, file string) string {
	for _, s := range subjects {
		if _, ok := s.Files[file]; ok {
			return s.Overlay
		}
	}
	return ""
}
