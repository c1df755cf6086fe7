package crds

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	k8sjson "k8s.io/apimachinery/pkg/util/json"
)

// A document is an object of a file, and where it is written.
type document struct {
	object manifest.Object
	file   string
	data   []byte // of the file
	node   *yaml.Node
}

// parse returns the objects of a file, those of a List one by one.
func parse(file string, data []byte) ([]document, error) {
	var all []document
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: this is no YAML: %s", plan.SyntaxPos(file, data, err), plan.Sentence(err))
		}
		documents, err := document{file: file, data: data, node: node.Content[0]}.objects()
		if err != nil {
			return nil, err
		}
		all = append(all, documents...)
	}
}

// objects are d or, where it is a List, what is in it. What is no mapping is
// no object.
func (d document) objects() ([]document, error) {
	if d.node.Kind != yaml.MappingNode {
		return nil, nil
	}
	var err error
	if d.object, err = decode(d.node); err != nil {
		return nil, fmt.Errorf("%s: %s", d.pos(), plan.Sentence(err))
	}
	if d.object.APIVersion != "v1" || d.object.Kind != "List" {
		return []document{d}, nil
	}
	var all []document
	for _, item := range plan.Items(d.node, "items") {
		objects, err := document{file: d.file, data: d.data, node: item}.objects()
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	return all, nil
}

// decode returns the object that a node holds.
func decode(node *yaml.Node) (manifest.Object, error) {
	var value any
	if err := node.Decode(&value); err != nil {
		return manifest.Object{}, err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return manifest.Object{}, err
	}
	var o manifest.Object
	if err := k8sjson.Unmarshal(text, &o.Fields); err != nil {
		return manifest.Object{}, err
	}
	o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"), Name: o.Text("metadata", "name")}
	return o, nil
}

// pos is the place of the field at path, or of the nearest thing it is in.
func (d document) pos(path ...string) manifest.Pos {
	node := d.node
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return plan.NodePos(d.file, d.data, node)
}

// child is the node of a field or an item of node, or nil.
func child(node *yaml.Node, step string) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node.Kind != yaml.SequenceNode {
		value, _ := plan.Lookup(node, step)
		return value
	}
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(node.Content) {
		return node.Content[i]
	}
	return nil
}
