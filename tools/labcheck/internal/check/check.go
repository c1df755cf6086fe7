// Package check is what a rule is, what it may see and what it may say, and
// the engine that runs rules over built overlays. It does no I/O: what is to
// be judged is handed in, what was found is handed back.
package check

import (
	"fmt"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Rule is one invariant of a good repository. It is a constant: declared as
// data, explained in Doc, proved by testdata/<ID>/{good,bad}.
type Rule struct {
	ID       string      // kebab-case and permanent: people type it and link to it
	Title    string      // the invariant, as a true sentence about a good repository
	Doc      string      // Markdown: what breaks without it, and how to put it right
	Needs    Input       // what must be there for Check to be called
	Requires []*Rule     // Check is not called while one of these has findings
	Check    func(*Pass) // reads the Pass and reports; does no I/O
}

// An Input says what a rule reads.
type Input int

const (
	// Objects is the default: the rule reads the objects of an overlay that was built.
	Objects Input = iota
	// Problems: the rule reads why an overlay was not built, or not whole.
	Problems
	// Waivers: the engine itself judges, when all other rules have run.
	Waivers
	// Live: the rule reads what a cluster showed of an overlay that was built.
	Live
)

// A Subject is what the rules judge: one overlay.
type Subject struct {
	Overlay  string             // its directory, relative to the repository root
	Objects  []manifest.Object  // in build order; nil if it could not be built
	Problems []manifest.Problem // what kept it from being built, or built whole
	Err      error              // why it could not be read: nothing is known of it
	Files    map[string][]byte  // every file that was read, by its path from the root
	Versions []string           // Kubernetes minor versions to judge for, oldest first
	// Remarks finds out, when first called, what there is to say about the text of the kustomizations.
	Remarks func() manifest.Remarks

	// Definitions are CustomResourceDefinitions of the cluster that the overlay
	// does not hold itself.
	Definitions  []manifest.Object
	AllowUnknown bool // objects of unknown kind are only counted

	// Live is what a cluster showed of the overlay, and LiveErr why none could
	// be asked. Where one of them is set, the overlay is judged by the rules
	// that read Live, else by all others.
	Live    *Snapshot
	LiveErr error
	// Probes are the objects of the probe Jobs, which were built from ProbeDir.
	Probes   []manifest.Object
	ProbeDir string

	Annotations []manifest.Annotation // what the overlay's kustomizations say to labcheck
	Given       []manifest.Given      // what is in the cluster already, beyond what those say
	Repository  Repository            // what stands beside the overlay; nil if that is not known

	memo   map[any]any
	shared *sync.Map // key to func() any, for all subjects of a Run
}

// A Repository tells of the kustomizations that stand beside an overlay.
type Repository interface {
	// Objects are what the kustomization in dir describes, and whether there
	// is one that can be read.
	Objects(dir string) ([]manifest.Object, bool)
	// Overlays are the directories of the root overlays.
	Overlays() ([]string, error)
	// IsComponent says whether the kustomization in dir is a Component.
	IsComponent(dir string) bool
	// Holds says whether there is a directory of this path.
	Holds(dir string) bool
	// Remotes are the URLs of the git repositories that this one is a clone of.
	Remotes() []string
}

// Built reports whether there is something for the rules to judge.
func (s *Subject) Built() bool { return s.Err == nil && (s.Objects != nil || len(s.Problems) == 0) }

// Memo returns what compute returned when it was first called with key for
// the subject of p. Rules that read the same analysis share its cost.
func Memo[T any](p *Pass, key any, compute func() T) T {
	if value, ok := p.memo[key]; ok {
		return value.(T)
	}
	value := compute()
	p.memo[key] = value
	return value
}

// Shared is Memo for all subjects of a Run: key holds all that the result
// depends on, and the result is not changed. Overlays on one base have most of
// their objects in common.
func Shared[T any](p *Pass, key any, compute func() T) T {
	once, _ := p.shared.LoadOrStore(key, sync.OnceValue(func() any { return compute() }))
	return once.(func() any)().(T)
}

// A Pass is one rule applied to one overlay: all that the rule may see, and
// the only way for it to speak. It is for one goroutine.
type Pass struct {
	*Subject
	rule     *Rule
	findings []Finding
	skips    []Skip
	notes    []string
	evidence []Evidence
}

// Report says that the field at path of o is wrong. The message is one
// sentence without capital and full stop, values quoted.
func (p *Pass) Report(o manifest.Object, path manifest.Path, message string, related ...manifest.Related) {
	p.report(o, path, o.Locate(path...), message, related)
}

// ReportKey is Report for a field whose name is wrong, not its value.
func (p *Pass) ReportKey(o manifest.Object, path manifest.Path, message string) {
	blame := o.Locate(path...)
	if len(path) > 0 {
		blame.Pos = beforeValue(p.Files[blame.Pos.File], blame.Pos, path[len(path)-1])
	}
	p.report(o, path, blame, message, nil)
}

// ReportLive is Report with what the cluster showed, in one sentence for each line.
func (p *Pass) ReportLive(o manifest.Object, path manifest.Path, message string, observed []string, related ...manifest.Related) {
	p.report(o, path, o.Locate(path...), message, related)
	p.findings[len(p.findings)-1].Observed = observed
}

func (p *Pass) report(o manifest.Object, path manifest.Path, blame manifest.Blame, message string, related []manifest.Related) {
	p.findings = append(p.findings, Finding{
		Rule: p.rule.ID, Overlay: p.Overlay, Object: o.Ref, Path: o.Format(path), Message: message,
		Pos: blame.Pos, Related: slices.Concat(related, blame.Related),
	})
}

// ReportProblem says what keeps the overlay itself from being right.
func (p *Pass) ReportProblem(problem manifest.Problem) {
	p.findings = append(p.findings, Finding{
		Rule: p.rule.ID, Overlay: p.Overlay, Message: problem.Message, Pos: problem.Pos, Related: problem.Related,
	})
}

// Skip says that something was not judged, and why.
func (p *Pass) Skip(format string, args ...any) {
	p.skips = append(p.skips, Skip{Rule: p.rule.ID, Overlay: p.Overlay, Reason: fmt.Sprintf(format, args...)})
}

// Note adds a few words on what was judged to the report of a clean overlay.
func (p *Pass) Note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// See says what the cluster showed of an object, as it should be, and which
// command shows it.
func (p *Pass) See(o manifest.Ref, seen, command string) {
	p.evidence = append(p.evidence, Evidence{Rule: p.rule.ID, Overlay: p.Overlay, Object: o, Seen: seen, Command: command})
}

// SeeAll is See for the overlay as a whole.
func (p *Pass) SeeAll(seen, command string) { p.See(manifest.Ref{}, seen, command) }

// A Finding is one violation at one place. It holds all that a report needs.
type Finding struct {
	Rule    string
	Overlay string
	Object  manifest.Ref // zero where the overlay itself is what is wrong
	Path    string       // spec.template.spec.containers[name=mysql].image
	Message string
	Pos     manifest.Pos // where to edit; zero where no file can put it right
	Related []manifest.Related
	// Observed is what the cluster showed, one sentence for each line.
	Observed []string
}

// A Skip is a rule, or a part of it, that was not judged. Silence is never a pass.
type Skip struct {
	Rule    string `json:"rule"`
	Overlay string `json:"overlay"`
	Reason  string `json:"reason"`
}

// Waived is a finding that a waiver allows, with the reason it gives.
type Waived struct {
	Finding
	Reason string
}

// Judged says what was judged of one overlay.
type Judged struct {
	Overlay string
	Objects int
	Held    int      // rules without finding and without skip
	Notes   []string // what the rules say of what they judged
}

// A Result is the outcome of Run, sorted: equal input gives an equal Result.
type Result struct {
	Judged   []Judged
	Findings []Finding
	Skips    []Skip
	Waived   []Waived
	Evidence []Evidence        // in the order of subjects and rules
	Rules    int               // how many rules were run
	Files    map[string][]byte // of all subjects
}

// Count is "1 finding" or "2 findings".
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
