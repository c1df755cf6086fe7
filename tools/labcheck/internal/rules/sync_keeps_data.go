package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// SyncKeepsData reports what Argo CD or Flux would delete with the data in it.
var SyncKeepsData = &check.Rule{
	ID:    "sync-keeps-data",
	Title: "Neither Argo CD nor Flux deletes data: what holds it is not pruned, replaced or forced",
	Doc:   page("sync_keeps_data.md"),
	Check: func(p *check.Pass) {
		if p.Repository == nil {
			return
		}
		g := wiring(p)
		for _, sync := range ownSyncs(p, g) {
			objects, _ := p.Repository.Objects(sync.Dir)
			engineOf(g.Objects[sync.From]).judge(p, inNamespace(objects, sync.Namespace))
		}
	},
}

// An engine is how one sync treats the objects that it applies.
type engine struct {
	name    string // of the sync, for a reader
	from    manifest.Object
	prunes  bool
	forces  manifest.Path // to what makes it delete and create what it cannot change; nil if it does not
	keeps   func(manifest.Object) bool
	forced  func(manifest.Object) manifest.Path
	keeping string // the annotation that keeps an object
}

const (
	argoOptions = "argocd.argoproj.io/sync-options"
	fluxPrune   = "kustomize.toolkit.fluxcd.io/prune"
	fluxForce   = "kustomize.toolkit.fluxcd.io/force"
)

func engineOf(o manifest.Object) engine {
	if o.Kind == "Application" {
		return argoEngine(o)
	}
	e := engine{
		name: "Flux's " + o.Ref.String(), from: o, keeping: fluxPrune + ": disabled",
		keeps: func(object manifest.Object) bool { return strings.EqualFold(annotation(object, fluxPrune), "disabled") },
		forced: func(object manifest.Object) manifest.Path {
			return annotated(object, fluxForce, strings.EqualFold(annotation(object, fluxForce), "enabled"))
		},
	}
	prune, _ := o.Field("spec", "prune")
	e.prunes = prune == true
	if force, _ := o.Field("spec", "force"); force == true {
		e.forces = manifest.Path{"spec", "force"}
	}
	return e
}

func argoEngine(o manifest.Object) engine {
	e := engine{
		name: "Argo CD's " + o.Ref.String(), from: o, keeping: argoOptions + ": Prune=false",
		keeps: func(object manifest.Object) bool {
			options := annotation(object, argoOptions)
			return strings.Contains(options, "Prune=false") || strings.Contains(options, "Prune=confirm")
		},
		forced: func(object manifest.Object) manifest.Path {
			return annotated(object, argoOptions, replaces(annotation(object, argoOptions)))
		},
	}
	prune, _ := o.Field("spec", "syncPolicy", "automated", "prune")
	e.prunes = prune == true
	for _, at := range o.Items("spec", "syncPolicy", "syncOptions") {
		if replaces(o.Text(at...)) {
			e.forces = at
		}
	}
	return e
}

func replaces(options string) bool {
	return strings.Contains(options, "Replace=true") || strings.Contains(options, "Force=true")
}

func annotation(o manifest.Object, name string) string {
	return o.Text("metadata", "annotations", name)
}

func annotated(o manifest.Object, name string, is bool) manifest.Path {
	if !is {
		return nil
	}
	return manifest.Path{"metadata", "annotations", name}
}

// judge reports what the engine does to those of the objects that hold data.
func (e engine) judge(p *check.Pass, objects []manifest.Object) {
	var all []string
	for _, o := range objects {
		lost := holds(o, objects)
		if lost == "" {
			continue
		}
		all = append(all, o.Ref.String())
		if e.prunes && !e.keeps(o) && o.Kind != "StatefulSet" {
			p.Report(o, manifest.Path{"metadata", "annotations"}, fmt.Sprintf("%s deletes it when it leaves the repository, and %s with it; annotate it with %s", e.name, lost, e.keeping))
		}
		if path := e.forced(o); path != nil {
			p.Report(o, path, fmt.Sprintf("%s may delete the %s to change it, and %s with it", e.name, o.Kind, lost))
		}
		if path := (manifest.Path{"spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"}); e.prunes && o.Text(path...) == "Delete" {
			p.Report(o, path, fmt.Sprintf("%s deletes the StatefulSet when it leaves the repository, and the claims with their data go with it", e.name))
		}
	}
	if e.forces != nil && len(all) > 0 {
		p.Report(e.from, e.forces, fmt.Sprintf("with this %s may be deleted to be changed, and the data with it; set it on the objects that need it", strings.Join(all, ", ")))
	}
}

// holds says what is lost with an object, or nothing.
func holds(o manifest.Object, all []manifest.Object) string {
	switch o.Kind {
	case "PersistentVolumeClaim":
		return "the data of the claim"
	case "PersistentVolume":
		return "what leads to its data"
	case "StatefulSet":
		if hasClaims(o) {
			return "the service of its data"
		}
	case "Namespace":
		if slices.ContainsFunc(all, func(other manifest.Object) bool {
			return other.Namespace == o.Name && (other.Kind == "PersistentVolumeClaim" || hasClaims(other))
		}) {
			return "the claims in it, data and all"
		}
	}
	return ""
}

func hasClaims(o manifest.Object) bool {
	return o.Kind == "StatefulSet" && len(o.Items("spec", "volumeClaimTemplates")) > 0
}
