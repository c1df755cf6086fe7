package docs

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

const (
	pageDir    = "docs/rules"
	exampleDir = "tools/labcheck/internal/rules/testdata"
)

func (m maker) ruleTable() string {
	var table strings.Builder
	table.WriteString("| rule | what is true of a good repository |\n|---|---|\n")
	for _, rule := range m.rules {
		fmt.Fprintf(&table, "| [`%s`](%s/%s.md) | %s |\n", rule.ID, pageDir, rule.ID, rule.Title)
	}
	return table.String()
}

func (m maker) rulePages() (map[string][]byte, error) {
	pages := map[string][]byte{}
	for _, rule := range m.rules {
		page, err := m.rulePage(rule)
		if err != nil {
			return nil, fmt.Errorf("the page of rule %s: %w", rule.ID, err)
		}
		pages[pageDir+"/"+rule.ID+".md"] = []byte(page)
	}
	return pages, nil
}

// rulePage is the rule's own text and what labcheck says of its bad example.
func (m maker) rulePage(rule *check.Rule) (string, error) {
	examples := exampleDir + "/" + rule.ID
	dir, err := copyExample(filepath.Join(m.root, examples, "bad"))
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	shown, err := m.judged(rule, dir)
	return fmt.Sprintf("# %s\n\n**%s.**\n\n%s\n\n## Example\n\nThe [bad example](../../%s/bad) of this rule; there is a [good one](../../%s/good) too.\n\n```console\n%s```\n",
		rule.ID, rule.Title, strings.TrimSpace(rule.Doc), examples, examples, shown), err
}

// judged is what labcheck says of an example in dir: of its files or, for a
// rule about a cluster, of the Snapshot that each of its overlays has.
func (m maker) judged(rule *check.Rule, dir string) (string, error) {
	if rule.Needs != check.Live {
		output, _ := m.run(dir, "--root", ".")
		return "$ labcheck\n" + output, nil
	}
	snapshots, err := filepath.Glob(filepath.Join(dir, "*", "snapshot.json"))
	var shown strings.Builder
	for _, snapshot := range snapshots {
		overlay := filepath.Base(filepath.Dir(snapshot))
		args := []string{"verify", overlay, "--from", overlay + "/snapshot.json"}
		output, _ := m.run(dir, append(args, "--root", ".")...)
		fmt.Fprintf(&shown, "$ labcheck %s\n%s", strings.Join(args, " "), output)
	}
	return shown.String(), err
}

var wantComment = regexp.MustCompile(" # want( nowhere)? `[^`]*`")

// copyExample copies an example to a new directory, without its want comments.
func copyExample(from string) (string, error) {
	dir, err := os.MkdirTemp("", "labcheck-docs-*")
	if err != nil {
		return "", err
	}
	return dir, filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, wantComment.ReplaceAll(content, nil), 0o644)
	})
}
