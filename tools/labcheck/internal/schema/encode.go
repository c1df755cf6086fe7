package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// encode writes an object for kubeconform, which reads YAML: JSON, but for
// the characters that JSON may hold as they are and YAML may not.
func encode(fields map[string]any) ([]byte, error) {
	content, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	if !bytes.ContainsFunc(content, refusedByYAML) {
		return content, nil
	}
	var out bytes.Buffer
	for len(content) > 0 {
		r, size := utf8.DecodeRune(content)
		if refusedByYAML(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.Write(content[:size])
		}
		content = content[size:]
	}
	return out.Bytes(), nil
}

// refusedByYAML reports whether r is neither printable to YAML nor escaped
// by encoding/json.
func refusedByYAML(r rune) bool {
	return 0x7f <= r && r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff
}
