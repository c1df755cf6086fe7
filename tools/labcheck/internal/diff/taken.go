package diff

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// selectors are the fields by which objects choose running Pods, and which the
// API server lets change.
var selectors = map[string]manifest.Path{
	"Service":             {"spec", "selector"},
	"NetworkPolicy":       {"spec", "podSelector"},
	"PodDisruptionBudget": {"spec", "selector"},
}

// taken are the dangers of changes that the API server takes.
func taken(c Change) []Danger {
	var dangers []Danger
	if path, ok := selectors[c.New.Kind]; ok {
		for _, f := range c.Fields {
			if f.Path().Within(path) {
				dangers = append(dangers, Danger{
					Kind: SelectorChanges, Path: f.Path(), Pos: f.Locate(c.Old, c.New), InBase: f.New == nil,
					Message: fmt.Sprintf("%s: Pods that run now may no longer be chosen", c.describe(f)),
					Advice:  "change the labels of the Pods first and the selector when the new Pods are ready",
				})
			}
		}
	}
	return append(dangers, scaledDown(c)...)
}

// scaledDown are claims that a StatefulSet deletes when it gets smaller.
func scaledDown(c Change) []Danger {
	if c.New.Kind != "StatefulSet" || c.New.Text("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") != "Delete" {
		return nil
	}
	before, after := replicas(c.Old), replicas(c.New)
	if after >= before {
		return nil
	}
	path := manifest.Path{"spec", "replicas"}
	return []Danger{{
		Kind: DataDeleted, Path: path, Pos: c.New.Locate(path...).Pos,
		Message: fmt.Sprintf("spec.replicas goes from %d to %d and the claims of the last Pods are deleted with them, by persistentVolumeClaimRetentionPolicy.whenScaled", before, after),
		Advice:  "set whenScaled to Retain first, or copy the data",
	}}
}

func replicas(o manifest.Object) int64 {
	value, _ := o.Field("spec", "replicas")
	if n, ok := value.(int64); ok {
		return n
	}
	return 1
}

// growth is the danger of a claim that asks for more, where no StorageClass of
// the build is known to let it grow: the server's admission refuses it.
func (j judgement) growth(c Change) []Danger {
	if c.New.Kind != "PersistentVolumeClaim" || j.expands(c.New) {
		return nil
	}
	for _, f := range c.Fields {
		if before, after, ok := sizes(f); ok && after.Cmp(before) > 0 {
			return []Danger{{
				Kind: ImmutableField, Path: f.Path(), Pos: f.Locate(c.Old, c.New), Refused: true,
				Message: c.describe(f) + ", which the API server refuses: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
				Advice:  "use a StorageClass with allowVolumeExpansion: true, which those of minikube and kind do not have",
			}}
		}
	}
	return nil
}

// expands reports whether the build says that the class of a claim lets it grow.
func (j judgement) expands(claim manifest.Object) bool {
	name := claim.Text("spec", "storageClassName")
	return name != "" && slices.ContainsFunc(j.new, func(o manifest.Object) bool {
		allows, _ := o.Field("allowVolumeExpansion")
		return o.Kind == "StorageClass" && o.Name == name && allows == true
	})
}

// shrinks reports whether a field is the size of a claim, and gets smaller.
func shrinks(f Field) bool {
	before, after, ok := sizes(f)
	return ok && after.Cmp(before) < 0
}

// sizes are those of a claim or claim template before and after.
func sizes(f Field) (before, after resource.Quantity, ok bool) {
	if f.Old == nil || f.New == nil || !strings.HasSuffix(f.New.String(), "resources.requests.storage") {
		return before, after, false
	}
	before, errBefore := resource.ParseQuantity(fmt.Sprint(f.Before))
	after, errAfter := resource.ParseQuantity(fmt.Sprint(f.After))
	return before, after, errBefore == nil && errAfter == nil
}
