package cli

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diff"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/report"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/revision"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// runDiff says what the working tree does to the overlays of a revision.
func runDiff(args []string, w World) (int, error) {
	flags := pflag.NewFlagSet("diff", pflag.ContinueOnError)
	output := flags.StringP("output", "o", "text", "`format` of the report: text, json or markdown")
	base := flags.String("base", "HEAD", "git `revision` to compare the working tree with")
	directories := flags.StringArray("crds", nil, "judge custom resources also by the CustomResourceDefinitions in the files below `dir`; may be repeated")
	root := flags.String("root", "", "repository root `dir`; nothing outside is read (default: the git top level)")
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	if err := oneOf("--output", *output, "text", "json", "markdown"); err != nil {
		return 0, err
	}
	definitions, err := readDefinitions(w.Dir, *directories)
	if err != nil {
		return 0, err
	}
	now, err := findRoot(w.Dir, *root, flags.Args())
	if err != nil {
		return 0, err
	}
	before, remove, err := revision.Checkout(now, *base)
	if err != nil {
		return 0, err
	}
	defer remove()
	old, new, err := bothSides(before, now, w.Dir, flags.Args())
	if err != nil {
		return 0, err
	}
	result := compare(*base, old, new, definitions)
	if err := report.DiffSkips(w.Stderr, result); err != nil {
		return 0, err
	}
	switch *output {
	case "json":
		err = report.DiffJSON(w.Stdout, result)
	case "markdown":
		err = report.DiffMarkdown(w.Stdout, result)
	default:
		err = report.DiffText(w.Stdout, result, w.Colour)
	}
	return diffCode(result), err
}

func diffCode(d report.Diff) int {
	switch {
	case d.Dangers() > 0:
		return Findings
	case d.Skipped():
		return CouldNotTell
	}
	return Clean
}

// bothSides builds the overlays that args name in both trees, by directory: one
// may be in one tree only. Without args they are all.
func bothSides(before, now, dir string, args []string) (old, new map[string]*check.Subject, err error) {
	trees := [2]targets{{root: before}, {root: now}}
	var found [2][]string
	for i := range trees {
		if found[i], err = overlay.Find(trees[i].root); err != nil {
			return nil, nil, unreadable(err)
		}
	}
	if len(args) == 0 {
		trees[0].overlays, trees[1].overlays = found[0], found[1]
	}
	for _, arg := range args {
		if err := addNamed(&trees, found, relativeTo(now, dir, arg)); err != nil {
			return nil, nil, err
		}
	}
	return subjectsOf(trees[0]), subjectsOf(trees[1]), nil
}

// addNamed adds the overlays in the directory rel to the trees that have it. It
// is a mistake if none has.
func addNamed(trees *[2]targets, found [2][]string, rel string) error {
	var errs [2]error
	for i := range trees {
		var named []string
		named, errs[i] = trees[i].named(trees[i].root, rel, found[i])
		trees[i].overlays = append(trees[i].overlays, named...)
	}
	var absent usageError
	switch {
	case errs[0] != nil && !errors.As(errs[0], &absent):
		return errs[0]
	case errs[1] != nil && (errs[0] != nil || !errors.As(errs[1], &absent)):
		return errs[1]
	}
	return nil
}

// relativeTo is the path from root of arg, which is typed in dir. Both may be
// reached through symbolic links; root is not.
func relativeTo(root, dir, arg string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	path := absolute(dir, arg)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if rel, err := filepath.Rel(root, path); err == nil {
		return rel
	}
	return path
}

func subjectsOf(t targets) map[string]*check.Subject {
	all := map[string]*check.Subject{}
	for _, s := range build(t, check.Subject{Versions: schema.Versions}) {
		all[s.Overlay] = s
	}
	return all
}

// compare compares the overlays of two trees.
func compare(base string, old, new map[string]*check.Subject, definitions []manifest.Object) report.Diff {
	result := report.Diff{Base: base, Files: map[string][]byte{}}
	all := maps.Clone(old)
	maps.Copy(all, new)
	for _, dir := range slices.Sorted(maps.Keys(all)) {
		overlay := report.OverlayDiff{Overlay: dir}
		before, after := objectsOf(old[dir], base, &overlay), objectsOf(new[dir], "the working tree", &overlay)
		if len(overlay.Skips) == 0 {
			changes, failures := diff.Compare(before, after, definitions)
			overlay.Changes = changes
			for _, failure := range failures {
				overlay.Skips = append(overlay.Skips, failure.Error())
			}
		}
		if s := new[dir]; s != nil {
			maps.Copy(result.Files, s.Files)
		}
		result.Overlays = append(result.Overlays, overlay)
	}
	return result
}

// objectsOf are those of a side; none where there is no such overlay.
func objectsOf(s *check.Subject, side string, o *report.OverlayDiff) []manifest.Object {
	switch {
	case s == nil:
		return nil
	case s.Err != nil:
		o.Skips = append(o.Skips, fmt.Sprintf("in %s: %v", side, s.Err))
	case len(s.Problems) > 0:
		o.Skips = append(o.Skips, fmt.Sprintf("in %s it does not build: %s: %s", side, s.Problems[0].Pos, s.Problems[0].Message))
	}
	return s.Objects
}
