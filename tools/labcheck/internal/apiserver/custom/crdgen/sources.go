package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
)

// A source is a version of a Go module with files that hold definitions.
type source struct {
	module string // path@version
	files  string // pattern of their names, as path.Match reads it
}

// sources pins what is embedded. Flux publishes its definitions as manifests
// of a release, not as a module; the operator carries those of every release
// as data. The definitions that modules of Flux hold themselves are the same:
// see the test.
var sources = []source{
	{"github.com/argoproj/argo-cd/v3@v3.5.7", "manifests/crds/*-crd.yaml"},
	{"github.com/controlplaneio-fluxcd/flux-operator@v0.59.0", "config/data/flux/v2.9.5/*.yaml"},
}

// errUnavailable is a module that can be neither found nor downloaded.
var errUnavailable = errors.New("module is not available")

// read returns the definitions of s, in the order of files and documents.
func (s source) read() ([]definition, error) {
	name, err := moduleZip(s.module)
	if err != nil {
		return nil, err
	}
	archive, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer archive.Close()
	var all []definition
	for _, file := range archive.File {
		matched, err := path.Match(s.files, strings.TrimPrefix(file.Name, s.module+"/"))
		if err != nil {
			return nil, err
		}
		if !matched {
			continue
		}
		text, err := readAll(file)
		if err != nil {
			return nil, err
		}
		definitions, err := parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file.Name, err)
		}
		all = append(all, definitions...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no definitions in %s", s.module, s.files)
	}
	return all, nil
}

func readAll(file *zip.File) ([]byte, error) {
	reader, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	return io.ReadAll(reader)
}

// moduleZip returns the file that holds a module. The module is read, never
// built: that it asks for a newer Go does not matter.
func moduleZip(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // outside of any module: go.mod must not matter
	out, runErr := cmd.Output()
	var reply struct{ Zip, Error string }
	if err := json.Unmarshal(out, &reply); err != nil {
		return "", fmt.Errorf("%s: %w: %w", module, errUnavailable, errors.Join(runErr, err))
	}
	if reply.Zip == "" {
		return "", fmt.Errorf("%s: %w: %s", module, errUnavailable, reply.Error)
	}
	return reply.Zip, nil
}
