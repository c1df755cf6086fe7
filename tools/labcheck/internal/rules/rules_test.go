package rules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/checktest"
)

// Every rule is well-formed, has a page, and is seen to hold on its good
// example and to fail at the wanted lines of its bad one.
func TestRules(t *testing.T) {
	if err := check.Validate(All); err != nil {
		t.Fatal(err)
	}
	for _, rule := range All {
		t.Run(rule.ID, func(t *testing.T) {
			checktest.Good(t, All, filepath.Join("testdata", rule.ID, "good"))
			checktest.Bad(t, All, rule, filepath.Join("testdata", rule.ID, "bad"))
		})
	}
}

// A rule that has a page or examples but is not in All would never be judged.
func TestNoRuleIsForgotten(t *testing.T) {
	known := func(id string) bool {
		return slices.ContainsFunc(All, func(r *check.Rule) bool { return r.ID == id })
	}
	pages, _ := filepath.Glob("*.md")
	for _, name := range pages {
		if id := strings.ReplaceAll(strings.TrimSuffix(name, ".md"), "_", "-"); !known(id) {
			t.Errorf("%s is the page of no rule in All", name)
		}
	}
	examples, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range examples {
		if !known(entry.Name()) {
			t.Errorf("testdata/%s is of no rule in All", entry.Name())
		}
	}
}
