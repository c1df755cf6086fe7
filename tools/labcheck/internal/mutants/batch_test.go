package mutants

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// An edit is what a mutant does to the lines of its file: those from one
// number up to, and without, another become others.
type edit struct {
	from, to int
	lines    []string
}

func editOf(original []byte, m Mutant) edit {
	before, after := strings.SplitAfter(string(original), "\n"), strings.SplitAfter(string(m.Content), "\n")
	from := 0
	for from < min(len(before), len(after)) && before[from] == after[from] {
		from++
	}
	end := 0
	for end < min(len(before), len(after))-from && before[len(before)-1-end] == after[len(after)-1-end] {
		end++
	}
	return edit{from: from, to: len(before) - end, lines: after[from : len(after)-end]}
}

// apart tells whether a line that neither changes is between two edits.
func (e edit) apart(other edit) bool { return e.to < other.from || other.to < e.from }

// A batch is mutants that can be applied together.
type batch []Mutant

// pack puts mutants into as few batches as it takes.
func pack(original map[string][]byte, all []Mutant) []batch {
	var batches []batch
	for _, m := range all {
		own := editOf(original[m.File], m)
		at := slices.IndexFunc(batches, func(b batch) bool {
			return !slices.ContainsFunc(b, func(other Mutant) bool {
				return other.File == m.File && !own.apart(editOf(original[m.File], other))
			})
		})
		if at < 0 {
			at, batches = len(batches), append(batches, nil)
		}
		batches[at] = append(batches[at], m)
	}
	return batches
}

// files returns each file that the batch changes, with all its mutants.
func (b batch) files(original map[string][]byte) map[string][]byte {
	edits := map[string][]edit{}
	for _, m := range b {
		edits[m.File] = append(edits[m.File], editOf(original[m.File], m))
	}
	changed := map[string][]byte{}
	for name, all := range edits {
		lines := strings.SplitAfter(string(original[name]), "\n")
		slices.SortFunc(all, func(a, b edit) int { return b.from - a.from })
		for _, e := range all {
			lines = slices.Replace(lines, e.from, e.to, e.lines...)
		}
		changed[name] = []byte(strings.Join(lines, ""))
	}
	return changed
}

// Every mutant is in one batch, alone on its lines, and a batch does what its
// mutants do.
func TestPack(t *testing.T) {
	original := map[string][]byte{"f.yaml": []byte(example)}
	all := Of("f.yaml", []byte(example))
	batches := pack(original, all)
	if got := slices.Concat(batches...); len(got) != len(all) || len(batches) < 3 || len(batches) > len(all)/2 {
		t.Fatalf("%d mutants are %d in %d batches", len(all), len(got), len(batches))
	}
	for _, m := range all {
		if got := (batch{m}).files(original)["f.yaml"]; !bytes.Equal(got, m.Content) {
			t.Errorf("%s alone is\n%s", m, got)
		}
	}
	named := func(path, operator string) Mutant {
		return all[slices.IndexFunc(all, func(m Mutant) bool { return m.Path == "Service/web "+path && m.Operator == operator })]
	}
	typo, flip, drop := named("metadata.name", Typo), named("spec.publish", Flip), named("spec.ports[http].name", Drop)
	want := strings.NewReplacer("name: web\n", "name: webb\n", "publish: true", "publish: false", "- name: http\n      port", "- port").Replace(example)
	if got := (batch{typo, drop, flip}).files(original)["f.yaml"]; string(got) != want {
		t.Errorf("three together are\n%s", got)
	}
	if got := pack(original, []Mutant{flip, named("spec.clusterIP", Typo), typo}); len(got) != 2 || len(got[0]) != 2 {
		t.Errorf("neighbours are not kept apart: %v", got)
	}
}
