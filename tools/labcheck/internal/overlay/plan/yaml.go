package plan

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// Lookup is the value of a field of a mapping. As in kustomize's own decoding,
// upper and lower case are the same and the last of several wins.
func Lookup(mapping *yaml.Node, field string) (*yaml.Node, bool) {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil, false
	}
	for i := len(mapping.Content) - 2; i >= 0; i -= 2 {
		if strings.EqualFold(mapping.Content[i].Value, field) {
			return mapping.Content[i+1], true
		}
	}
	return nil, false
}

// Items are the items of a field that holds a list.
func Items(mapping *yaml.Node, field string) []*yaml.Node {
	value, ok := Lookup(mapping, field)
	if !ok || value.Kind != yaml.SequenceNode {
		return nil
	}
	return value.Content
}

// Expand is the content of a document with its aliases and merge keys written
// out; what an alias stands for keeps the place of its anchor.
func Expand(doc *yaml.Node) (*yaml.Node, error) {
	node := doc
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	if !hasAlias(node) {
		return node, nil
	}
	expanded := kyaml.NewRNode(node)
	if err := expanded.DeAnchor(); err != nil {
		return node, err
	}
	return expanded.YNode(), nil
}

func hasAlias(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode {
		return true
	}
	for _, child := range node.Content {
		if hasAlias(child) {
			return true
		}
	}
	return false
}

// NodePos is the place of a node of a file with this content. Columns of the
// YAML library count characters, those of a Pos bytes. A scalar is where its
// text begins, after an anchor or a tag.
func NodePos(file string, data []byte, node *yaml.Node) manifest.Pos {
	if node == nil || node.Line == 0 {
		return manifest.Pos{File: file}
	}
	line := lineOf(data, node.Line)
	column := byteColumn(line, node.Column)
	if node.Kind == yaml.ScalarNode && column <= len(line) {
		column += len(properties.Find(line[column-1:]))
	}
	return manifest.Pos{File: file, Line: node.Line, Column: column}
}

// properties matches the anchor and the tag before a value on the same line.
var properties = regexp.MustCompile(`^([&!]\S+\s+)+`)

func lineOf(data []byte, number int) []byte {
	for ; number > 1; number-- {
		_, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return nil
		}
		data = rest
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return line
}

// byteColumn is the column in bytes of the column in characters.
func byteColumn(line []byte, column int) int {
	at := 0
	for i := 1; i < column && at < len(line); i++ {
		_, size := utf8.DecodeRune(line[at:])
		at += size
	}
	return at + 1
}

// Documents reads all documents of a file, with their aliases written out. A
// file that is no YAML has none.
func Documents(data []byte) []*yaml.Node {
	var docs []*yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			return nil
		}
		expanded, err := Expand(&doc)
		if err != nil {
			return nil
		}
		docs = append(docs, expanded)
	}
}

// MergeKey is the field by which an item of the list in this field of an
// object is merged with one that is there, "" if it has no such field.
func MergeKey(list string, item *yaml.Node) string {
	keys := map[string][]string{
		"ports": {"containerPort", "port"}, "volumeMounts": {"mountPath"}, "volumeDevices": {"devicePath"},
		"hostAliases": {"ip"}, "topologySpreadConstraints": {"topologyKey"},
	}[list]
	for _, key := range append(keys, "name") {
		if _, ok := Lookup(item, key); ok {
			return key
		}
	}
	return ""
}
