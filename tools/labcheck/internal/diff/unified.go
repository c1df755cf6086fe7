package diff

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pmezard/go-difflib/difflib"
	"go.yaml.in/yaml/v3"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Unified is the change as a unified diff of the YAML of the object. The
// heading of each hunk names the lines of the repository that make the change;
// lines of the base revision are marked with base. Values of Secrets are hidden.
func (c Change) Unified(base string) (string, error) {
	before, err := printed(c.Old, c.New, "before")
	if err != nil {
		return "", err
	}
	after, err := printed(c.New, c.Old, "after")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", side(c.Old, base), side(c.New, ""))
	for _, group := range difflib.NewMatcher(before.lines, after.lines).GetGroupedOpCodes(3) {
		first, last := group[0], group[len(group)-1]
		fmt.Fprintf(&b, "@@ -%s +%s @@%s\n", span(first.I1, last.I2), span(first.J1, last.J2), c.sources(group, before, after, base))
		for _, op := range group {
			if op.Tag == 'e' {
				writeLines(&b, " ", before.lines[op.I1:op.I2])
				continue
			}
			writeLines(&b, "-", before.lines[op.I1:op.I2])
			writeLines(&b, "+", after.lines[op.J1:op.J2])
		}
	}
	return b.String(), nil
}

func side(o manifest.Object, revision string) string {
	switch {
	case o.Fields == nil:
		return "/dev/null"
	case revision == "":
		return o.Ref.String()
	}
	return o.Ref.String() + "\t" + revision
}

// span is the lines from, to (not included), counted from 0, as diff writes them.
func span(from, to int) string {
	switch to - from {
	case 0:
		return fmt.Sprintf("%d,0", from)
	case 1:
		return strconv.Itoa(from + 1)
	}
	return fmt.Sprintf("%d,%d", from+1, to-from)
}

func writeLines(b *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		b.WriteString(mark + line + "\n")
	}
}

// sources are the places that wrote the new lines of a hunk and those that wrote
// lines that are gone; of a whole object, the place of its name.
func (c Change) sources(group []difflib.OpCode, before, after text, base string) string {
	var places []string
	add := func(place string) {
		if place != "" && !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	name := manifest.Path{"metadata", "name"}
	switch c.Action {
	case Added:
		return " " + line(c.New.Locate(name...).Pos)
	case Removed:
		return " " + base + ":" + line(c.Old.Locate(name...).Pos)
	}
	for _, op := range group {
		switch op.Tag {
		case 'e':
		case 'd':
			for _, path := range before.paths[op.I1:op.I2] {
				if pos := c.Old.Locate(path...).Pos; pos.File != "" {
					add(base + ":" + line(pos))
				}
			}
		default:
			for _, path := range after.paths[op.J1:op.J2] {
				add(line(c.New.Locate(path...).Pos))
			}
		}
	}
	const most = 4
	if len(places) > most {
		places = append(places[:most], "…")
	}
	if len(places) == 0 {
		return ""
	}
	return " " + strings.Join(places, ", ")
}

func line(pos manifest.Pos) string {
	pos.Column = 0
	return pos.String()
}

// A text is an object as YAML, with the path of the field on each line.
type text struct {
	lines []string
	paths []manifest.Path
}

// printed writes o. The values of a Secret are hidden; those that the other side
// has otherwise get a mark.
func printed(o, other manifest.Object, mark string) (text, error) {
	if o.Fields == nil {
		return text{}, nil
	}
	fields := any(o.Fields)
	if IsSecret(o) {
		fields = masked(o, other, mark)
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(fields); err != nil {
		return text{}, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(out.Bytes(), &document); err != nil {
		return text{}, err
	}
	t := text{lines: strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")}
	t.paths = make([]manifest.Path, len(t.lines))
	t.mark(document.Content[0], nil)
	for i := range t.paths { // the lines of a text belong to its key
		if t.paths[i] == nil && i > 0 {
			t.paths[i] = t.paths[i-1]
		}
	}
	return t, nil
}

func (t text) mark(node *yaml.Node, path manifest.Path) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			inner := path.With(node.Content[i].Value)
			t.paths[node.Content[i].Line-1] = inner
			t.mark(node.Content[i+1], inner)
		}
	case yaml.SequenceNode:
		for i, item := range node.Content {
			inner := path.With(strconv.Itoa(i))
			t.paths[item.Line-1] = inner
			t.mark(item, inner)
		}
	}
}

// masked is a Secret without its values.
func masked(o, other manifest.Object, mark string) map[string]any {
	fields := o.Fields
	for _, part := range []string{"data", "stringData"} {
		values, ok := o.Fields[part].(map[string]any)
		if !ok {
			continue
		}
		hidden := map[string]any{}
		for key, value := range values {
			hidden[key] = "(hidden)"
			if was, ok := other.Field(part, key); ok && was != value {
				hidden[key] = "(hidden, " + mark + ")"
			}
		}
		fields = changed(fields, manifest.Path{part}, Field{New: manifest.Path{part}, After: hidden}).(map[string]any)
	}
	return fields
}
