package plan

import (
	"bytes"
	"fmt"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Limits of one YAML file. Beyond them kustomize needs minutes or all memory
// of the machine: its time grows with the square of keys and documents.
const (
	maxDocuments = 1000
	maxKeys      = 5000    // of one mapping
	maxDepth     = 500     // of mappings and lists in each other
	maxNodes     = 200_000 // once aliases are written out
)

// overLimit says which limit a file is over, and on which line. It looks at
// the bytes only, in one pass; just a file that uses aliases is parsed.
func overLimit(data []byte) (line int, problem string) {
	s := scanner{}
	for rest := data; len(rest) > 0 && s.problem == ""; {
		var text []byte
		text, rest, _ = bytes.Cut(rest, []byte("\n"))
		s.line++
		s.scan(text)
	}
	if s.problem == "" && s.anchors && s.aliases {
		return overExpanded(data)
	}
	return s.line, s.problem
}

// scanner counts what one pass over the lines of a file can see.
type scanner struct {
	line      int
	problem   string
	documents int
	blocks    []block // the mappings that are open, by indentation
	literal   int     // the indentation above which lines are text, or 0
	flow      []int   // the entries of the flow collections that are open
	quote     byte    // the quote that is open in a flow collection
	anchors   bool
	aliases   bool
}

type block struct{ indent, keys int }

func (s *scanner) scan(text []byte) {
	content := bytes.TrimLeft(text, " ")
	indent := len(text) - len(content)
	if len(content) == 0 || content[0] == '\r' {
		return
	}
	if s.literal > 0 && indent >= s.literal {
		return
	}
	s.literal = 0
	if bytes.HasPrefix(text, []byte("---")) && len(s.flow) == 0 {
		s.blocks = s.blocks[:0]
		if s.documents++; s.documents > maxDocuments {
			s.problem = fmt.Sprintf("more than %d documents in one file", maxDocuments)
		}
	}
	if content[0] == '#' {
		return
	}
	if len(s.flow) == 0 {
		content, indent = s.open(content, indent)
	}
	s.tokens(content)
	if end := bytes.TrimRight(content, " \r+-123456789"); len(end) > 0 && len(s.flow) == 0 {
		if last := end[len(end)-1]; last == '|' || last == '>' {
			s.literal = indent + 1
		}
	}
}

// open counts the line into the mapping of its indentation and goes past the
// dashes of list items.
func (s *scanner) open(content []byte, indent int) ([]byte, int) {
	dashes := 0
	for len(content) > 1 && content[0] == '-' && content[1] == ' ' {
		s.close(indent)
		trimmed := bytes.TrimLeft(content[1:], " ")
		indent += len(content) - len(trimmed)
		content = trimmed
		s.blocks = append(s.blocks, block{indent: indent - 1})
		dashes++
	}
	s.close(indent + 1)
	if n := len(s.blocks); n == 0 || s.blocks[n-1].indent < indent {
		s.blocks = append(s.blocks, block{indent: indent})
	}
	if len(s.blocks) > maxDepth {
		s.problem = fmt.Sprintf("more than %d levels of nesting", maxDepth)
	}
	at := &s.blocks[len(s.blocks)-1]
	if bytes.IndexByte(content, ':') >= 0 || content[0] == '?' {
		if at.keys++; at.keys > maxKeys {
			s.problem = fmt.Sprintf("more than %d keys in one mapping", maxKeys)
		}
	}
	return content, indent
}

// close ends the mappings at this indentation and deeper.
func (s *scanner) close(indent int) {
	for len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].indent >= indent {
		s.blocks = s.blocks[:len(s.blocks)-1]
	}
}

// tokens counts flow collections, anchors and aliases of a line.
func (s *scanner) tokens(content []byte) {
	before := byte(' ')
	for i, c := range content {
		startsToken := bytes.IndexByte([]byte(" [{,:-"), before) >= 0
		before = c
		switch {
		case s.quote != 0:
			if c == s.quote && (c == '\'' || content[max(i-1, 0)] != '\\') {
				s.quote = 0
			}
		case (c == '"' || c == '\'') && startsToken && len(s.flow) > 0:
			s.quote = c
		case c == '#' && startsToken:
			return
		case (c == '{' || c == '[') && (startsToken || len(s.flow) > 0):
			if s.flow = append(s.flow, 0); len(s.flow)+len(s.blocks) > maxDepth {
				s.problem = fmt.Sprintf("more than %d levels of nesting", maxDepth)
				return
			}
		case (c == '}' || c == ']') && len(s.flow) > 0:
			s.flow = s.flow[:len(s.flow)-1]
		case c == ',' && len(s.flow) > 0:
			if s.flow[len(s.flow)-1]++; s.flow[len(s.flow)-1] > maxKeys {
				s.problem = fmt.Sprintf("more than %d entries in one flow collection", maxKeys)
				return
			}
		case (c == '&' || c == '*') && startsToken && i+1 < len(content) && isName(content[i+1]):
			s.anchors = s.anchors || c == '&'
			s.aliases = s.aliases || c == '*'
		}
	}
}

func isName(c byte) bool { return c == '_' || unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) }

// overExpanded counts what the aliases of a file stand for. What cannot be
// parsed is left to kustomize to refuse.
func overExpanded(data []byte) (line int, problem string) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			return 0, ""
		}
		sizes := map[*yaml.Node]int{}
		if at := expandedOver(&doc, sizes); at != nil {
			return at.Line, fmt.Sprintf("aliases that stand for more than %d nodes", maxNodes)
		}
	}
}

// expandedOver sizes node with its aliases written out and returns the first
// node that is over the limit. An alias inside its own anchor counts as one
// that is.
func expandedOver(node *yaml.Node, sizes map[*yaml.Node]int) *yaml.Node {
	if _, ok := sizes[node]; ok {
		return nil
	}
	sizes[node] = maxNodes + 1
	size := 1
	children := node.Content
	if node.Kind == yaml.AliasNode {
		children = []*yaml.Node{node.Alias}
	}
	for _, child := range children {
		if over := expandedOver(child, sizes); over != nil {
			return over
		}
		if size += sizes[child]; size > maxNodes {
			return node
		}
	}
	sizes[node] = size
	return nil
}
