// Package source reads the files of one repository and nothing outside it.
// It follows symbolic links as kustomize does, as long as they stay inside.
// It parses nothing and writes nothing.
package source

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// A Kind says what a path leads to.
type Kind int

const (
	Missing Kind = iota
	File
	Dir
)

// MaxFileSize is the size in bytes above which a file is not read.
const MaxFileSize = 8 << 20

// Errors that say something about the content of the repository. Any other
// error says that the content could not be read.
var (
	ErrOutside  = errors.New("leads outside the repository")
	ErrTooLarge = fmt.Errorf("is larger than %d MiB", MaxFileSize>>20)
	ErrLoop     = errors.New("is a loop of symbolic links")
)

// Files gives access to a repository by slash paths relative to its root; the
// root itself is ".".
type Files interface {
	// Resolve follows the symbolic links of name and says what is there.
	Resolve(name string) (string, Kind, error)
	// Read returns the content of a file that Resolve has found.
	Read(name string) ([]byte, error)
}

// A Repo is a repository on disk. It is not safe for concurrent use.
type Repo struct {
	root  *os.Root
	known map[string]step
}

// step is what was found at a path without following it.
type step struct {
	kind   Kind
	target string // of a symbolic link
}

// Open opens the repository at the directory root.
func Open(root string) (*Repo, error) {
	dir, err := os.OpenRoot(root)
	if err != nil {
		return nil, fmt.Errorf("opening repository: %w", err)
	}
	return &Repo{root: dir, known: map[string]step{}}, nil
}

// Close gives back what Open took.
func (r *Repo) Close() error { return r.root.Close() }

// maxLinks is how many symbolic links one path may lead through.
const maxLinks = 40

// Resolve walks name from the root, one step at a time.
func (r *Repo) Resolve(name string) (string, Kind, error) {
	at, kind := ".", Dir
	todo := strings.Split(name, "/")
	for links := 0; len(todo) > 0; {
		next := todo[0]
		todo = todo[1:]
		if next == "" || next == "." {
			continue
		}
		if kind != Dir {
			return "", Missing, nil
		}
		if next == ".." {
			if at == "." {
				return "", Missing, ErrOutside
			}
			at = path.Dir(at)
			continue
		}
		found, err := r.step(path.Join(at, next))
		if err != nil {
			return "", Missing, err
		}
		if found.target == "" {
			at, kind = path.Join(at, next), found.kind
			if kind == Missing {
				return "", Missing, nil
			}
			continue
		}
		if path.IsAbs(found.target) {
			return "", Missing, ErrOutside
		}
		if links++; links > maxLinks {
			return "", Missing, ErrLoop
		}
		todo = append(strings.Split(found.target, "/"), todo...)
	}
	return at, kind, nil
}

// step looks at one path that holds no symbolic link but perhaps its last.
func (r *Repo) step(name string) (step, error) {
	if found, ok := r.known[name]; ok {
		return found, nil
	}
	var found step
	info, err := r.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENAMETOOLONG):
	case err != nil:
		return step{}, fmt.Errorf("reading repository: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		if found.target, err = r.root.Readlink(name); err != nil {
			return step{}, fmt.Errorf("reading repository: %w", err)
		}
	case info.IsDir():
		found.kind = Dir
	case info.Mode().IsRegular():
		found.kind = File
	}
	r.known[name] = found
	return found, nil
}

// Read reads a regular file of at most MaxFileSize bytes.
func (r *Repo) Read(name string) ([]byte, error) {
	file, err := r.root.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading repository: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("reading repository: %w", err)
	}
	if len(data) > MaxFileSize {
		return nil, ErrTooLarge
	}
	return data, nil
}
