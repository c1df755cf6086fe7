package docs

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A made block stands between two comments. The first says how it is made:
// what labcheck prints for the arguments, after an edit of the lab where there
// is one, or what it says of the recording of a drill, or the table of rules or
// drills. A picture is shown as such.
//
//	<!-- made: labcheck overlays/kind -->
//	<!-- made: labcheck graph overlays/kind -->
//	<!-- made: labcheck; base/mysql/statefulset.yaml: replicas: 3 => replicas: 2 -->
//	<!-- made: drill wrong-selector --timeout 1s -->
//	<!-- made: drills -->
//	<!-- made: rules -->
//	…
//	<!-- end -->
var madeBlock = regexp.MustCompile(`(?s)<!-- made: ([^\n]*) -->\n.*?<!-- end -->`)

// fillBlocks makes every block of text anew.
func (m maker) fillBlocks(text string) (string, error) {
	var failed error
	made := madeBlock.ReplaceAllStringFunc(text, func(block string) string {
		recipe := madeBlock.FindStringSubmatch(block)[1]
		content, err := m.block(recipe)
		if err != nil && failed == nil {
			failed = fmt.Errorf("block %q: %w", recipe, err)
		}
		return fmt.Sprintf("<!-- made: %s -->\n%s<!-- end -->", recipe, content)
	})
	return made, failed
}

func (m maker) block(recipe string) (string, error) {
	switch {
	case recipe == "rules":
		return m.ruleTable(), nil
	case recipe == "drills":
		return m.drillTable()
	case strings.HasPrefix(recipe, "drill "):
		return m.drill(recipe)
	}
	line, change, edited := strings.Cut(recipe, "; ")
	command, args, _ := strings.Cut(line, " ")
	if command != "labcheck" {
		return "", fmt.Errorf("%q is no command to run", command)
	}
	dir, err := m.copyLab()
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	prompt := fmt.Sprintf("$ go run ./tools/%s\n", line)
	if strings.HasPrefix(args, "diff") {
		if err := commit(dir); err != nil {
			return "", err
		}
	}
	if edited {
		file, values, _ := strings.Cut(change, ": ")
		old, new, _ := strings.Cut(values, " => ")
		if err := replace(filepath.Join(dir, file), old, new); err != nil {
			return "", err
		}
		prompt = fmt.Sprintf("$ sed -i 's/%s/%s/' %s\n", old, new, file) + prompt
	}
	output, code := m.run(dir, strings.Fields(args)...)
	if code != 0 {
		output += fmt.Sprintf("exit status %d\n", code) // as go run says it
	}
	if strings.HasPrefix(args, "graph ") {
		return "```mermaid\n" + output + "```\n", nil
	}
	return "```console\n" + prompt + output + "```\n", nil
}

// copyLab copies what labcheck judges into a new directory.
func (m maker) copyLab() (string, error) {
	dir, err := os.MkdirTemp("", "labcheck-docs-*")
	if err != nil {
		return "", err
	}
	for _, part := range []string{"base", "components", "gitops", "images", "overlays", "probes"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(m.root, part))); err != nil {
			return dir, err
		}
	}
	root, err := os.ReadFile(filepath.Join(m.root, "kustomization.yaml"))
	if err != nil {
		return dir, err
	}
	return dir, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), root, 0o644)
}

// commit makes dir the first revision of a git repository.
func commit(dir string) error {
	for _, args := range [][]string{
		{"init", "--quiet"}, {"add", "."},
		{"-c", "user.name=labcheck", "-c", "user.email=labcheck@localhost", "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "lab"},
	} {
		if out, err := exec.Command("git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			return fmt.Errorf("git %s: %s", strings.Join(args, " "), out)
		}
	}
	return nil
}

// replace does what sed 's/old/new/' does.
func replace(file, old, new string) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(content), "\n")
	for i := range lines {
		lines[i] = strings.Replace(lines[i], old, new, 1)
	}
	changed := strings.Join(lines, "")
	if changed == string(content) {
		return fmt.Errorf("%s does not hold %q", file, old)
	}
	return os.WriteFile(file, []byte(changed), 0o644)
}
