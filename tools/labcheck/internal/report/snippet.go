package report

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// snippet is the source line at pos with a caret under the token there, or ""
// where the line is not known.
func snippet(file []byte, pos manifest.Pos, s style) string {
	lines := bytes.Split(file, []byte("\n"))
	if pos.Line < 1 || pos.Line > len(lines) || file == nil {
		return ""
	}
	line := strings.TrimRight(string(lines[pos.Line-1]), "\r")
	number := fmt.Sprint(pos.Line)
	margin := strings.Repeat(" ", len(number))
	text := fmt.Sprintf("%s |\n%s | %s\n", margin, number, line)
	if pos.Column < 1 || pos.Column > len(line) {
		return text
	}
	before, token := line[:pos.Column-1], tokenAt(line[pos.Column-1:])
	caret := "^" + strings.Repeat("~", max(0, utf8.RuneCountInString(token)-1))
	return text + fmt.Sprintf("%s | %s%s\n", margin, blank(before), s.caret(caret))
}

// blank is as wide as text: a tab for a tab, a space for all else.
func blank(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, text)
}

// tokenAt is the YAML scalar or key that rest begins with.
func tokenAt(rest string) string {
	if quote := rest[0]; quote == '"' || quote == '\'' {
		if end := strings.IndexByte(rest[1:], quote); end >= 0 {
			return rest[:end+2]
		}
	}
	end := len(rest)
	for _, stop := range []string{" #", ": ", ", ", "]", "}"} {
		if i := strings.Index(rest, stop); i > 0 && i < end {
			end = i
		}
	}
	return strings.TrimRight(strings.TrimSuffix(strings.TrimRight(rest[:end], " \t"), ":"), " ")
}
