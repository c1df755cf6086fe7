package check

import (
	"bytes"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ReportInside is Report for a part of a text: what begins offset bytes into
// text, the value at path of o. The finding stands at its line and column
// where those can be told, be the text a block of YAML, folded or not, or a
// file of a generator.
func (p *Pass) ReportInside(o manifest.Object, path manifest.Path, text string, offset int, message string, related ...manifest.Related) {
	blame := o.Locate(path...)
	blame.Pos = p.Inside(o, path, text, offset)
	p.report(o, path, blame, message, related)
}

// Inside is where ReportInside would report.
func (p *Pass) Inside(o manifest.Object, path manifest.Path, text string, offset int) manifest.Pos {
	pos := o.Locate(path...).Pos
	return inside(p.Files[pos.File], pos, text, offset)
}

// inside is the place in file of what begins offset bytes into text, which is
// written at pos; else pos.
func inside(file []byte, pos manifest.Pos, text string, offset int) manifest.Pos {
	lines := bytes.Split(file, []byte("\n"))
	number := strings.Count(text[:offset], "\n")
	start := strings.LastIndexByte(text[:offset], '\n') + 1
	line, _, _ := strings.Cut(text[start:], "\n")
	for _, below := range []int{number, number + 1} { // in the line of pos, or in a block that begins below it
		at := pos.Line - 1 + below
		if pos.Line < 1 || at >= len(lines) {
			continue
		}
		from := 0
		if below == 0 {
			from = min(max(pos.Column-1, 0), len(lines[at]))
		}
		if column := bytes.Index(lines[at][from:], []byte(line)); column >= 0 && line != "" {
			return manifest.Pos{File: pos.File, Line: at + 1, Column: from + column + offset - start + 1}
		}
	}
	if at, ok := folded(lines, pos, text, offset); ok {
		return at
	}
	return pos
}

// folded is the place of what begins offset bytes into text, where that is
// written as a folded block below pos.
func folded(lines [][]byte, pos manifest.Pos, text string, offset int) (manifest.Pos, bool) {
	for at, number := 0, pos.Line; pos.Line > 0 && number < len(lines) && at <= offset; number++ {
		line := strings.TrimLeft(string(lines[number]), " ")
		if line == "" || at > len(text) || !strings.HasPrefix(text[at:], line) {
			break
		}
		if offset < at+len(line) {
			return manifest.Pos{File: pos.File, Line: number + 1, Column: len(lines[number]) - len(line) + offset - at + 1}, true
		}
		at += len(line) + 1 // the space that the line break is
	}
	return manifest.Pos{}, false
}
