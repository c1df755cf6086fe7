package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diff"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// jsonDiff is the document of labcheck diff -o json, version labcheck/v1.
type jsonDiff struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Base       string            `json:"base"`
	Overlays   []jsonOverlayDiff `json:"overlays"`
	Summary    jsonDiffSummary   `json:"summary"`
}

type jsonOverlayDiff struct {
	Overlay string       `json:"overlay"`
	Changes []jsonChange `json:"changes"`
	Skips   []string     `json:"skips"`
}

type jsonChange struct {
	Action  diff.Action   `json:"action"`
	Object  manifest.Ref  `json:"object"`
	Was     *manifest.Ref `json:"was,omitempty"` // the old name of a renamed object
	Dangers []jsonDanger  `json:"dangers"`
	Fields  []jsonField   `json:"fields"`
	Unified string        `json:"unified"`
}

type jsonDanger struct {
	Kind     diff.Kind    `json:"kind"`
	Message  string       `json:"message"`
	Advice   string       `json:"advice,omitempty"`
	Refused  bool         `json:"refused"`
	Path     string       `json:"path,omitempty"`
	InBase   bool         `json:"inBase,omitempty"` // the position is in the base revision
	Position manifest.Pos `json:"position"`
}

type jsonField struct {
	Path     string       `json:"path"`
	InBase   bool         `json:"inBase,omitempty"`
	Position manifest.Pos `json:"position"`
}

type jsonDiffSummary struct {
	Changes int `json:"changes"`
	Dangers int `json:"dangers"`
}

// DiffJSON writes d as one labcheck/v1 Diff. Lists are never null, and values
// stand only in the unified diff, where those of Secrets are hidden.
func DiffJSON(w io.Writer, d Diff) error {
	document := jsonDiff{APIVersion: "labcheck/v1", Kind: "Diff", Base: d.Base, Overlays: []jsonOverlayDiff{}, Summary: jsonDiffSummary{Dangers: d.Dangers()}}
	for _, o := range d.Overlays {
		overlay := jsonOverlayDiff{Overlay: o.Overlay, Changes: []jsonChange{}, Skips: append([]string{}, o.Skips...)}
		for _, c := range o.Changes {
			change, err := changeToJSON(c, d.Base)
			if err != nil {
				return err
			}
			overlay.Changes = append(overlay.Changes, change)
		}
		document.Summary.Changes += len(o.Changes)
		document.Overlays = append(document.Overlays, overlay)
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(document)
}

func changeToJSON(c diff.Change, base string) (jsonChange, error) {
	unified, err := c.Unified(base)
	if err != nil {
		return jsonChange{}, fmt.Errorf("writing %s: %w", c.Object(), err)
	}
	j := jsonChange{Action: c.Action, Object: c.Object(), Dangers: []jsonDanger{}, Fields: []jsonField{}, Unified: unified}
	if c.Action == diff.Renamed {
		j.Was = &c.Old.Ref
	}
	for _, d := range c.Dangers {
		j.Dangers = append(j.Dangers, jsonDanger{d.Kind, d.Message, d.Advice, d.Refused, d.Path.String(), d.InBase, d.Pos})
	}
	for _, f := range c.Fields {
		j.Fields = append(j.Fields, jsonField{f.Path().String(), f.New == nil, f.Locate(c.Old, c.New)})
	}
	return j, nil
}

// DiffMarkdown writes d for a comment on a pull request: the dangers, then every
// change to unfold.
func DiffMarkdown(w io.Writer, d Diff) error {
	t := &diffWriter{diff: d, style: plain}
	groups, err := t.groups()
	if err != nil {
		return err
	}
	dangers := t.dangers()
	fmt.Fprintf(t, "### %s and %s since `%s`\n\n", check.Count(len(groups), "change"), check.Count(len(dangers), "danger"), d.Base)
	for _, g := range dangers {
		fmt.Fprintf(t, "- :warning: **%s** `%s` at `%s`: %s\n", g.Kind, g.object, g.Place(d.Base), g.Message)
		if g.Advice != "" {
			fmt.Fprintf(t, "  %s\n", g.Advice)
		}
	}
	for _, g := range groups {
		fmt.Fprintf(t, "\n<details><summary>%s <code>%s</code> in %s</summary>\n\n```diff\n%s```\n</details>\n", g.Action, g.Object(), strings.Join(g.overlays, ", "), g.unified)
	}
	_, err = io.WriteString(w, t.String())
	return err
}
