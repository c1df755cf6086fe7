// Package mutants breaks a repository on purpose, one place at a time, and
// sees whether labcheck finds the place. It knows YAML, and neither the
// objects of the repository nor the rules.
package mutants

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The ways in which a place is broken.
const (
	Drop      = "drop"       // a field or an item of a list is missing
	Rename    = "rename"     // a letter too much in the name of a field
	Typo      = "typo"       // a letter too much in a text
	OffByOne  = "off by one" // a number is one more, or one less
	Flip      = "flip"       // true for false
	WrongType = "wrong type" // a word for a number, a list for a text
	Swap      = "swap"       // two neighbours have each other's value
)

// Operators are all of them, in the order of reports.
var Operators = []string{Drop, Rename, Typo, OffByOne, Flip, WrongType, Swap}

// A Mutant is a file that was changed at one place.
type Mutant struct {
	File     string
	Path     string // of the place in the file, such as spec.ports[http].port
	Operator string
	Lines    []int  // where a finding is exact; of what is missing, where it would be added
	Change   string // what was written and what is now, for a reader
	Content  []byte
}

// String names the mutant in one line, which stays the same when the lines of
// its file move.
func (m Mutant) String() string {
	change := strings.ReplaceAll(m.Change, "\n", " ")
	if len(change) > 100 {
		change = change[:100] + "…"
	}
	return fmt.Sprintf("%s %s: %s: %s", m.File, m.Path, m.Operator, change)
}

// Of makes every mutant of a file.
func Of(file string, content []byte) []Mutant {
	g := &generator{file: file, lines: strings.SplitAfter(string(content), "\n")}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	for {
		var doc yaml.Node
		if decoder.Decode(&doc) != nil {
			break
		}
		g.shown, _ = yaml.Marshal(&doc)
		root := doc.Content[0]
		g.node(root, place{path: nameOf(root), line: root.Line})
	}
	return g.all
}

// nameOf tells the documents of one file apart.
func nameOf(root *yaml.Node) string {
	metadata := get(root, "metadata")
	if name := get(metadata, "name"); name != nil && get(root, "kind") != nil {
		return get(root, "kind").Value + "/" + name.Value + " "
	}
	return ""
}

// place is where a node stands.
type place struct {
	path string
	line int // of its key, or of its first token
}

type generator struct {
	file  string
	lines []string
	shown []byte
	all   []Mutant
}

// add keeps a mutant if it is another YAML document.
func (g *generator) add(p string, operator, change string, lines []int, text []string) {
	content := strings.Join(text, "")
	var before, after any
	if strings.Join(g.lines, "") == content || yaml.Unmarshal([]byte(content), &after) != nil {
		return
	}
	if _ = yaml.Unmarshal([]byte(strings.Join(g.lines, "")), &before); fmt.Sprint(before) == fmt.Sprint(after) && !strings.Contains(content, "\n---") {
		return
	}
	g.all = append(g.all, Mutant{File: g.file, Path: p, Operator: operator, Lines: lines, Change: change, Content: []byte(content)})
}

// node makes the mutants of a node and of what is below it.
func (g *generator) node(node *yaml.Node, at place) {
	switch node.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key, value := node.Content[i], node.Content[i+1]
			inner := place{path: join(at.path, key.Value), line: key.Line}
			g.dropField(node, i, at, inner)
			g.replace(inner.path, Rename, key, doubled(key.Value))
			g.node(value, inner)
		}
		g.swapFields(node, at)
	case yaml.SequenceNode:
		for i, item := range node.Content {
			inner := place{path: at.path + "[" + itemName(item, i) + "]", line: item.Line}
			g.dropItem(node, i, at, inner)
			g.node(item, inner)
		}
		for i := 0; i+1 < len(node.Content); i++ {
			g.swap(at.path, node.Content[i], node.Content[i+1])
		}
	case yaml.ScalarNode:
		g.scalar(node, at)
	}
}

func join(path, key string) string {
	if path == "" || strings.HasSuffix(path, " ") {
		return path + key
	}
	return path + "." + key
}

func itemName(item *yaml.Node, i int) string {
	for _, key := range []string{"name", "mountPath", "containerPort", "port", "path", "topologyKey"} {
		if value := get(item, key); value != nil && value.Kind == yaml.ScalarNode {
			return value.Value
		}
	}
	if item.Kind == yaml.ScalarNode && len(item.Value) < 60 && !strings.Contains(item.Value, "\n") {
		return item.Value
	}
	return strconv.Itoa(i)
}

func get(mapping *yaml.Node, field string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == field {
			return mapping.Content[i+1]
		}
	}
	return nil
}
