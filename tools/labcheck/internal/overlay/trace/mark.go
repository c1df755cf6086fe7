package trace

import (
	"encoding/base64"
	"regexp"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"go.yaml.in/yaml/v3"
)

// suffix makes the name of the field that says where another was written. It
// is legal as a key of a ConfigMap and in a JSON pointer.
const suffix = "__labcheck"

// keySuffix is suffix, for the key by which an item of a patch is merged.
const keySuffix = "__labcheckkey"

// A mark is one place that writes a value. Its number travels through the
// trace build in the place of, or beside, that value.
type mark struct {
	number int
	kind   markKind
	doc    *document
	node   *yaml.Node // what is written there
	twin   *yaml.Node // the same node in the trace build, nil if it has none
	// file is set for what a generator reads from a file: the place in that
	// file. Then node is the entry that names it.
	file manifest.Pos
}

type markKind int

const (
	written     markKind = iota // a value of a resource, patch or operation
	setting                     // an entry of labels, annotations or options
	image                       // an entry of images
	count                       // an entry of replicas
	entry                       // a literal, file or env line of a generator
	generator                   // a whole generator
	replacement                 // an entry of replacements
	unmarked                    // one that writes where no mark can stand
	candidate                   // a scalar to try where no mark tells
)

// pos is where to edit: at the value, or at its key if that is all there is.
func (m *mark) pos() manifest.Pos {
	if m.file.File != "" {
		return m.file
	}
	if m.node.Tag == "!!null" && m.node.Value == "" {
		return m.doc.holder(m.node)
	}
	return m.doc.at(m.node)
}

const markText = "labcheck-"

// countBase is added to the number of a mark to make a number of replicas.
const countBase = 1_000_000_000

func (m *mark) text() string { return markText + strconv.Itoa(m.number) }

var markPattern = regexp.MustCompile(markText + `(\d+)$`)

// marks is the list of all marks of a trace.
type marks struct{ all []*mark }

func (m *marks) add(made mark) *mark {
	made.number = len(m.all)
	m.all = append(m.all, &made)
	return m.all[made.number]
}

// in finds the mark a text ends with.
func (m *marks) in(text string) *mark {
	found := markPattern.FindStringSubmatch(text)
	if found == nil {
		return nil
	}
	number, err := strconv.Atoi(found[1])
	if err != nil || number >= len(m.all) {
		return nil
	}
	return m.all[number]
}

// inEncoded is in, for a text that may be base64, as the data of a Secret is.
func (m *marks) inEncoded(text string) *mark {
	if found := m.in(text); found != nil {
		return found
	}
	if plain, err := base64.StdEncoding.DecodeString(text); err == nil {
		return m.in(string(plain))
	}
	return nil
}

// counted finds the mark of a number of replicas.
func (m *marks) counted(text string) *mark {
	number, err := strconv.Atoi(text)
	if err != nil || number < countBase || number-countBase >= len(m.all) {
		return nil
	}
	if found := m.all[number-countBase]; found.kind == count {
		return found
	}
	return nil
}

// A document is one YAML document that was read, with a way up from every
// node.
type document struct {
	root *yaml.Node
	in   *marked
	role role
	renames
	at      func(*yaml.Node) manifest.Pos
	parents map[*yaml.Node]place
}

// renames says what a patch may change of the name of an object.
type renames struct{ changesName, changesKind bool }

// place is where a node is written in its parent.
type place struct {
	parent *yaml.Node
	key    *yaml.Node // of a mapping entry
}

func newDocument(root *yaml.Node, at func(*yaml.Node) manifest.Pos) *document {
	d := &document{root: root, at: at, parents: map[*yaml.Node]place{}}
	d.adopt(root)
	return d
}

func (d *document) adopt(node *yaml.Node) {
	for i, child := range node.Content {
		above := place{parent: node}
		if node.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			above.key = node.Content[i-1]
		}
		d.parents[child] = above
		d.adopt(child)
	}
}

// ancestor is the node that is this many levels above, nil if the document
// does not reach so far.
func (d *document) ancestor(node *yaml.Node, levels int) *yaml.Node {
	for ; levels > 0; levels-- {
		above, ok := d.parents[node]
		if !ok {
			return nil
		}
		node = above.parent
	}
	return node
}

// path leads to the mapping entry that holds an item of a list.
func (d *document) path(item *yaml.Node) manifest.Path {
	var path manifest.Path
	for node := item; ; {
		above, ok := d.parents[node]
		if !ok {
			return path
		}
		if above.key != nil {
			path = append(manifest.Path{above.key.Value}, path...)
		}
		node = above.parent
	}
}

// holder is where a mapping or list is written: at its key, or, as an item of
// a list or a whole document, at its first token.
func (d *document) holder(node *yaml.Node) manifest.Pos {
	if above, ok := d.parents[node]; ok && above.key != nil {
		return d.at(above.key)
	}
	return d.at(node)
}
