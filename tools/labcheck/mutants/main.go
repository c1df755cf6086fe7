// Mutants breaks the manifests of this repository on purpose, has labcheck
// judge each broken copy, and writes what it found to docs/mutants.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/mutants"
)

func main() {
	root := flag.String("root", ".", "the repository")
	every := flag.Int("every", 1, "judge one of this many mutants")
	file := flag.String("file", "", "judge only those of the files whose path begins so, and write no page")
	flag.Parse()
	if err := run(*root, *every, *file); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(root string, every int, file string) error {
	reviewed, err := mutants.Reviewed(mutants.List)
	if err != nil {
		return err
	}
	all, err := mutants.Generate(root, mutants.Lab)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m mutants.Mutant) bool { return !strings.HasPrefix(m.File, file) })
	outcomes, err := mutants.Judge(root, mutants.Sample(all, every))
	if err != nil {
		return err
	}
	score := mutants.Count(outcomes, reviewed)
	for _, o := range score.Survived {
		fmt.Printf("survived: line %d of %s\n", o.Lines[0], o)
	}
	for _, o := range score.Caught {
		if !o.Exact {
			fmt.Printf("not exact: line %d of %s\n    found by %s at %s\n", o.Lines[0], o, o.Rule, o.Says)
		}
	}
	fmt.Printf("%d mutants: %d caught, %d of them at the exact line, %d survived, %d are harmless\n",
		len(outcomes), len(score.Caught), score.Exact(), len(score.Survived), len(score.Harmless))
	if file != "" {
		return nil
	}
	if err := os.WriteFile(filepath.Join(root, "docs", "mutants.md"), []byte(mutants.Page(score, reviewed, every)), 0o644); err != nil {
		return err
	}
	if every > 1 {
		return nil // an entry may be for a mutant that was left out
	}
	for _, h := range score.Stale {
		fmt.Printf("stale: %s %s: no survivor needs this entry\n", h.File, h.Path)
	}
	if len(score.Stale) > 0 {
		return fmt.Errorf("%d entries of the list of harmless mutants are stale", len(score.Stale))
	}
	return nil
}
