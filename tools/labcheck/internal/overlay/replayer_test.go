package overlay

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
)

// A replayer changes blamed places of one tree and builds it again.
type replayer struct {
	*testing.T
	plan  *plan.Plan
	built *Built
	parts map[string][]manifest.Pos // which places had a part in a value
}

func newReplayer(t *testing.T, root, dir string) *replayer {
	repo, err := source.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	p, err := plan.Load(repo, dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &replayer{T: t, plan: p, parts: map[string][]manifest.Pos{}}
	r.built = r.build(p.Files)
	for _, problem := range r.built.Problems {
		t.Fatalf("%s: %s", problem.Pos, problem.Message)
	}
	return r
}

func (r *replayer) build(files map[string][]byte) *Built {
	built, err := Open("").buildFrom(source.InMemory(files, r.plan.Links), r.plan.Dir)
	if err != nil {
		r.Fatal(err)
	}
	return built
}

// edit is a copy of the files with these places changed.
func (r *replayer) edit(places []manifest.Pos) map[string][]byte {
	files := maps.Clone(r.plan.Files)
	for _, pos := range slices.Backward(slices.SortedFunc(slices.Values(places), manifest.Pos.Compare)) {
		changed, ok := changeToken(files[pos.File], pos)
		if !ok {
			r.Errorf("%s: no value stands there", pos)
			continue
		}
		files[pos.File] = changed
	}
	return files
}

// rename changes a place that names something.
func (r *replayer) rename(pos manifest.Pos, fields []field) {
	after, ok := r.attempt(r.edit([]manifest.Pos{pos}))
	if !ok {
		return
	}
	for _, field := range fields {
		object := r.built.Objects[field.object]
		if isName(object, field.path) && r.stillNamed(object, field.path, after) {
			r.Errorf("%s %s: changing %s leaves the name as it is", object.Ref, field.path, pos)
		}
	}
}

// attempt is what the files build to, without looking for what is wrong if
// they do not.
func (r *replayer) attempt(files map[string][]byte) (*Built, bool) {
	p, err := plan.Load(source.InMemory(files, r.plan.Links), r.plan.Dir)
	if err != nil {
		r.Fatal(err)
	}
	memory, err := p.Memory()
	if err != nil {
		r.Fatal(err)
	}
	objects, err := engine.Run(memory, p.Dir, p.OwnSchema)
	if err != nil || len(p.Problems) > 0 {
		return nil, false
	}
	built := &Built{}
	if err := built.take(objects, p); err != nil {
		r.Fatal(err)
	}
	return built, true
}

// change changes places and holds what became of all values against the rules.
func (r *replayer) change(places []manifest.Pos, tokens map[manifest.Pos][]field) {
	after := r.build(r.edit(places))
	for _, problem := range after.Problems {
		if len(places) > 1 && strings.Contains(problem.Message, "test failed") {
			for _, pos := range places {
				r.change([]manifest.Pos{pos}, tokens)
			}
			return
		}
		if !strings.Contains(problem.Message, "test failed") {
			r.Errorf("after a change of %v: %s: %s", places, problem.Pos, problem.Message)
		}
	}
	if len(after.Problems) > 0 {
		return
	}
	if len(after.Objects) != len(r.built.Objects) {
		r.Errorf("after a change of %v: %d objects instead of %d", places, len(after.Objects), len(r.built.Objects))
		return
	}
	in := map[manifest.Pos]bool{}
	for _, pos := range places {
		in[pos] = true
	}
	for i, object := range r.built.Objects {
		other := r.counterpart(i, after)
		for _, path := range scalarPaths(object.Fields, nil) {
			was, _ := object.Field(path...)
			is, _ := other.Field(path...)
			parts := r.parts[key(i, path)]
			if reflect.DeepEqual(was, is) {
				if len(parts) > 0 && in[parts[0]] {
					r.Errorf("%s %s: changing %s changes nothing", object.Ref, path, parts[0])
				}
				continue
			}
			if !slices.ContainsFunc(parts, func(pos manifest.Pos) bool { return in[pos] }) && !sameButHash(was, is) && !r.unfollowed(parts, is) {
				r.Errorf("%s %s: blamed %v, changes from %v to %v with other places", object.Ref, path, parts, was, is)
			}
		}
	}
}

// unfollowed says whether a value is what is written at its place.
func (r *replayer) unfollowed(parts []manifest.Pos, value any) bool {
	if len(parts) < 2 {
		return false
	}
	lines := strings.Split(string(r.plan.Files[parts[0].File]), "\n")
	return strings.HasPrefix(strings.Trim(lines[parts[0].Line-1][parts[0].Column-1:], `"'`), fmt.Sprint(value))
}

// counterpart is the same object after a change: the one of that number, as
// changes of values keep the order but for hashes.
func (r *replayer) counterpart(number int, after *Built) manifest.Object {
	ref := r.built.Objects[number].Ref
	for _, object := range after.Objects {
		if object.Ref == ref {
			return object
		}
	}
	return after.Objects[number]
}

var contentHash = regexp.MustCompile(`-[a-z0-9]{10}$`)

func sameButHash(was, is any) bool {
	x, y := fmt.Sprint(was), fmt.Sprint(is)
	return contentHash.MatchString(x) && contentHash.ReplaceAllString(x, "") == contentHash.ReplaceAllString(y, "")
}

// isName says whether the value at path names an object or an item of a list.
func isName(object manifest.Object, path manifest.Path) bool {
	last := path[len(path)-1]
	switch {
	case len(path) == 1:
		return last == "kind" || last == "apiVersion"
	case len(path) == 2 && path[0] == "metadata":
		return last == "name" || last == "namespace"
	}
	list, _ := object.Field(path[:len(path)-2]...)
	_, isItem := list.([]any)
	return isItem && slices.Contains([]string{"name", "containerPort", "port", "mountPath", "topologyKey", "kind", "protocol"}, last)
}

// stillNamed says whether what path names is there as before.
func (r *replayer) stillNamed(object manifest.Object, path manifest.Path, after *Built) bool {
	if len(path) < 3 {
		return slices.ContainsFunc(after.Objects, func(other manifest.Object) bool { return other.Ref == object.Ref })
	}
	was, _ := object.Field(path[:len(path)-2]...)
	for _, other := range after.Objects {
		if is, _ := other.Field(path[:len(path)-2]...); other.Ref == object.Ref && !reflect.DeepEqual(is, was) {
			return false
		}
	}
	return true
}

func scalarPaths(value any, at manifest.Path) []manifest.Path {
	var all []manifest.Path
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			all = append(all, scalarPaths(value[key], append(slices.Clone(at), key))...)
		}
	case []any:
		for i, item := range value {
			all = append(all, scalarPaths(item, append(slices.Clone(at), strconv.Itoa(i)))...)
		}
	default:
		return []manifest.Path{at}
	}
	return all
}
