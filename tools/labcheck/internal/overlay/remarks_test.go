package overlay

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/dead"
)

// What the signs of a build leave to be tried is all that is dead: to try
// every piece by a build of its own, as a group does that was made from what
// it is built to, finds the same.
func TestSignsMissNothing(t *testing.T) {
	trees := map[string]string{filepath.Join("..", "rules", "testdata", "text-counts", "bad"): "overlay"}
	for _, e := range examples(t) {
		trees[e.root] = e.dir
	}
	dead := 0
	for root, dir := range trees {
		built, err := Build(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(built.Problems) > 0 {
			continue
		}
		for _, kust := range built.plan.Kusts {
			if kust.Component {
				continue
			}
			quick := built.repository.judged(kust.Dir, built)
			for member, exact := range everyPiece(built, kust.Dir) {
				got, want := deadPlaces(quick[member]), deadPlaces(exact)
				if !slices.Equal(got, want) {
					t.Errorf("%s: %s: found dead %v, but a build for each piece says %v", root, member, got, want)
				}
				dead += len(want)
			}
		}
	}
	if dead < 8 {
		t.Errorf("only %d dead pieces in all trees: this test tells nothing", dead)
	}
}

func everyPiece(built *Built, dir string) map[string]dead.Found {
	found := map[string]dead.Found{}
	user := built.plan.In(dir)
	objects := built.repository.outcome(user, built)
	for kust, f := range (dead.Group{Plan: built.plan, User: user, Before: objects.values, Built: objects.objects}).Judge() {
		found[kust.Dir] = f
	}
	return found
}

func deadPlaces(f dead.Found) []manifest.Pos {
	var found []manifest.Pos
	for _, problem := range slices.Concat(f.Idle, f.Unmatched) {
		found = append(found, problem.Pos)
	}
	slices.SortFunc(found, manifest.Pos.Compare)
	return found
}

// To look for what is dead changes nothing: the places of values are the same
// afterwards, and so is what is found when it is looked for again.
func TestRemarksLeaveThePlanAlone(t *testing.T) {
	root := filepath.Join("..", "rules", "testdata", "text-counts", "bad")
	built, err := Build(root, "overlay")
	if err != nil {
		t.Fatal(err)
	}
	first := built.Remarks().Idle
	built.repository = Open(root)
	if again := built.Remarks().Idle; len(first) == 0 || !slices.EqualFunc(first, again, func(a, b manifest.Problem) bool { return a.Pos == b.Pos }) {
		t.Errorf("first %v, then %v", first, again)
	}
	fresh, err := Build(root, "overlay")
	if err != nil {
		t.Fatal(err)
	}
	for i, object := range built.Objects {
		for _, path := range []manifest.Path{{"metadata", "name"}, {"spec", "replicas"}, {"data", "size"}} {
			if got, want := object.Locate(path...).Pos, fresh.Objects[i].Locate(path...).Pos; got != want {
				t.Errorf("%s %s is at %s, but was at %s", object.Ref, path, got, want)
			}
		}
	}
}

// An entry that aims at almost the name of an object leads to that name.
func TestWhatIsMeantIsRelated(t *testing.T) {
	built, err := Build(filepath.Join("..", "rules", "testdata", "targets-exist", "bad"), "overlay")
	if err != nil {
		t.Fatal(err)
	}
	led := map[int][]manifest.Related{}
	for _, problem := range built.Remarks().Unmatched {
		led[problem.Pos.Line] = problem.Related
	}
	want := []manifest.Related{{Message: "this one is there", Pos: manifest.Pos{File: "base/deployment.yaml", Line: 4, Column: 9}}}
	if !slices.Equal(led[10], want) {
		t.Errorf("name wbe relates %v, want %v", led[10], want)
	}
	if len(led[17]) > 0 {
		t.Errorf("kind StatefulSet, which is almost no other, relates %v", led[17])
	}
}

// An item of ports that is merged nowhere, as what says its protocol is
// misspelt or no text, leads there.
func TestSecondKeyIsRelated(t *testing.T) {
	for i, protocol := range []string{"protocoll: TCP", "protocol: [TCP]"} {
		built, err := Build(tree(t, map[string]string{
			"kustomization.yaml": "resources: [base]\npatches: [{path: p.yaml}]\n", "base/kustomization.yaml": "resources: [s.yaml]\n",
			"base/s.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - {port: 80, protocol: TCP}\n",
			"p.yaml":      "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec:\n  ports:\n  - port: 80\n    " + protocol + "\n    nodePort: 30080\n",
		}), ".")
		if err != nil {
			t.Fatal(err)
		}
		want := manifest.Pos{File: "p.yaml", Line: 7, Column: []int{5, 15}[i]}
		idle := built.Remarks().Idle
		if len(idle) != 1 || !slices.ContainsFunc(idle[0].Related, func(r manifest.Related) bool { return r.Pos == want }) {
			t.Errorf("%s: %+v, want one that relates %s", protocol, idle, want)
		}
	}
}
