package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var root = filepath.Join("..", "..", "..", "..")

var percentage = regexp.MustCompile(`[0-9.]+ %`)

// The README says of the score what the page says.
func TestTheReadmeSaysTheScore(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(root, "docs", "mutants.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := percentage.FindAllString(string(page), 2) // of those that break something, and of those found
	if want := fmt.Sprintf("%s are found, %s of those at the exact line", found[0], found[1]); !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not say %q, which docs/mutants.md says", want)
	}
}

// What the page says of the lab holds: of one mutant in a hundred none
// survives, and none is found elsewhere, that is not listed there.
func TestThePageIsCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("judges some fifty mutants")
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "mutants.md"))
	if err != nil {
		t.Fatal(err)
	}
	reviewed, err := Reviewed(List)
	if err != nil {
		t.Fatal(err)
	}
	all, err := Generate(root, Lab)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := Judge(root, Sample(all, 100))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range Unknown(string(page), Count(outcomes, reviewed)) {
		t.Errorf("docs/mutants.md does not say of %s that it is found by %q, at its line: %t; run make mutants", o, o.Rule, o.Exact)
	}
}
