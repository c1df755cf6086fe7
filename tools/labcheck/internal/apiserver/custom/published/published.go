// Package published reads the CustomResourceDefinitions that Argo CD and Flux
// publish, from the Go modules that carry them. It pins their versions.
package published

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/util/yaml"
)

// A Definition is a CustomResourceDefinition as it is published.
type Definition struct {
	Module string // path@version
	JSON   []byte
}

// A Source is a version of a Go module with files that hold definitions.
type Source struct {
	Module string // path@version
	Files  string // pattern of their names, as path.Match reads it
}

// Sources pins the versions. Flux publishes its definitions as manifests of a
// release, not as a module; the operator carries those of every release as
// data. The definitions that modules of Flux hold themselves are the same: see
// the test.
var Sources = []Source{
	{"github.com/argoproj/argo-cd/v3@v3.5.7", "manifests/crds/*-crd.yaml"},
	{"github.com/controlplaneio-fluxcd/flux-operator@v0.59.0", "config/data/flux/v2.9.5/*.yaml"},
}

// ErrUnavailable is a module that can be neither found nor downloaded.
var ErrUnavailable = errors.New("module is not available")

// Read returns the definitions of all Sources.
func Read() ([]Definition, error) {
	var all []Definition
	for _, source := range Sources {
		definitions, err := source.Read()
		if err != nil {
			return nil, err
		}
		all = append(all, definitions...)
	}
	return all, nil
}

// Read returns the definitions of s, in the order of files and documents. It
// downloads the module if it is not in the module cache.
func (s Source) Read() ([]Definition, error) {
	name, err := moduleZip(s.Module)
	if err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	var all []Definition
	for _, file := range archive.File {
		matched, err := path.Match(s.Files, strings.TrimPrefix(file.Name, s.Module+"/"))
		if err != nil {
			return nil, err
		}
		if !matched {
			continue
		}
		definitions, err := s.parse(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		all = append(all, definitions...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no definitions in %s", s.Module, s.Files)
	}
	return all, nil
}

// parse returns the definitions among the documents of a YAML file.
func (s Source) parse(file *zip.File) ([]Definition, error) {
	reader, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	var all []Definition
	documents := yaml.NewYAMLReader(bufio.NewReader(reader))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := yaml.ToJSON(document)
		if err != nil {
			return nil, err
		}
		if bytes.Contains(text, []byte(`"kind":"CustomResourceDefinition"`)) {
			all = append(all, Definition{Module: s.Module, JSON: text})
		}
	}
}

// moduleZip returns the file that holds a module. The module is read, never
// built: that it asks for a newer Go does not matter.
func moduleZip(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // outside of any module: go.mod must not matter
	out, runErr := cmd.Output()
	var reply struct{ Zip, Error string }
	if err := json.Unmarshal(out, &reply); err != nil {
		return "", fmt.Errorf("%s: %w: %w", module, ErrUnavailable, errors.Join(runErr, err))
	}
	if reply.Zip == "" {
		return "", fmt.Errorf("%s: %w: %s", module, ErrUnavailable, reply.Error)
	}
	return reply.Zip, nil
}
