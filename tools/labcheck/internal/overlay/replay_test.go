package overlay

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestReplay changes, in a copy of each tree, the places that are blamed for
// its values, builds again and looks at what changed:
//
//   - the value itself must;
//   - another value may only if one of the changed places had a part in it (it
//     is blamed for it, or related), if it holds the hash of content that
//     changed, or if it is a name that kustomize follows no more, as the change
//     made it one of something else: then it is what is written;
//   - what names an object or an item of a list cannot change alone: then the
//     old object or item must be gone, or the build must say what is wrong;
//   - what a JSON 6902 test expects cannot change: the build must say so;
//   - a default of kustomize and a key without a value stand for nothing that
//     is written: there is nothing to change.
//
// A value nobody is blamed for fails the test. Places are numbered, and each
// build changes those with one binary digit in common: a value must change in
// exactly the builds that its own place is part of.
func TestReplay(t *testing.T) {
	for _, e := range examples(t) {
		t.Run(e.feature, func(t *testing.T) {
			t.Parallel()
			replay(t, e.root, e.dir)
		})
	}
}

// TestReplayLab is the same for the overlays of this repository.
func TestReplayLab(t *testing.T) {
	for _, dir := range labOverlays(t) {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			replay(t, lab, dir)
		})
	}
}

// lab is the root of this repository.
var lab = filepath.Join("..", "..", "..", "..")

func labOverlays(t *testing.T) []string {
	t.Helper()
	all, err := Find(lab)
	if err != nil || len(all) == 0 {
		t.Fatalf("the lab has no overlay (%v)", err)
	}
	return slices.DeleteFunc(all, func(dir string) bool { return strings.HasPrefix(dir, "tools/") })
}

func replay(t *testing.T, root, dir string) {
	r := newReplayer(t, root, dir)
	tokens := map[manifest.Pos][]field{}
	for i, object := range r.built.Objects {
		for _, path := range scalarPaths(object.Fields, nil) {
			blame := object.Locate(path...)
			if blame.Pos.Line == 0 {
				t.Errorf("%s %s: nobody is blamed: %v", object.Ref, path, blame)
				continue
			}
			if value, _ := object.Field(path...); isDefault(blame) || value == nil && !r.nullAt(blame.Pos) {
				continue
			}
			tokens[blame.Pos] = append(tokens[blame.Pos], field{i, path})
			r.parts[key(i, path)] = append([]manifest.Pos{blame.Pos}, places(blame)...)
		}
	}
	var places []manifest.Pos
	scalars := 0
	for _, pos := range slices.SortedFunc(maps.Keys(tokens), manifest.Pos.Compare) {
		scalars += len(tokens[pos])
		if slices.ContainsFunc(tokens[pos], func(f field) bool { return isName(r.built.Objects[f.object], f.path) }) {
			if _, done := renamed.LoadOrStore(root+pos.String(), true); !done {
				r.rename(pos, tokens[pos])
			}
			continue
		}
		places = append(places, pos)
	}
	for _, group := range groups(places) {
		r.change(group, tokens)
	}
	t.Logf("%d values, %d places", scalars, len(tokens))
}

// renamed holds the names that were replayed, as overlays share bases.
var renamed sync.Map

// groups splits places by each digit of their number, ones and zeros.
func groups(places []manifest.Pos) [][]manifest.Pos {
	var all [][]manifest.Pos
	for bit := 1; bit <= len(places); bit <<= 1 {
		var ones, zeros []manifest.Pos
		for i, pos := range places {
			if i&bit != 0 {
				ones = append(ones, pos)
			} else {
				zeros = append(zeros, pos)
			}
		}
		all = append(all, ones, zeros)
	}
	return all
}

// field is a value of an object that was built.
type field struct {
	object int
	path   manifest.Path
}

// nullAt says whether null is written at a place.
func (r *replayer) nullAt(pos manifest.Pos) bool {
	lines := strings.Split(string(r.plan.Files[pos.File]), "\n")
	rest := lines[pos.Line-1][pos.Column-1:]
	return strings.HasPrefix(rest, "null") || strings.HasPrefix(rest, "~")
}

func isDefault(blame manifest.Blame) bool {
	return len(blame.Related) > 0 && strings.HasPrefix(blame.Related[0].Message, "a default of kustomize")
}

func key(object int, path manifest.Path) string { return fmt.Sprint(object, path) }

func places(blame manifest.Blame) []manifest.Pos {
	var all []manifest.Pos
	for _, related := range blame.Related {
		all = append(all, related.Pos)
	}
	return all
}
