package overlay

import (
	"bytes"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

var (
	number  = regexp.MustCompile(`^-?[0-9]+\b`)
	boolean = regexp.MustCompile(`^(true|false)\b`)
)

// changeToken changes the value that stands at a place.
func changeToken(data []byte, pos manifest.Pos) ([]byte, bool) {
	start := 0
	for line := 1; line < pos.Line; line++ {
		next := bytes.IndexByte(data[start:], '\n')
		if next < 0 {
			return nil, false
		}
		start += next + 1
	}
	start += pos.Column - 1
	if start > len(data) {
		return nil, false
	}
	rest := string(data[start:])
	with := func(from, to int, text string) []byte {
		return slices.Concat(data[:start+from], []byte(text), data[start+to:])
	}
	if found := number.FindString(rest); found != "" && !strings.HasPrefix(rest[len(found):], ".") {
		value, _ := strconv.Atoi(found)
		return with(0, len(found), strconv.Itoa(value+1)), true
	}
	if found := boolean.FindString(rest); found != "" {
		return with(0, len(found), strconv.FormatBool(found == "false")), true
	}
	switch {
	case strings.HasPrefix(rest, `"`), strings.HasPrefix(rest, `'`):
		return with(1, 1, "q"), true
	case strings.HasPrefix(rest, "|"), strings.HasPrefix(rest, ">"):
		at := strings.IndexByte(rest, '\n') + 1
		at += len(rest[at:]) - len(strings.TrimLeft(rest[at:], " \n"))
		return with(at, at, "q"), true
	case strings.HasPrefix(rest, "{}"), strings.HasPrefix(rest, "[]"):
		return nil, false
	case strings.HasPrefix(rest, "~"):
		return with(0, 1, "q"), true
	case strings.HasPrefix(rest, "null"):
		return with(0, len("null"), "q"), true
	}
	return with(0, 0, "q"), true
}
