package check

import (
	"bytes"
	"regexp"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// beforeValue is the place of the key whose value is at pos, where both stand
// on one line of file, as they do in block and in flow style; else pos.
func beforeValue(file []byte, pos manifest.Pos, key string) manifest.Pos {
	lines := bytes.Split(file, []byte("\n"))
	if pos.Line < 1 || pos.Line > len(lines) || pos.Column < 1 || pos.Column > len(lines[pos.Line-1]) {
		return pos
	}
	written := regexp.MustCompile(`["']?` + regexp.QuoteMeta(key) + `["']?\s*:\s+$`)
	if at := written.FindIndex(lines[pos.Line-1][:pos.Column-1]); at != nil {
		pos.Column = at[0] + 1
	}
	return pos
}
