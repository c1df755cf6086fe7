package overlay

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// An example is a directory of testdata/trace: a small tree that shows one
// feature of kustomize, and want.txt, which says who wrote what in it:
//
//	@dir                         what to build, if not the tree itself
//	kind/name path file:line:col [< related ...]
type example struct {
	feature string
	root    string
	dir     string
	wants   []want
}

type want struct {
	object, path, pos string
	related           []string
}

func examples(t *testing.T) []example {
	t.Helper()
	dirs, err := os.ReadDir("testdata/trace")
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	for _, dir := range dirs {
		all = append(all, readExample(t, dir.Name()))
	}
	if len(all) < 60 {
		t.Fatalf("%d examples, want at least 60", len(all))
	}
	return all
}

func readExample(t *testing.T, feature string) example {
	t.Helper()
	e := example{feature: feature, root: filepath.Join("testdata", "trace", feature), dir: "."}
	data, err := os.ReadFile(filepath.Join(e.root, "want.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if dir, ok := strings.CutPrefix(line, "@"); ok {
			e.dir = dir
			continue
		}
		parts := strings.Split(line, " < ")
		words := strings.Fields(parts[0])
		if len(words) != 3 {
			t.Fatalf("%s: cannot read %q", feature, line)
		}
		e.wants = append(e.wants, want{words[0], words[1], words[2], parts[1:]})
	}
	return e
}

// find is the object a want speaks of, by kind/name with * for a hash.
func find(t *testing.T, built *Built, name string) manifest.Object {
	t.Helper()
	for _, object := range built.Objects {
		if ok, _ := path.Match(name, object.Ref.String()); ok {
			return object
		}
	}
	t.Fatalf("no object %s", name)
	return manifest.Object{}
}

// steps reads a path: steps with a point between, \. for a point in a step,
// list[key=value] or list[value] for an item, and "." for the whole object.
func steps(t *testing.T, object manifest.Object, text string) manifest.Path {
	t.Helper()
	var steps manifest.Path
	if text == "." {
		return steps
	}
	for _, step := range strings.Split(strings.ReplaceAll(text, `\.`, "\x00"), ".") {
		step = strings.ReplaceAll(step, "\x00", ".")
		name, choice, chosen := strings.Cut(strings.ReplaceAll(step, "]", ""), "[")
		steps = append(steps, name)
		if chosen {
			steps = append(steps, item(t, object, steps, choice))
		}
	}
	return steps
}

func item(t *testing.T, object manifest.Object, list manifest.Path, choice string) string {
	t.Helper()
	value, _ := object.Field(list...)
	items, _ := value.([]any)
	key, want, keyed := strings.Cut(choice, "=")
	for i, item := range items {
		if found, _ := manifest.Lookup(item, key); keyed && fmt.Sprint(found) == want || !keyed && item == choice {
			return strconv.Itoa(i)
		}
	}
	t.Fatalf("%s has no item [%s]", list, choice)
	return ""
}

// TestCorpus holds every blamed position of the corpus against the one that
// is written down.
func TestCorpus(t *testing.T) {
	total := 0
	for _, e := range examples(t) {
		t.Run(e.feature, func(t *testing.T) {
			built, err := Build(e.root, e.dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, problem := range built.Problems {
				t.Errorf("%s: %s", problem.Pos, problem.Message)
			}
			for _, want := range e.wants {
				object := find(t, built, want.object)
				got := object.Locate(steps(t, object, want.path)...)
				if got.Pos.String() != want.pos {
					t.Errorf("%s %s: blamed %s, want %s", want.object, want.path, got.Pos, want.pos)
				}
				for _, related := range want.related {
					if !relates(got, related) {
						t.Errorf("%s %s: related %v, want %s among them", want.object, want.path, got.Related, related)
					}
				}
			}
		})
		total += len(e.wants)
	}
	t.Logf("%d positions", total)
}

func relates(blame manifest.Blame, pos string) bool {
	for _, related := range blame.Related {
		if related.Pos.String() == pos {
			return true
		}
	}
	return false
}
