package cluster

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A name is an object's name in the cluster, in any version of its kind.
type name struct{ group, kind, namespace, name string }

func nameOf(r manifest.Ref) name { return name{r.Group(), r.Kind, r.Namespace, r.Name} }

// keep makes a Snapshot of the items that have to do with the declared objects.
func keep(items []fields, declared []manifest.Object, home string) *check.Snapshot {
	k := keeper{home: home, kept: map[name]bool{}, uids: map[string]bool{}}
	for _, item := range items {
		o := objectOf(item)
		if o.Kind == "Event" && o.Group() == "" {
			k.events = append(k.events, o)
		} else {
			k.objects = append(k.objects, o)
		}
	}
	for _, o := range declared {
		k.kept[nameOf(o.Ref)] = true
		k.kept[nameOf(manifest.Ref{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: home, Name: o.Name})] = true
	}
	for grown := true; grown; {
		grown = false
		for _, o := range k.objects {
			if !k.kept[nameOf(o.Ref)] && k.belongs(o) {
				k.kept[nameOf(o.Ref)], grown = true, true
			}
		}
	}
	return k.snapshot()
}

type keeper struct {
	home            string
	objects, events []manifest.Object
	kept            map[name]bool
	uids            map[string]bool // of what is kept
}

func objectOf(item fields) manifest.Object {
	o := manifest.Object{Fields: item}
	o.Ref = manifest.Ref{
		APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"),
		Namespace: o.Text("metadata", "namespace"), Name: o.Text("metadata", "name"),
	}
	return o
}

// belongs reports whether o came of an object that is kept, or is used by one.
func (k *keeper) belongs(o manifest.Object) bool {
	switch o.Kind {
	case "Node":
		return true
	case "PersistentVolumeClaim":
		return k.isClaimed(o.Ref)
	case "ReplicaSet":
		if replicas, ok := o.Field("spec", "replicas"); ok && replicas == int64(0) {
			return false // an old revision
		}
	}
	owners, _ := o.Field("metadata", "ownerReferences")
	list, _ := owners.([]any)
	for i := range list {
		owner := manifest.Object{Fields: list[i].(fields)}
		ref := manifest.Ref{APIVersion: owner.Text("apiVersion")}
		if k.kept[name{ref.Group(), owner.Text("kind"), o.Namespace, owner.Text("name")}] {
			return true
		}
	}
	return false
}

// isClaimed reports whether a claim is that of a Pod that is kept, or was made
// for one by a StatefulSet that is kept.
func (k *keeper) isClaimed(claim manifest.Ref) bool {
	for _, o := range k.objects {
		if o.Namespace != claim.Namespace || !k.kept[nameOf(o.Ref)] {
			continue
		}
		switch o.Kind {
		case "Pod":
			volumes, _ := o.Field("spec", "volumes")
			list, _ := volumes.([]any)
			for _, volume := range list {
				if used, _ := manifest.Lookup(volume, "persistentVolumeClaim", "claimName"); used == claim.Name {
					return true
				}
			}
		case "StatefulSet":
			templates, _ := o.Field("spec", "volumeClaimTemplates")
			list, _ := templates.([]any)
			for _, template := range list {
				made, _ := manifest.Lookup(template, "metadata", "name")
				prefix, _ := made.(string)
				if ordinal, ok := strings.CutPrefix(claim.Name, prefix+"-"+o.Name+"-"); ok && isNumber.MatchString(ordinal) {
					return true
				}
			}
		}
	}
	return false
}

var isNumber = regexp.MustCompile(`^[0-9]+$`)

func (k *keeper) snapshot() *check.Snapshot {
	s := &check.Snapshot{}
	for _, o := range k.objects {
		if !k.kept[nameOf(o.Ref)] {
			continue
		}
		k.uids[o.Text("metadata", "uid")] = true
		o.Fields = prune(o.Fields)
		s.Objects = append(s.Objects, o)
	}
	slices.SortFunc(s.Objects, func(a, b manifest.Object) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
	})
	s.Events = k.keepEvents()
	return s
}

// keepEvents keeps what was said last about each object, once, oldest first.
func (k *keeper) keepEvents() []check.Event {
	var about []manifest.Object
	for _, e := range k.events {
		if k.uids[e.Text("involvedObject", "uid")] {
			about = append(about, e)
		}
	}
	slices.SortStableFunc(about, func(a, b manifest.Object) int {
		return cmp.Or(strings.Compare(seenAt(a), seenAt(b)), strings.Compare(a.Name, b.Name))
	})
	last := map[check.Event]int{}
	for i, e := range about {
		last[eventOf(e)] = i
	}
	var events []check.Event
	for _, i := range slices.Sorted(maps.Values(last)) {
		events = append(events, eventOf(about[i]))
	}
	return events
}

func seenAt(e manifest.Object) string {
	return cmp.Or(e.Text("series", "lastObservedTime"), e.Text("lastTimestamp"), e.Text("eventTime"), e.Text("metadata", "creationTimestamp"))
}

func eventOf(e manifest.Object) check.Event {
	return check.Event{
		Object: manifest.Ref{
			APIVersion: e.Text("involvedObject", "apiVersion"), Kind: e.Text("involvedObject", "kind"),
			Namespace: e.Text("involvedObject", "namespace"), Name: e.Text("involvedObject", "name"),
		},
		Part: e.Text("involvedObject", "fieldPath"), Reason: e.Text("reason"), Message: strings.TrimSpace(e.Text("message")),
	}
}
