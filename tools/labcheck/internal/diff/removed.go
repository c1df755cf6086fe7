package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// removal are the dangers of an object that is no longer in the build. kubectl
// apply leaves it where it is; Argo CD and Flux prune it.
func removal(o manifest.Object) []Danger {
	kind, lost := losses(o)
	if lost == "" || staysUnpruned(o) {
		return nil
	}
	return []Danger{{
		Kind: kind, Pos: o.Locate("metadata", "name").Pos, InBase: true,
		Message: "the object is removed, and " + lost,
		Advice:  "to keep it in the cluster, first annotate it with argocd.argoproj.io/sync-options: Prune=false and kustomize.toolkit.fluxcd.io/prune: disabled",
	}}
}

// losses says what goes when an object is deleted that holds data or
// credentials.
func losses(o manifest.Object) (Kind, string) {
	switch {
	case IsSecret(o):
		return SecretRemoved, "what still reads it does not start again"
	case o.Kind == "PersistentVolumeClaim":
		return DataDeleted, "where it is pruned the data of the claim is lost"
	case o.Kind == "PersistentVolume":
		return DataDeleted, "where it is pruned nothing leads to its data any more"
	case o.Kind == "Namespace":
		return DataDeleted, "where it is pruned everything in the namespace is deleted, claims too"
	case o.Kind == "CustomResourceDefinition":
		return DataDeleted, fmt.Sprintf("where it is pruned every %s in the cluster is deleted", o.Text("spec", "names", "kind"))
	case o.Kind == "StatefulSet":
		return statefulLosses(o)
	}
	return "", ""
}

func statefulLosses(o manifest.Object) (Kind, string) {
	switch {
	case len(o.Items("spec", "volumeClaimTemplates")) == 0:
		return "", ""
	case o.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted") == "Delete":
		return DataDeleted, "where it is pruned its claims are deleted with it, by persistentVolumeClaimRetentionPolicy.whenDeleted"
	}
	return DataDeleted, "where it is pruned nothing serves its data any more; the claims stay"
}

// staysUnpruned reports whether neither engine prunes o.
func staysUnpruned(o manifest.Object) bool {
	return strings.Contains(o.Text("metadata", "annotations", "argocd.argoproj.io/sync-options"), "Prune=false") &&
		o.Text("metadata", "annotations", "kustomize.toolkit.fluxcd.io/prune") == "disabled"
}

// renaming is the danger of a new hash in a name: what refers to it gets new
// Pods.
func (j judgement) renaming(c Change) []Danger {
	var users []string
	for _, o := range j.new {
		if mentions(o.Fields["spec"], c.New.Name) {
			users = append(users, o.Ref.String())
		}
	}
	if len(users) == 0 {
		return nil
	}
	return []Danger{{
		Kind: HashChanges, Path: manifest.Path{"metadata", "name"}, Pos: c.content(),
		Message: fmt.Sprintf("its name changes from %s with the content: the Pods of %s are replaced", c.Old.Name, strings.Join(users, ", ")),
	}}
}

// content is where the first field was written that gives a Renamed object its
// new name.
func (c Change) content() manifest.Pos {
	i := slices.IndexFunc(c.Fields, func(f Field) bool { return f.Path()[0] != "metadata" })
	if i < 0 {
		return c.New.Locate("metadata", "name").Pos
	}
	return c.Fields[i].Locate(c.Old, c.New)
}

// mentions reports whether a text below value is name.
func mentions(value any, name string) bool {
	switch value := value.(type) {
	case string:
		return value == name
	case map[string]any:
		for _, inner := range value {
			if mentions(inner, name) {
				return true
			}
		}
	case []any:
		for _, inner := range value {
			if mentions(inner, name) {
				return true
			}
		}
	}
	return false
}
