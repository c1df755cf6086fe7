package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
)

// targets are the overlays to judge, relative to the repository root.
type targets struct {
	root     string
	overlays []string
	scope    check.Scope
}

// inRepository is no target yet, of the repository that root or the arguments
// name, and all overlays there.
func inRepository(dir, root string, args []string) (targets, []string, error) {
	t := targets{scope: check.Some}
	var err error
	if t.root, err = findRoot(dir, root, args); err != nil {
		return t, nil, err
	}
	all, err := overlay.Find(t.root)
	if err != nil {
		return t, nil, unreadable(err)
	}
	return t, all, nil
}

// findTargets resolves the directories named on the command line, or finds
// every root overlay where none is named.
func findTargets(dir, root string, args []string) (targets, error) {
	t, all, err := inRepository(dir, root, args)
	if err != nil {
		return t, err
	}
	if len(args) == 0 {
		args, t.scope = []string{t.root}, check.Whole
	}
	for _, arg := range args {
		named, err := t.named(dir, arg, all)
		if err != nil {
			return t, err
		}
		t.overlays = append(t.overlays, named...)
	}
	slices.Sort(t.overlays)
	t.overlays = slices.Compact(t.overlays)
	return t, nil
}

// named is the overlay in the directory arg or, where arg is the repository
// root or has no kustomization itself, the root overlays below it.
func (t targets) named(dir, arg string, all []string) ([]string, error) {
	rel, kind, err := t.resolve(dir, arg, all)
	if err != nil {
		return nil, err
	}
	if kind == overlay.Kustomization && rel != "." {
		return []string{rel}, nil
	}
	below := slices.DeleteFunc(slices.Clone(all), func(o string) bool {
		return rel != "." && !strings.HasPrefix(o, rel+"/")
	})
	if len(below) == 0 {
		return nil, usagef("%s has no kustomization.yaml, and no overlay is below it", arg)
	}
	return below, nil
}

// resolve is the path from the root of the directory arg, and what it holds: a
// Kustomization or nothing. all are the overlays that there are.
func (t targets) resolve(dir, arg string, all []string) (string, overlay.Kind, error) {
	path := absolute(dir, arg)
	info, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return "", overlay.None, usagef("there is no overlay %s%s", arg, suggestion(filepath.ToSlash(arg), all))
	case err != nil:
		return "", overlay.None, unreadable(err)
	case !info.IsDir():
		return "", overlay.None, usagef("%s is a file: name the directory of an overlay", arg)
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", overlay.None, unreadable(err)
	}
	rel, err := filepath.Rel(t.root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, "../") {
		return "", overlay.None, usagef("%s is outside the repository %s: name its root with --root", arg, t.root)
	}
	rel = filepath.ToSlash(rel)
	kind, err := overlay.KindOf(t.root, rel)
	switch {
	case err != nil:
		return "", kind, unreadable(err)
	case kind == overlay.Component:
		return "", kind, usagef("%s is a Component: it is judged through the overlays that use it", arg)
	}
	return rel, kind, nil
}

// findOverlay is the one overlay that the arguments of a verb name: a
// directory, by default the working directory.
func findOverlay(verb, dir, root string, args []string) (targets, error) {
	if len(args) > 1 {
		return targets{}, usagef("%s takes one overlay, not %d", verb, len(args))
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	t, all, err := inRepository(dir, root, args)
	if err != nil {
		return t, err
	}
	rel, kind, err := t.resolve(dir, args[0], all)
	if err == nil && kind == overlay.None {
		err = usagef("%s has no kustomization.yaml%s", args[0], suggestion(args[0], all))
	}
	t.overlays = []string{rel}
	return t, err
}

// suggestion names the overlay that arg may have meant.
func suggestion(arg string, all []string) string {
	if len(all) == 0 {
		return ""
	}
	return ": there are " + strings.Join(all, ", ")
}

// findRoot is the directory given with --root or, by default, the git top
// level above the first argument; without git, the working directory.
func findRoot(dir, root string, args []string) (string, error) {
	if root != "" {
		path := absolute(dir, root)
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return "", usagef("--root %s is not a directory", root)
		}
		return filepath.EvalSymlinks(path)
	}
	start := dir
	if len(args) > 0 {
		start = absolute(dir, args[0])
	}
	for at := start; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, ".git")); err == nil {
			return filepath.EvalSymlinks(at)
		}
		if at == filepath.Dir(at) {
			return filepath.EvalSymlinks(dir)
		}
	}
}

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(dir, path)
}

// unreadable says which file could not be read, and why.
func unreadable(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("%s could not be read: %w", file.Path, file.Err)
	}
	return err
}
