package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// unpack makes sure that the embedded set is on disk and returns its
// directory. The directory is named by what it holds and appears as a whole:
// it is filled under another name first. Of several processes that unpack at
// once, one wins and the others throw theirs away.
func unpack() (dir string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("unpacking the schemas for kubeconform: %w", err)
		}
	}()
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	parent := filepath.Join(cache, "labcheck", "schemas")
	dir = filepath.Join(parent, embedded().hash)
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir, nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	filling, err := os.MkdirTemp(parent, ".filling-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(filling) // there is nothing left of it once renamed
	if err := fill(filling); err != nil {
		return "", err
	}
	// Renaming onto a directory that another process has filled fails, and
	// onto one that is empty it does not.
	if err := os.Rename(filling, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return dir, nil
}

// fill writes the embedded set into dir.
func fill(dir string) error {
	entries, err := set.ReadDir("set")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		content, err := set.ReadFile("set/" + entry.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, entry.Name()), content, 0o644); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o755)
}

// verify fails unless the files of that name in dir are the embedded ones, so
// that nothing is judged by a schema that was changed after it was unpacked.
func verify(dir string, names []string) error {
	for _, name := range names {
		want, err := set.ReadFile("set/" + name)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			return &tamperedError{dir: dir, name: name, cause: err}
		}
	}
	return nil
}

// A tamperedError is a file of the unpacked set that is not what was unpacked.
type tamperedError struct {
	dir, name string
	cause     error // nil if it can be read
}

func (e *tamperedError) Error() string {
	what := "was changed"
	if e.cause != nil {
		what = "cannot be read"
	}
	return fmt.Sprintf("schema %s %s since it was unpacked: remove the directory %s", e.name, what, e.dir)
}

func (e *tamperedError) Unwrap() error { return e.cause }
