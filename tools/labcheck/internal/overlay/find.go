package overlay

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
)

// A Kind says what the kustomization file of a directory declares.
type Kind int

const (
	None          Kind = iota // no kustomization file
	Kustomization             // can be built on its own
	Component                 // is built only through those who use it
)

// KindOf says what root/dir holds. A kustomization file that cannot be parsed
// counts as a Kustomization, so that Build can say what is wrong with it.
func KindOf(root, dir string) (Kind, error) {
	repo, err := source.Open(root)
	if err != nil {
		return None, err
	}
	defer repo.Close()
	found, err := plan.Peek(repo, dir)
	switch {
	case err != nil || found == nil:
		return None, err
	case found.Component:
		return Component, nil
	}
	return Kustomization, nil
}

// Find returns the root overlays below root: directories with a Kustomization
// that no other kustomization below root uses. The paths are relative to root,
// with slashes, sorted; root itself is ".". Directories named testdata, vendor
// or node_modules, and those that begin with "." or "_", are not looked into.
func Find(root string) ([]string, error) {
	repo, err := source.Open(root)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	found := map[string]*plan.Peeked{}
	err = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("looking for overlays: %w", err)
		}
		if !entry.IsDir() {
			return nil
		}
		if name != root && skipped(entry.Name()) {
			return filepath.SkipDir
		}
		dir, err := filepath.Rel(root, name)
		if err != nil {
			return fmt.Errorf("looking for overlays: %w", err)
		}
		dir = filepath.ToSlash(dir)
		peeked, err := plan.Peek(repo, dir)
		if peeked != nil {
			found[dir] = peeked
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return unused(found), nil
}

// unused are the directories of kustomizations that no other one uses.
func unused(found map[string]*plan.Peeked) []string {
	used := map[string]bool{}
	for _, peeked := range found {
		for _, dir := range peeked.Uses {
			used[dir] = true
		}
	}
	var roots []string
	for dir, peeked := range found {
		if !peeked.Component && !used[dir] {
			roots = append(roots, dir)
		}
	}
	slices.Sort(roots)
	return roots
}

func skipped(name string) bool {
	switch name {
	case "testdata", "vendor", "node_modules":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}
