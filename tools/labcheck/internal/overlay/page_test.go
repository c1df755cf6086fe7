package overlay

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write generated pages")

// TestProvenancePage keeps docs/provenance.md current, which shows for each
// feature of the corpus what is blamed.
func TestProvenancePage(t *testing.T) {
	file := filepath.Join(lab, "docs", "provenance.md")
	page := provenancePage(t)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run this test with -update", err)
	}
	if string(written) != page {
		t.Error("docs/provenance.md is not current: run this test with -update")
	}
}

func provenancePage(t *testing.T) string {
	all := examples(t)
	var table strings.Builder
	places := 0
	for _, e := range all {
		built, err := Build(e.root, e.dir)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range e.wants {
			object := find(t, built, want.object)
			path := steps(t, object, want.path)
			blame := object.Locate(path...)
			feature := ""
			if i == 0 {
				feature = strings.ReplaceAll(e.feature, "-", " ")
			}
			var related []string
			for _, place := range blame.Related {
				related = append(related, place.Message+": "+place.Pos.String())
			}
			line := strings.Split(string(built.Files[blame.Pos.File]), "\n")[blame.Pos.Line-1]
			fmt.Fprintf(&table, "| %s | %s | %s | %s | %s |\n", feature,
				code(strings.TrimSpace(want.object+" "+object.Format(path))), blame.Pos, code(strings.TrimSpace(line)), strings.Join(related, "<br>"))
			places++
		}
	}
	return fmt.Sprintf(`# Which line wrote this value?

Every finding of labcheck names the line to edit. This table shows, for each feature of kustomize, which line that is. It is
written by %s from the %d examples in
%s, %d values in all; the same examples are replayed: each blamed place is
changed in a copy, and the built value must change with it and no other.

| feature | value of the built object | place to edit | that line | related |
|---|---|---|---|---|
%s`, "`go test ./tools/labcheck/internal/overlay -run TestProvenancePage -update`", len(all),
		"`tools/labcheck/internal/overlay/testdata/trace`", places, table.String())
}

// code is text as code in a table.
func code(text string) string {
	if !strconv.CanBackquote(text) {
		text = strings.Trim(strconv.Quote(text), `"`)
	}
	if text == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}
