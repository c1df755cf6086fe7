package diagnosis

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A view finds its way between the objects of an overlay and those of a Snapshot.
type view struct {
	snapshot *check.Snapshot
	overlay  []manifest.Object
	declared map[key]manifest.Object
	live     map[key]manifest.Object
	order    []key // of live
	pods     map[key]*corev1.Pod
	nodes    map[string]*corev1.Node
	missed   map[string]bool
	known    map[key]found // Pods that were judged already
}

// A key names an object in any version of its kind.
type key struct{ group, kind, namespace, name string }

func keyOf(r manifest.Ref) key { return key{r.Group(), r.Kind, r.Namespace, r.Name} }

func newView(declared []manifest.Object, s *check.Snapshot) *view {
	v := &view{
		snapshot: s, overlay: declared, declared: map[key]manifest.Object{}, live: map[key]manifest.Object{}, pods: map[key]*corev1.Pod{},
		nodes: map[string]*corev1.Node{}, missed: map[string]bool{}, known: map[key]found{},
	}
	for _, m := range s.Misses {
		v.missed[m.Resource] = true
	}
	for _, o := range s.Objects {
		k := keyOf(o.Ref)
		v.live[k], v.order = o, append(v.order, k)
		switch {
		case k.group == "" && k.kind == "Pod":
			v.pods[k] = typed[corev1.Pod](o)
		case k.group == "" && k.kind == "Node":
			v.nodes[k.name] = typed[corev1.Node](o)
		}
	}
	for _, o := range declared {
		if live, ok := s.Find(o.Ref); ok {
			v.declared[keyOf(live.Ref)] = o
		}
	}
	return v
}

// typed reads the fields of o into the type of its kind. A field of another
// type than the kind has is left out: what the API server serves has none.
func typed[T any](o manifest.Object) *T {
	value := new(T)
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(o.Fields, value)
	return value
}

// isMissed reports whether objects of r's kind could not be read.
func (v *view) isMissed(r manifest.Ref) bool {
	return v.missed[plural(r.Kind)]
}

// plural is the resource of a kind, by the rule that all built-in kinds keep.
func plural(kind string) string {
	lower := strings.ToLower(kind)
	switch {
	case strings.HasSuffix(lower, "s"):
		return lower + "es"
	case strings.HasSuffix(lower, "y"):
		return strings.TrimSuffix(lower, "y") + "ies"
	}
	return lower + "s"
}

// owned returns the live objects of a kind that have owner as an owner.
func (v *view) owned(owner manifest.Ref, kind string) []manifest.Object {
	var owned []manifest.Object
	for _, k := range v.order {
		if k.kind != kind || k.namespace != owner.Namespace {
			continue
		}
		for _, ref := range v.owners(k) {
			if ref.Kind == owner.Kind && ref.Name == owner.Name {
				owned = append(owned, v.live[k])
			}
		}
	}
	return owned
}

func (v *view) owners(k key) []metav1.OwnerReference {
	return typed[metav1.PartialObjectMetadata](v.live[k]).OwnerReferences
}

// podsOf returns the Pods of owner that are on their way or there.
func (v *view) podsOf(owner manifest.Ref) []*corev1.Pod {
	var pods []*corev1.Pod
	for _, o := range v.owned(owner, "Pod") {
		pods = append(pods, v.pods[keyOf(o.Ref)])
	}
	return pods
}

// A home is where the spec of a Pod stands in the overlay.
type home struct {
	object manifest.Object
	spec   manifest.Path // of the Pod
}

// podSpec is where a kind has the spec of its Pods.
func podSpec(kind string) manifest.Path {
	switch kind {
	case "Pod":
		return manifest.Path{"spec"}
	case "CronJob":
		return manifest.Path{"spec", "jobTemplate", "spec", "template", "spec"}
	}
	return manifest.Path{"spec", "template", "spec"}
}

// homeOf climbs from a live object to the object of the overlay that it came of.
func (v *view) homeOf(k key) (home, bool) {
	if o, ok := v.declared[k]; ok {
		return home{o, podSpec(o.Kind)}, true
	}
	for _, owner := range v.owners(k) {
		up := key{manifest.Ref{APIVersion: owner.APIVersion}.Group(), owner.Kind, k.namespace, owner.Name}
		if h, ok := v.homeOf(up); ok {
			return h, true
		}
	}
	return home{}, false
}

// at is the path below the Pod's spec.
func (h home) at(steps ...string) manifest.Path {
	return append(slices.Clone(h.spec), steps...)
}

// container is the path of a container, or of all where the overlay has none of that name.
func (h home) container(name string, steps ...string) manifest.Path {
	for _, list := range []string{"initContainers", "containers"} {
		if i := indexByName(h.object, h.at(list), name); i != "" {
			return h.at(append([]string{list, i}, steps...)...)
		}
	}
	return h.at("containers")
}

// indexByName is the index of the item with a name in the list at path, or "".
func indexByName(o manifest.Object, path manifest.Path, name string) string {
	value, _ := o.Field(path...)
	list, _ := value.([]any)
	for i, item := range list {
		if found, _ := manifest.Lookup(item, "name"); found == name {
			return itoa(i)
		}
	}
	return ""
}

// events returns what was said of an object for one of the reasons, latest first.
func (v *view) events(k key, reasons ...string) []check.Event {
	var events []check.Event
	for _, e := range v.snapshot.Events {
		if keyOf(e.Object) == k && slices.Contains(reasons, e.Reason) {
			events = append(events, e)
		}
	}
	slices.Reverse(events)
	return events
}

// logOf is the end of what a container has written.
func (v *view) logOf(p *corev1.Pod, container string) []string {
	for _, l := range v.snapshot.Logs {
		if l.Namespace == p.Namespace && l.Pod == p.Name && l.Container == container {
			return l.Lines
		}
	}
	return nil
}

func podKey(p *corev1.Pod) key { return key{"", "Pod", p.Namespace, p.Name} }

func podRef(p *corev1.Pod) manifest.Ref {
	return manifest.Ref{APIVersion: "v1", Kind: "Pod", Namespace: p.Namespace, Name: p.Name}
}

// sortedPods are all Pods, by name.
func (v *view) sortedPods() []*corev1.Pod {
	return slices.SortedFunc(maps.Values(v.pods), func(a, b *corev1.Pod) int {
		return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
}
