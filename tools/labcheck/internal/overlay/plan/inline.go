package plan

import (
	"strings"
	"unicode/utf8"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// Inline finds the places of nodes inside a scalar that holds YAML text. Where
// the text is folded over lines the place is that of the whole scalar.
type Inline struct {
	File  string
	Data  []byte     // the content of File
	Outer *yaml.Node // the scalar
}

// At is the place of a node of the text.
func (in Inline) At(node *yaml.Node) manifest.Pos {
	whole := NodePos(in.File, in.Data, in.Outer)
	lines := strings.Split(string(in.Data), "\n")
	if node == nil || node.Line == 0 || whole.Line == 0 || whole.Line > len(lines) {
		return whole
	}
	content := strings.Split(in.Outer.Value, "\n")
	if node.Line > len(content) {
		return whole
	}
	column := byteIndex(content[node.Line-1], node.Column-1)
	if in.Outer.Style&yaml.LiteralStyle != 0 {
		return in.inBlock(lines, content, whole, node.Line, column)
	}
	offset := column
	for _, line := range content[:node.Line-1] {
		offset += len(line) + 1
	}
	raw := lines[whole.Line-1][whole.Column-1:]
	if at, ok := rawIndex(raw, in.Outer, offset); ok {
		return manifest.Pos{File: in.File, Line: whole.Line, Column: whole.Column + at}
	}
	return whole
}

// inBlock finds a place in a literal block, whose lines follow its header.
func (in Inline) inBlock(lines, content []string, whole manifest.Pos, line, column int) manifest.Pos {
	at := whole.Line + line
	if at > len(lines) {
		return whole
	}
	raw := strings.TrimSuffix(lines[at-1], "\r")
	indent := len(raw) - len(content[line-1])
	if indent < 0 || raw[indent:] != content[line-1] {
		return whole
	}
	return manifest.Pos{File: in.File, Line: at, Column: indent + column + 1}
}

// byteIndex is the index in bytes of the index in characters.
func byteIndex(text string, characters int) int {
	at := 0
	for ; characters > 0 && at < len(text); characters-- {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}

// rawIndex is where in the raw text of a scalar on one line the byte at an
// offset of its value is written.
func rawIndex(raw string, outer *yaml.Node, offset int) (int, bool) {
	switch {
	case outer.Style&yaml.SingleQuotedStyle != 0:
		return quotedIndex(raw, outer.Value, offset, func(rest string) (string, int) {
			if strings.HasPrefix(rest, "''") {
				return "'", 2
			}
			return rest[:1], 1
		})
	case outer.Style&yaml.DoubleQuotedStyle != 0:
		return quotedIndex(raw, outer.Value, offset, unescape)
	case outer.Style&yaml.FoldedStyle != 0:
		return 0, false
	}
	return offset, strings.HasPrefix(raw, outer.Value)
}

// quotedIndex walks over a quoted scalar; next says what the raw text begins
// with and how long that is.
func quotedIndex(raw, value string, offset int, next func(string) (string, int)) (int, bool) {
	at, done := 1, 0
	for done < offset {
		if at >= len(raw) {
			return 0, false
		}
		decoded, size := next(raw[at:])
		if size == 0 || !strings.HasPrefix(value[done:], decoded) {
			return 0, false
		}
		at, done = at+size, done+len(decoded)
	}
	return at, at < len(raw)
}

var escapes = map[byte]string{'n': "\n", 't': "\t", '"': `"`, '\\': `\`, '/': "/", ' ': " ", 'r': "\r"}

// unescape decodes the beginning of a double-quoted scalar. Escapes by number
// are left alone: size 0.
func unescape(raw string) (decoded string, size int) {
	if raw[0] != '\\' {
		return raw[:1], 1
	}
	if len(raw) < 2 || escapes[raw[1]] == "" {
		return "", 0
	}
	return escapes[raw[1]], 2
}
