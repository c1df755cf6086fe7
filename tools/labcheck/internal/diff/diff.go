// Package diff says what a change of a repository does to the objects of one
// overlay, field by field, and which of it is dangerous in a cluster where the
// objects run: changes that the API server refuses, and those that it takes
// but that lose data or traffic. It reads no file and asks no cluster.
package diff

import (
	"cmp"
	"reflect"
	"regexp"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// An Action is what happens to an object.
type Action string

const (
	Added   Action = "added"
	Changed Action = "changed"
	Removed Action = "removed"
	Renamed Action = "renamed" // a generator's hash in its name changes
)

// A Change is what happens to one object.
type Change struct {
	Action   Action
	Old, New manifest.Object // zero where there is none
	Fields   []Field         // what differs, of an object that is Changed or Renamed
	Dangers  []Danger        // the worst first
}

// Object names what is changed: the new object or, if there is none, the old.
func (c Change) Object() manifest.Ref {
	if c.Action == Removed {
		return c.Old.Ref
	}
	return c.New.Ref
}

// Compare returns what happens to the objects of an overlay: the changes in
// the order of the new build, then what is removed. definitions are the
// CustomResourceDefinitions of the cluster that the overlay does not hold
// itself. The errors say what could not be judged.
func Compare(old, new, definitions []manifest.Object) ([]Change, []error) {
	before := map[identity]manifest.Object{}
	for _, o := range old {
		before[identify(o)] = o
	}
	var changes []Change
	var failures []error
	kept := map[identity]bool{}
	for _, o := range new {
		id := identify(o)
		was, ok := before[id]
		if !ok {
			changes = append(changes, Change{Action: Added, New: o})
			continue
		}
		kept[id] = true
		if reflect.DeepEqual(was.Fields, o.Fields) {
			continue
		}
		changes = append(changes, Change{Action: Changed, Old: was, New: o, Fields: fieldsOf(was, o)})
	}
	for _, o := range old {
		if !kept[identify(o)] {
			changes = append(changes, Change{Action: Removed, Old: o})
		}
	}
	changes = pairHashes(changes)
	judge := judgement{new: new, definitions: custom.Declared(slices.Concat(new, old, definitions))}
	for i := range changes {
		if err := judge.dangers(&changes[i]); err != nil {
			failures = append(failures, err)
		}
	}
	return changes, failures
}

// An identity tells objects of a cluster apart. The version does not: the same
// object is served in several.
type identity struct{ group, kind, namespace, name string }

func identify(o manifest.Object) identity {
	return identity{o.Group(), o.Kind, o.Namespace, o.Name}
}

// hashed is a name that ends with what kustomize makes of the content.
var hashed = regexp.MustCompile(`^(.+)-[2456789bcdfghkmt]{10}$`)

// pairHashes joins a removed and an added object into one that is renamed,
// where only the hash in the name tells them apart.
func pairHashes(changes []Change) []Change {
	for i := range changes {
		added := &changes[i]
		if added.Action != Added {
			continue
		}
		j := slices.IndexFunc(changes, func(c Change) bool { return c.Action == Removed && sameButHash(c.Old, added.New) })
		if j < 0 {
			continue
		}
		old := changes[j].Old
		*added = Change{Action: Renamed, Old: old, New: added.New, Fields: fieldsOf(old, added.New)}
		changes[j].Action = ""
	}
	return slices.DeleteFunc(changes, func(c Change) bool { return c.Action == "" })
}

func sameButHash(a, b manifest.Object) bool {
	if a.Kind != b.Kind || a.Group() != b.Group() || a.Namespace != b.Namespace {
		return false
	}
	base, other := hashed.FindStringSubmatch(a.Name), hashed.FindStringSubmatch(b.Name)
	return base != nil && other != nil && base[1] == other[1]
}

// ranked orders dangers by how much is lost, and keeps one of each kind at a
// path: that of the new files, where a line is there instead of another.
func ranked(dangers []Danger) []Danger {
	slices.SortStableFunc(dangers, func(a, b Danger) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), a.Path.Compare(b.Path), inBase(a)-inBase(b))
	})
	return slices.CompactFunc(dangers, func(a, b Danger) bool { return a.Kind == b.Kind && a.Path.Compare(b.Path) == 0 })
}

func inBase(d Danger) int {
	if d.InBase {
		return 1
	}
	return 0
}
