package picture

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// mermaidShapes are the brackets of a node.
var mermaidShapes = map[Shape][2]string{
	Client: {"([", "])"}, Address: {"(", ")"}, Runs: {"[", "]"}, Reads: {"[/", "/]"}, Keeps: {"[(", ")]"},
}

// mermaidColours tell the shapes apart, on light and on dark ground.
const mermaidColours = `  classDef address stroke:#326ce5,stroke-width:2px
  classDef runs stroke:#2da44e,stroke-width:2px
  classDef reads stroke:#bf8700
  classDef keeps stroke:#8250df,stroke-width:2px
`

// Mermaid writes p as a flow chart, as Markdown on GitHub shows it.
func (p Picture) Mermaid(w io.Writer) error {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	ids := map[string]string{}
	for i, n := range p.Nodes {
		ids[n.ID] = fmt.Sprintf("n%d", i+1)
		brackets := mermaidShapes[n.Shape]
		class := ""
		if n.Shape != Client {
			class = ":::" + string(n.Shape)
		}
		fmt.Fprintf(&b, "  %s%s\"%s\"%s%s\n", ids[n.ID], brackets[0], strings.Join(n.Lines, "<br/>"), brackets[1], class)
	}
	for _, e := range p.Edges {
		arrow := "-->"
		if e.Dotted {
			arrow = "-.->"
		}
		if e.Label != "" {
			arrow += "|\"" + e.Label + "\"|"
		}
		fmt.Fprintf(&b, "  %s %s %s\n", ids[e.From], arrow, ids[e.To])
	}
	b.WriteString(mermaidColours)
	_, err := io.WriteString(w, b.String())
	return err
}

// dotShapes are the attributes of a node.
var dotShapes = map[Shape]string{
	Client: "shape=oval", Address: "shape=box, style=rounded, color=\"#326ce5\"", Runs: "shape=box, color=\"#2da44e\"",
	Reads: "shape=note, color=\"#bf8700\"", Keeps: "shape=cylinder, color=\"#8250df\"",
}

// Dot writes p in the language of Graphviz.
func (p Picture) Dot(w io.Writer) error {
	var b strings.Builder
	b.WriteString("digraph {\n  rankdir=LR\n  node [fontname=\"sans-serif\"]\n  edge [fontname=\"sans-serif\"]\n")
	for _, n := range p.Nodes {
		fmt.Fprintf(&b, "  %q [label=%q, %s]\n", n.ID, strings.Join(n.Lines, "\n"), dotShapes[n.Shape])
	}
	for _, e := range p.Edges {
		style := ""
		if e.Dotted {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %q -> %q [label=%q%s]\n", e.From, e.To, e.Label, style)
	}
	b.WriteString("}\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// JSON writes p as a labcheck/v1 Graph.
func (p Picture) JSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
		Picture
	}{"labcheck/v1", "Graph", p})
}
