package mutants

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// A Harmless says of mutants that the repository still works with them, and
// why. In File and Path * stands for any text.
type Harmless struct {
	File      string   `json:"file"`
	Path      string   `json:"path"`
	Mutations []string `json:"mutations"` // operators; none: all of them
	Why       string   `json:"why"`
	Known     string   `json:"known"` // or "", by reasoning alone

	file, path *regexp.Regexp
}

// How it is known that mutants are harmless.
const (
	SameBuild = "same build" // no overlay builds anything else
	OnCluster = "cluster"    // the lab was proved on a cluster with them: make harmless
	OnEngine  = "engine"     // Flux, or Argo CD, synced the lab with them
)

// Reviewed reads the reviewed list of harmless mutants.
func Reviewed(text []byte) ([]*Harmless, error) {
	var all []*Harmless
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		return nil, fmt.Errorf("reading the list of harmless mutants: %w", err)
	}
	for _, h := range all {
		if h.File == "" || h.Path == "" || h.Why == "" {
			return nil, fmt.Errorf("the entry %s %s lacks a file, a path or a reason", h.File, h.Path)
		}
		for _, operator := range h.Mutations {
			if !slices.Contains(Operators, operator) {
				return nil, fmt.Errorf("the entry %s %s names a mutation %q, which is none of %s", h.File, h.Path, operator, strings.Join(Operators, ", "))
			}
		}
		if ways[h.Known] == "" {
			return nil, fmt.Errorf("the entry %s %s is known by %q, which is none of %s", h.File, h.Path, h.Known, strings.Join([]string{SameBuild, OnCluster, OnEngine}, ", "))
		}
		h.file, h.path = wildcard(h.File), wildcard(h.Path)
	}
	return all, nil
}

func wildcard(pattern string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$")
}

func (h *Harmless) fits(m Mutant) bool {
	return h.file.MatchString(m.File) && h.path.MatchString(m.Path) &&
		(len(h.Mutations) == 0 || slices.Contains(h.Mutations, m.Operator))
}

// entryOf is the first entry that fits a mutant, or nil.
func entryOf(m Mutant, reviewed []*Harmless) *Harmless {
	if at := slices.IndexFunc(reviewed, func(h *Harmless) bool { return h.fits(m) }); at >= 0 {
		return reviewed[at]
	}
	return nil
}

// A Score is what labcheck found of the mutants that break something.
type Score struct {
	Caught   []Outcome
	Survived []Outcome // and nobody says that they are harmless
	Harmless []Outcome // survived, as reviewed
	Stale    []*Harmless
}

// Count sorts outcomes with the reviewed list. An entry of the list that no
// survivor needs is stale.
func Count(outcomes []Outcome, reviewed []*Harmless) Score {
	var s Score
	used := map[*Harmless]bool{}
	for _, o := range outcomes {
		entry := entryOf(o.Mutant, reviewed)
		switch {
		case o.Rule != "":
			s.Caught = append(s.Caught, o)
		case entry != nil:
			used[entry] = true
			s.Harmless = append(s.Harmless, o)
		default:
			s.Survived = append(s.Survived, o)
		}
	}
	for _, h := range reviewed {
		if !used[h] {
			s.Stale = append(s.Stale, h)
		}
	}
	return s
}

// Exact is how many of the mutants that were caught were so at their line.
func (s Score) Exact() int {
	n := 0
	for _, o := range s.Caught {
		if o.Exact {
			n++
		}
	}
	return n
}

// List is the reviewed list of this repository's harmless mutants.
//
//go:embed harmless.yaml
var List []byte

// Sample is one of every so many mutants.
func Sample(all []Mutant, every int) []Mutant {
	var some []Mutant
	for i := 0; i < len(all); i += every {
		some = append(some, all[i])
	}
	return some
}
