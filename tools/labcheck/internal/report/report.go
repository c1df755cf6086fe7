// Package report turns a result into bytes: text for people, JSON for
// programs. It judges nothing and reads nothing.
package report

import (
	"encoding/json"
	"io"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// jsonReport is the document of -o json, version labcheck/v1.
type jsonReport struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Overlays   []string         `json:"overlays"`
	Findings   []jsonFinding    `json:"findings"`
	Skips      []check.Skip     `json:"skips"`
	Waived     []jsonFinding    `json:"waived"`
	Evidence   []check.Evidence `json:"evidence,omitempty"`
	Summary    jsonSummary      `json:"summary"`
}

type jsonFinding struct {
	Rule     string             `json:"rule"`
	Overlay  string             `json:"overlay"`
	Object   *manifest.Ref      `json:"object,omitempty"`
	Path     string             `json:"path,omitempty"`
	Message  string             `json:"message"`
	Position manifest.Pos       `json:"position"`
	Related  []manifest.Related `json:"related"`
	Observed []string           `json:"observed,omitempty"`
	Reason   string             `json:"reason,omitempty"`
}

type jsonSummary struct {
	Objects  int `json:"objects"`
	Rules    int `json:"rules"`
	Findings int `json:"findings"`
}

// JSON writes r as one labcheck/v1 Report. Lists are never null.
func JSON(w io.Writer, r check.Result) error {
	report := jsonReport{
		APIVersion: "labcheck/v1", Kind: "Report",
		Overlays: []string{}, Findings: []jsonFinding{}, Skips: append([]check.Skip{}, r.Skips...), Waived: []jsonFinding{}, Evidence: r.Evidence,
		Summary: jsonSummary{Rules: r.Rules, Findings: len(r.Findings)},
	}
	for _, judged := range r.Judged {
		report.Overlays = append(report.Overlays, judged.Overlay)
		report.Summary.Objects += judged.Objects
	}
	for _, f := range r.Findings {
		report.Findings = append(report.Findings, toJSON(f, ""))
	}
	for _, waived := range r.Waived {
		report.Waived = append(report.Waived, toJSON(waived.Finding, waived.Reason))
	}
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(report)
}

func toJSON(f check.Finding, reason string) jsonFinding {
	j := jsonFinding{
		Rule: f.Rule, Overlay: f.Overlay, Path: f.Path, Message: f.Message, Position: f.Pos,
		Related: append([]manifest.Related{}, f.Related...), Observed: f.Observed, Reason: reason,
	}
	if f.Object != (manifest.Ref{}) {
		j.Object = &f.Object
	}
	return j
}
