package engine

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// Top is where the repository lies in the file system kustomize sees.
const Top = "/repository"

// errReadOnly is what kustomize gets when it tries to write.
var errReadOnly = errors.New("the repository is read-only")

// files shows kustomize a repository in memory as a file system that can only
// be read.
type files struct{ repo *source.Memory }

// inside is the path of name in the repository.
func (f files) inside(name string) string {
	return strings.TrimPrefix(strings.TrimPrefix(filepath.Clean(name), Top), "/")
}

func (f files) resolve(name string) (string, source.Kind) {
	rel := f.inside(name)
	if rel == "" {
		rel = "."
	}
	resolved, kind, err := f.repo.Resolve(rel)
	if err != nil {
		return "", source.Missing
	}
	return resolved, kind
}

func notExist(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (f files) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	resolved, kind := f.resolve(name)
	full := filepath.Join(Top, resolved)
	switch kind {
	case source.Dir:
		return filesys.ConfirmedDir(full), "", nil
	case source.File:
		return filesys.ConfirmedDir(filepath.Dir(full)), filepath.Base(full), nil
	}
	return "", "", notExist("open", f.inside(name))
}

func (f files) ReadFile(name string) ([]byte, error) {
	resolved, kind := f.resolve(name)
	if kind != source.File {
		return nil, notExist("open", f.inside(name))
	}
	return f.repo.Read(resolved)
}

func (f files) IsDir(name string) bool {
	_, kind := f.resolve(name)
	return kind == source.Dir
}

func (f files) Exists(name string) bool {
	_, kind := f.resolve(name)
	return kind != source.Missing
}

func (f files) Open(name string) (filesys.File, error)      { return nil, notExist("open", f.inside(name)) }
func (f files) ReadDir(name string) ([]string, error)       { return nil, notExist("open", f.inside(name)) }
func (f files) Glob(string) ([]string, error)               { return nil, nil }
func (f files) Walk(name string, _ filepath.WalkFunc) error { return notExist("walk", f.inside(name)) }
func (f files) Create(string) (filesys.File, error)         { return nil, errReadOnly }
func (f files) Mkdir(string) error                          { return errReadOnly }
func (f files) MkdirAll(string) error                       { return errReadOnly }
func (f files) RemoveAll(string) error                      { return errReadOnly }
func (f files) WriteFile(string, []byte) error              { return errReadOnly }
