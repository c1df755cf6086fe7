// Package docs makes the parts of the documentation that are generated: the
// blocks of README.md that labcheck prints, the table of rules and a page for
// each rule with what labcheck says of its bad example. It returns bytes and
// writes nothing into the repository.
package docs

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// Run runs labcheck in dir and returns all that it prints, and its exit code.
type Run func(dir string, args ...string) (output string, code int)

// Make returns the generated files of the repository at root, by path
// relative to root.
func Make(root string, rules []*check.Rule, run Run) (map[string][]byte, error) {
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return nil, err
	}
	m := maker{root: root, rules: rules, run: run}
	made, err := m.fillBlocks(string(readme))
	if err != nil {
		return nil, fmt.Errorf("README.md: %w", err)
	}
	pages, err := m.rulePages()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{"README.md": []byte(made)}
	maps.Copy(files, pages)
	return files, nil
}

type maker struct {
	root  string
	rules []*check.Rule
	run   Run
}
