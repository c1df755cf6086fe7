// Package revision puts the files of a git revision into a directory, with the
// git of the PATH. It changes nothing in the repository.
package revision

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Checkout writes what dir, a directory of a git repository, holds at rev into
// a new temporary directory, and returns its path. remove deletes it again. The
// error says, in one sentence, what git said.
func Checkout(dir, rev string) (path string, remove func(), err error) {
	top, err := git(dir, nil, "rev-parse", "--show-toplevel")
	if err != nil {
		return "", nil, fmt.Errorf("%s is in no git repository, so there is nothing to compare with: %w", dir, err)
	}
	inside, err := filepath.Rel(top, dir)
	if err != nil {
		return "", nil, err
	}
	commit, err := git(dir, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", nil, fmt.Errorf("git knows no revision %s: name one with --base", rev)
	}
	temporary, err := os.MkdirTemp("", "labcheck-base-")
	if err != nil {
		return "", nil, err
	}
	remove = func() { os.RemoveAll(temporary) }
	if err := checkOut(top, commit, temporary); err != nil {
		remove()
		return "", nil, fmt.Errorf("checking out %s: %w", rev, err)
	}
	path, err = filepath.EvalSymlinks(filepath.Join(temporary, "files", inside))
	if errors.Is(err, os.ErrNotExist) {
		remove()
		return "", nil, fmt.Errorf("%s is not in revision %s", inside, rev)
	}
	return path, remove, err
}

// checkOut uses an index of its own, so that the one of the user stays.
func checkOut(top, commit, temporary string) error {
	files := filepath.Join(temporary, "files") + "/"
	if err := os.Mkdir(files, 0o700); err != nil {
		return err
	}
	env := []string{"GIT_INDEX_FILE=" + filepath.Join(temporary, "index"), "GIT_LFS_SKIP_SMUDGE=1"}
	if _, err := git(top, env, "read-tree", commit); err != nil {
		return err
	}
	_, err := git(top, env, "checkout-index", "--all", "--quiet", "--prefix="+files)
	return err
}

func git(dir string, env []string, args ...string) (string, error) {
	command := exec.Command("git", append([]string{"-C", dir}, args...)...)
	command.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "", errors.New("git is not on the PATH")
	case err != nil:
		return "", fmt.Errorf("git %s: %s", args[0], strings.Join(strings.Fields(stderr.String()), " "))
	}
	return strings.TrimSpace(string(out)), nil
}
