package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// An Outcome is what labcheck says of a mutant.
type Outcome struct {
	Mutant
	Rule  string // that found it, "" if none did
	Exact bool   // at the line that was changed
	Says  string // the finding, with its place
}

// Lab are the directories of this repository whose manifests are broken.
var Lab = []string{"base", "components", "gitops", "overlays"}

// Generate makes every mutant of the manifests in the given directories of the
// repository at root: of the files that its overlays are built from.
func Generate(root string, dirs []string) ([]Mutant, error) {
	overlays, err := overlay.Find(root)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, dir := range overlays {
		built, err := overlay.Build(root, dir)
		if err != nil {
			return nil, err
		}
		for name, content := range built.Files {
			files[name] = content
		}
	}
	var all []Mutant
	for name, content := range files {
		dir, _, _ := strings.Cut(name, "/")
		if filepath.Ext(name) == ".yaml" && slices.Contains(dirs, dir) {
			all = append(all, Of(name, content)...)
		}
	}
	slices.SortStableFunc(all, func(a, b Mutant) int { return strings.Compare(a.File, b.File) })
	return all, nil
}

// Judge runs labcheck on each mutant, in copies of the repository at root.
func Judge(root string, mutants []Mutant) ([]Outcome, error) {
	outcomes := make([]Outcome, len(mutants))
	next := make(chan int)
	var wait sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	failed := make(chan error, workers)
	for range workers {
		wait.Go(func() {
			j, err := newJudge(root)
			for i := range next {
				if err == nil {
					outcomes[i], err = j.judge(mutants[i])
				}
			}
			if err != nil {
				failed <- err
			}
			if j != nil {
				os.RemoveAll(j.dir)
			}
		})
	}
	for i := range mutants {
		next <- i
	}
	close(next)
	wait.Wait()
	close(failed)
	return outcomes, <-failed
}

// judge has a copy of the repository to itself.
type judge struct {
	dir      string
	original map[string][]byte
	readers  map[string][]string // the overlays that are built from a file
}

func newJudge(root string) (*judge, error) {
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	j := &judge{dir: dir, original: map[string][]byte{}, readers: map[string][]string{}}
	overlays, err := overlay.Find(root)
	if err != nil {
		return j, err
	}
	for _, o := range overlays {
		built, err := overlay.Build(root, o)
		if err != nil {
			return j, err
		}
		for name, content := range built.Files {
			j.original[name] = content
			j.readers[name] = append(j.readers[name], o)
			if err := j.write(name, content); err != nil {
				return j, err
			}
		}
	}
	return j, os.Mkdir(filepath.Join(dir, ".git"), 0o755)
}

func (j *judge) write(name string, content []byte) error {
	path := filepath.Join(j.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// judge judges the first overlay that reads the mutant, and the others only if
// that one finds nothing.
func (j *judge) judge(m Mutant) (Outcome, error) {
	outcome := Outcome{Mutant: m}
	if err := j.write(m.File, m.Content); err != nil {
		return outcome, err
	}
	repository := overlay.Open(j.dir)
	readers := j.readers[m.File]
	for _, dirs := range [][]string{readers[:1], readers[1:]} {
		findings, err := findingsIn(repository, dirs)
		if err != nil {
			return outcome, fmt.Errorf("%s: %w", m, err)
		}
		outcome.take(findings)
		if outcome.Rule != "" {
			break
		}
	}
	return outcome, j.write(m.File, j.original[m.File])
}

// findingsIn judges overlays with all rules.
func findingsIn(repository *overlay.Repository, dirs []string) ([]check.Finding, error) {
	var subjects []*check.Subject
	for _, dir := range dirs {
		built, err := repository.Build(dir)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, &check.Subject{
			Overlay: dir, Objects: built.Objects, Problems: built.Problems, Files: built.Files, Versions: schema.Versions,
			Remarks: built.Remarks, Annotations: built.Annotations, Repository: repository,
		})
	}
	return check.Run(rules.All, subjects, check.Some).Findings, nil
}

// take keeps the best finding: one that is exact, or else the first.
func (o *Outcome) take(findings []check.Finding) {
	for _, f := range findings {
		exact := o.at(f.Pos)
		for _, related := range f.Related {
			exact = exact || o.at(related.Pos)
		}
		if o.Rule == "" || exact && !o.Exact {
			o.Rule, o.Exact = f.Rule, exact
			o.Says = fmt.Sprintf("%s:%d: %s", f.Pos.File, f.Pos.Line, f.Message)
		}
	}
}

func (o *Outcome) at(p manifest.Pos) bool {
	return p.File == o.File && slices.Contains(o.Lines, p.Line)
}
