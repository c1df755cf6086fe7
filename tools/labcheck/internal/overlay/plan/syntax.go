package plan

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// exactLines bounds the files in which SyntaxPos looks for the exact line: it
// parses once for each line after the one that is wrong.
const exactLines = 1000

// SyntaxError is why data is no YAML, or nil.
func SyntaxError(data []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

var lineInError = regexp.MustCompile(`line (\d+):? ?`)

// SyntaxPos is the line with which data, the content of file, stops to be
// YAML. The parser names the line on which the broken structure begins; what
// is wrong is the line after the longest beginning of data that it takes.
func SyntaxPos(file string, data []byte, err error) manifest.Pos {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(lines) <= exactLines {
		for n := len(lines) - 1; n >= 0; n-- {
			if SyntaxError(bytes.Join(lines[:n], nil)) == nil {
				indent := len(lines[n]) - len(bytes.TrimLeft(lines[n], " \t"))
				return manifest.Pos{File: file, Line: n + 1, Column: indent + 1}
			}
		}
	}
	pos := manifest.Pos{File: file}
	if found := lineInError.FindStringSubmatch(err.Error()); found != nil {
		pos.Line, _ = strconv.Atoi(found[1])
	}
	return pos
}

// Sentence is a message of a library as one line without its own line number.
func Sentence(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	text = lineInError.ReplaceAllString(text, "")
	return strings.TrimSpace(strings.TrimPrefix(text, "yaml: "))
}
