package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// Text writes r for people: every finding with its source line and a caret,
// what was judged of each overlay, one line that sums it up.
func Text(w io.Writer, r check.Result, colour bool) error {
	t := &textWriter{result: r, style: plain}
	if colour {
		t.style = ansi
	}
	t.evidence()
	shown := groupByPlace(r.Findings)
	for _, g := range shown {
		t.finding(g)
	}
	t.judged()
	t.summary(shown)
	_, err := io.WriteString(w, t.String())
	return err
}

// Skips writes what was not judged, one line for each reason.
func Skips(w io.Writer, r check.Result) error {
	for rest := r.Skips; len(rest) > 0; {
		first := rest[0]
		var rules []string
		rest = slices.DeleteFunc(slices.Clone(rest), func(s check.Skip) bool {
			same := s.Overlay == first.Overlay && s.Reason == first.Reason
			if same {
				rules = append(rules, s.Rule)
			}
			return same
		})
		if _, err := fmt.Fprintf(w, "not judged: %s: %s: %s\n", first.Overlay, strings.Join(rules, ", "), first.Reason); err != nil {
			return err
		}
	}
	return nil
}

// A group is one finding, in all the overlays that have it: a mistake in a
// base is shown once.
type group struct {
	check.Finding
	overlays []string
}

// isLocal reports whether the line stands in the only overlay that has the
// finding, so that its place says it all.
func (g group) isLocal() bool {
	return len(g.overlays) == 1 && strings.HasPrefix(g.Pos.File, g.overlays[0]+"/")
}

func groupByPlace(findings []check.Finding) []group {
	var groups []group
	for _, f := range findings {
		same := slices.IndexFunc(groups, func(g group) bool {
			return g.Pos == f.Pos && g.Rule == f.Rule && g.Message == f.Message && g.Object.String() == f.Object.String()
		})
		if same < 0 {
			groups = append(groups, group{Finding: f})
			same = len(groups) - 1
		}
		if !slices.Contains(groups[same].overlays, f.Overlay) {
			groups[same].overlays = append(groups[same].overlays, f.Overlay)
		}
	}
	return groups
}

type textWriter struct {
	strings.Builder
	result check.Result
	style  style
}

// evidence writes what the cluster showed of what holds.
func (t *textWriter) evidence() {
	table := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, e := range t.result.Evidence {
		subject := e.Overlay
		if e.Object.Kind != "" {
			subject = e.Object.String()
		}
		fmt.Fprintf(table, "%s\t%s\t$ %s\n", subject, e.Seen, e.Command)
	}
	table.Flush()
	if len(t.result.Evidence) > 0 {
		t.WriteString("\n")
	}
}

func (t *textWriter) finding(g group) {
	subject := ""
	if g.Object.Kind != "" {
		subject = g.Object.String() + ": "
	}
	place := g.Pos.String()
	if place == "" {
		place = "(no file)"
	}
	fmt.Fprintf(t, "%s: %s%s %s\n", t.style.place(place), subject, t.style.message(g.Message), t.style.rule("["+g.Rule+"]"))
	t.WriteString(snippet(t.result.Files[g.Pos.File], g.Pos, t.style))
	for _, line := range g.Observed {
		fmt.Fprintf(t, "    %s\n", line)
	}
	for _, related := range g.Related {
		fmt.Fprintf(t, "    %s: %s\n", related.Pos, related.Message)
	}
	if !g.isLocal() {
		fmt.Fprintf(t, "    in %s\n", strings.Join(g.overlays, ", "))
	}
	t.WriteString("\n")
}

func (t *textWriter) judged() {
	table := tabwriter.NewWriter(t, 0, 0, 2, ' ', 0)
	for _, j := range t.result.Judged {
		if j.Objects == 0 {
			fmt.Fprintf(table, "%s\tnot built\n", j.Overlay)
			continue
		}
		cells := []string{j.Overlay, check.Count(j.Objects, "object")}
		if len(j.Notes) > 0 {
			cells = append(cells, strings.Join(j.Notes, "; "))
		}
		fmt.Fprintln(table, strings.Join(cells, "\t"))
	}
	table.Flush()
}

func (t *textWriter) summary(shown []group) {
	broken := map[string]bool{}
	for _, g := range shown {
		broken[g.Rule] = true
	}
	for _, skip := range t.result.Skips {
		broken[skip.Rule] = true
	}
	parts := []string{
		check.Count(len(shown), "finding"),
		fmt.Sprintf("%d of %s held", t.result.Rules-len(broken), check.Count(t.result.Rules, "rule")),
	}
	if n := len(t.result.Waived); n > 0 {
		parts = append(parts, fmt.Sprintf("%d waived", n))
	}
	if n := len(t.result.Skips); n > 0 {
		parts = append(parts, fmt.Sprintf("%d not judged", n))
	}
	line := strings.Join(parts, ", ") + " in " + check.Count(len(t.result.Judged), "overlay")
	if len(shown) > 0 {
		line += "; to see why: labcheck explain " + shown[0].Rule
	}
	fmt.Fprintln(t, t.style.summary(line, len(broken) == 0))
}
