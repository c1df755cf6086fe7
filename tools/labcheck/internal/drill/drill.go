// Package drill reads the drills of docs/drills: pages that break the lab,
// show what labcheck verify says of it, and repair it. What a page says to
// type is what `make drill` types, and what it shows was recorded then.
package drill

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

const (
	// Pages is the directory of the pages in the repository.
	Pages = "docs/drills"
	// Recordings is the directory of what was recorded.
	Recordings = "tools/labcheck/internal/drill/testdata"
	// Overlay is what the drills break.
	Overlay = "overlays/kind"
	// Snapshot is the file of a recording that labcheck verify has saved.
	Snapshot = "snapshot.json"
)

// A Drill is one page.
type Drill struct {
	Name  string // of the file
	Title string
	Rule  string   // the one that finds it
	Flags []string // of labcheck verify
	Break string   // what to type, in a shell
	// Repair is what to type afterwards.
	Repair string
}

// All are the drills of the repository at root, by name.
func All(root string) ([]Drill, error) {
	pages, err := filepath.Glob(filepath.Join(root, Pages, "*.md"))
	if err != nil {
		return nil, err
	}
	var drills []Drill
	for _, file := range pages {
		page, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		d, isDrill, err := parse(strings.TrimSuffix(filepath.Base(file), ".md"), string(page))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if isDrill {
			drills = append(drills, d)
		}
	}
	return drills, nil
}

var (
	title    = regexp.MustCompile(`\A# (.+)\n`)
	foundBy  = regexp.MustCompile("Found by \\[`([a-z-]+)`\\]")
	shown    = regexp.MustCompile(`(?m)^<!-- made: drill (\S+)(.*) -->$`)
	breaks   = regexp.MustCompile("(?s)\n## Break it\n.*?\n```sh\n(.*?)```\n")
	repaired = regexp.MustCompile("(?s)\n## Repair it\n.*?\n```sh\n(.*?)```\n")
)

// parse reads a page. A page without a block of a drill is none.
func parse(name, page string) (Drill, bool, error) {
	block := shown.FindStringSubmatch(page)
	if block == nil {
		return Drill{}, false, nil
	}
	d := Drill{Name: name, Flags: strings.Fields(block[2])}
	if block[1] != name {
		return d, true, fmt.Errorf("it shows the drill %q, and is the page of %q", block[1], name)
	}
	for _, part := range []struct {
		is      string
		pattern *regexp.Regexp
		text    *string
	}{
		{"title", title, &d.Title},
		{"rule: Found by [`rule`](…)", foundBy, &d.Rule},
		{"commands in a block sh below ## Break it", breaks, &d.Break},
		{"commands in a block sh below ## Repair it", repaired, &d.Repair},
	} {
		match := part.pattern.FindStringSubmatch(page)
		if match == nil {
			return d, true, fmt.Errorf("it has no %s", part.is)
		}
		*part.text = match[1]
	}
	return d, true, nil
}

// File is the recording of a drill, relative to the repository: the files that
// the lab was built from then, and the Snapshot, as a txtar archive.
func File(name string) string { return Recordings + "/" + name + ".txtar" }

// Unpack writes the recording of a drill into a new directory, in which
// labcheck verify Overlay --from Snapshot judges it again.
func Unpack(root, name string) (dir string, err error) {
	recording, err := txtar.ParseFile(filepath.Join(root, File(name)))
	if err != nil {
		return "", fmt.Errorf("drill %s is not recorded: %w", name, err)
	}
	dir, err = os.MkdirTemp("", "labcheck-drill-*")
	if err != nil {
		return "", err
	}
	return dir, txtar.Write(recording, dir)
}
