package mutants

import (
	"os"
	"path/filepath"
	"testing"
)

var root = filepath.Join("..", "..", "..", "..")

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
