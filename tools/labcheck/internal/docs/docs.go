// Package docs makes the parts of the documentation that are generated: the
// blocks of README.md and of the drills that labcheck prints, the tables of
// rules and drills, and a page for each rule with what labcheck says of its
// bad example. It returns bytes and writes nothing into the repository.
package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drill"
)

// Run runs labcheck in dir and returns all that it prints, and its exit code.
type Run func(dir string, args ...string) (output string, code int)

// Make returns the generated files of the repository at root, by path
// relative to root.
func Make(root string, rules []*check.Rule, run Run) (map[string][]byte, error) {
	m := maker{root: root, rules: rules, run: run}
	files, err := m.rulePages()
	if err != nil {
		return nil, err
	}
	pages, err := fs.Glob(os.DirFS(root), drill.Pages+"/*.md")
	if err != nil {
		return nil, err
	}
	for _, name := range append(pages, "README.md") {
		page, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		made, err := m.fillBlocks(string(page))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = []byte(made)
	}
	return files, nil
}

type maker struct {
	root  string
	rules []*check.Rule
	run   Run
}
