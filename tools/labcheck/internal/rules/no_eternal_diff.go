package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// NoEternalDiff reports what the repository says and the cluster never keeps.
var NoEternalDiff = &check.Rule{
	ID:    "no-eternal-diff",
	Title: "Nothing in the repository is set by the cluster too",
	Doc:   page("no_eternal_diff.md"),
	Check: func(p *check.Pass) {
		for _, o := range p.Objects {
			reportServerFields(p, o)
			if o.Kind == "HorizontalPodAutoscaler" && o.Group() == "autoscaling" {
				reportScaledTwice(p, o)
			}
		}
	},
}

// serverFields are fields of metadata that the API server sets, and
// serverAnnotations those that it, its controllers or kubectl set.
var (
	serverFields      = []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid"}
	serverAnnotations = []string{
		"deployment.kubernetes.io/revision",
		"kubectl.kubernetes.io/last-applied-configuration",
		"pv.kubernetes.io/bind-completed",
		"pv.kubernetes.io/bound-by-controller",
		"volume.kubernetes.io/selected-node",
	}
)

func reportServerFields(p *check.Pass, o manifest.Object) {
	for _, field := range serverFields {
		if value, ok := o.Field("metadata", field); ok && value != nil {
			p.Report(o, manifest.Path{"metadata", field}, fmt.Sprintf("the API server sets metadata.%s, so what the repository says is refused or never comes true; remove it", field))
		}
	}
	for _, name := range serverAnnotations {
		if o.Text("metadata", "annotations", name) != "" {
			p.Report(o, manifest.Path{"metadata", "annotations", name}, fmt.Sprintf("the cluster sets the annotation %s and changes it back; remove it", name))
		}
	}
}

// reportScaledTwice reports a number of replicas that an autoscaler changes and
// every apply sets back.
func reportScaledTwice(p *check.Pass, autoscaler manifest.Object) {
	at := slices.IndexFunc(p.Objects, func(o manifest.Object) bool {
		return o.Kind == autoscaler.Text("spec", "scaleTargetRef", "kind") && o.Name == autoscaler.Text("spec", "scaleTargetRef", "name") && o.Namespace == autoscaler.Namespace
	})
	if at < 0 {
		return
	}
	workload := p.Objects[at]
	if _, ok := workload.Field("spec", "replicas"); !ok {
		return
	}
	p.Report(workload, manifest.Path{"spec", "replicas"},
		fmt.Sprintf("%s changes the replicas, and every apply sets them back; remove the field", autoscaler.Ref),
		manifest.Related{Message: "the autoscaler", Pos: autoscaler.Locate("spec", "scaleTargetRef").Pos})
}
