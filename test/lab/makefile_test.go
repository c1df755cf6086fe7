package lab

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var target = regexp.MustCompile(`^([a-z0-9-]+)( [a-z0-9-]+)*:([^=]|$)`)

// Shell that is longer than three lines is Go.
func TestMakefileRecipesAreShort(t *testing.T) {
	name, lines := "", 0
	for line := range strings.Lines(read(t, "Makefile")) {
		if match := target.FindStringSubmatch(line); match != nil {
			name, lines = match[1], 0
		}
		if strings.HasPrefix(line, "\t") {
			if lines++; lines > 3 {
				t.Errorf("the recipe of %s has more than 3 lines", name)
			}
			if strings.HasSuffix(line, "\\\n") {
				t.Errorf("the recipe of %s continues a line", name)
			}
		}
	}
	if name == "" {
		t.Error("no target found")
	}
}

func TestMakeHelpNamesWhatTheReadmeUses(t *testing.T) {
	help, err := exec.Command("make", "-C", repository, "--no-print-directory", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	used := regexp.MustCompile("`make ([a-z0-9-]+)").FindAllStringSubmatch(read(t, "README.md"), -1)
	for _, match := range used {
		if !regexp.MustCompile(`(?m)^  ` + match[1] + ` `).Match(help) {
			t.Errorf("README.md uses make %s, which make help does not list", match[1])
		}
	}
	if len(used) == 0 {
		t.Error("README.md uses no make target")
	}
}
