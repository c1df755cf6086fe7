package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diff"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Diff is what a change of the repository does to its overlays.
type Diff struct {
	Base     string // the revision that is compared with
	Overlays []OverlayDiff
	Files    map[string][]byte // of the new side, by path
}

// An OverlayDiff is what a change does to one overlay.
type OverlayDiff struct {
	Overlay string
	Changes []diff.Change
	Skips   []string // what could not be compared, and why
}

// Dangers is how many there are.
func (d Diff) Dangers() int {
	n := 0
	for _, o := range d.Overlays {
		for _, c := range o.Changes {
			n += len(c.Dangers)
		}
	}
	return n
}

// Skipped reports whether something could not be compared.
func (d Diff) Skipped() bool {
	return slices.ContainsFunc(d.Overlays, func(o OverlayDiff) bool { return len(o.Skips) > 0 })
}

// DiffSkips writes what was not compared, one line for each reason.
func DiffSkips(w io.Writer, d Diff) error {
	for _, o := range d.Overlays {
		for _, reason := range o.Skips {
			if _, err := fmt.Fprintf(w, "not compared: %s: %s\n", o.Overlay, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// DiffText writes d for people: the dangers with their source lines first, then
// what changes as unified diffs, then a line that sums it up. A change that
// several overlays have is shown once.
func DiffText(w io.Writer, d Diff, colour bool) error {
	t := &diffWriter{diff: d, style: plain}
	if colour {
		t.style = ansi
	}
	groups, err := t.groups()
	if err != nil {
		return err
	}
	dangers := t.dangers()
	for _, d := range dangers {
		t.danger(d)
	}
	for _, g := range groups {
		fmt.Fprintf(t, "%s %s in %s\n", g.Action, g.Object(), strings.Join(g.overlays, ", "))
		t.WriteString(t.coloured(g.unified) + "\n")
	}
	t.summary(groups, dangers)
	_, err = io.WriteString(w, t.String())
	return err
}

type diffWriter struct {
	strings.Builder
	diff  Diff
	style style
}

// A diffGroup is one change, in all the overlays that have it.
type diffGroup struct {
	diff.Change
	unified  string
	overlays []string
}

// groups joins equal changes, those with dangers first.
func (t *diffWriter) groups() ([]diffGroup, error) {
	var groups []diffGroup
	for _, o := range t.diff.Overlays {
		for _, c := range o.Changes {
			unified, err := c.Unified(t.diff.Base)
			if err != nil {
				return nil, fmt.Errorf("writing %s: %w", c.Object(), err)
			}
			same := slices.IndexFunc(groups, func(g diffGroup) bool {
				return g.unified == unified && g.Action == c.Action
			})
			if same < 0 {
				groups = append(groups, diffGroup{Change: c, unified: unified})
				same = len(groups) - 1
			}
			groups[same].overlays = append(groups[same].overlays, o.Overlay)
		}
	}
	slices.SortStableFunc(groups, func(a, b diffGroup) int { return min(1, len(b.Dangers)) - min(1, len(a.Dangers)) })
	return groups, nil
}

// A dangerGroup is one danger, in all the overlays that have it.
type dangerGroup struct {
	diff.Danger
	object   manifest.Ref
	overlays []string
}

func (t *diffWriter) dangers() []dangerGroup {
	var groups []dangerGroup
	for _, o := range t.diff.Overlays {
		for _, c := range o.Changes {
			for _, d := range c.Dangers {
				same := slices.IndexFunc(groups, func(g dangerGroup) bool {
					return g.Message == d.Message && g.Pos == d.Pos && g.object == c.Object()
				})
				if same < 0 {
					groups = append(groups, dangerGroup{Danger: d, object: c.Object()})
					same = len(groups) - 1
				}
				groups[same].overlays = append(groups[same].overlays, o.Overlay)
			}
		}
	}
	return groups
}

func (t *diffWriter) danger(g dangerGroup) {
	files := t.diff.Files
	if g.InBase {
		files = nil
	}
	fmt.Fprintf(t, "%s: %s: %s %s\n", t.style.place(g.Place(t.diff.Base)), g.object, t.style.message(g.Message), t.style.rule("["+string(g.Kind)+"]"))
	t.WriteString(snippet(files[g.Pos.File], g.Pos, t.style))
	if g.Advice != "" {
		fmt.Fprintf(t, "    %s\n", g.Advice)
	}
	fmt.Fprintf(t, "    in %s\n\n", strings.Join(g.overlays, ", "))
}

// coloured paints the lines of a unified diff.
func (t *diffWriter) coloured(unified string) string {
	if t.style == plain {
		return unified
	}
	var b strings.Builder
	for line := range strings.Lines(unified) {
		text := strings.TrimSuffix(line, "\n")
		switch text[:1] {
		case "-":
			text = t.style.red + text + t.style.reset
		case "+":
			text = t.style.green + text + t.style.reset
		case "@":
			text = t.style.dim + text + t.style.reset
		}
		b.WriteString(text + "\n")
	}
	return b.String()
}

func (t *diffWriter) summary(changes []diffGroup, dangers []dangerGroup) {
	line := fmt.Sprintf("%s, %s since %s in %s", check.Count(len(changes), "change"), check.Count(len(dangers), "danger"), t.diff.Base, check.Count(len(t.diff.Overlays), "overlay"))
	fmt.Fprintln(t, t.style.summary(line, len(dangers) == 0))
}
