package rules

import (
	"fmt"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// StableSelectors reports labels that change with a release where the API
// server does not let them change.
var StableSelectors = &check.Rule{
	ID:    "stable-selectors",
	Title: "No label that changes with a release is in a selector or in a claim template",
	Doc:   page("stable_selectors.md"),
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, pods := range g.Pods {
			if pods.Object >= g.Build || !pods.BuiltIn {
				continue
			}
			o := g.Objects[pods.Object]
			judgeLabels(p, o, manifest.Path{"spec", "selector", "matchLabels"}, pods)
			for _, template := range o.Items("spec", "volumeClaimTemplates") {
				judgeLabels(p, o, template.With("metadata", "labels"), pods)
			}
		}
	},
}

// releaseLabels are labels whose meaning is the release, by the recommended
// labels of Kubernetes and the conventions of Helm.
var releaseLabels = []string{"app.kubernetes.io/version", "helm.sh/chart", "chart"}

// judgeLabels reports the labels at path that change with a release: by their
// name, or since their value is the tag of an image that the Pods run.
func judgeLabels(p *check.Pass, o manifest.Object, path manifest.Path, pods *graph.Pods) {
	eachText(labelsAt(o, path), path, func(at manifest.Path, value string) {
		key := at[len(at)-1]
		for _, label := range releaseLabels {
			if key == label {
				p.Report(o, at, fmt.Sprintf("the label %s changes with the release, and the API server does not let this field change", key))
				return
			}
		}
		if image := imageTagged(pods, value); image != "" {
			p.Report(o, at, fmt.Sprintf("the label %s has the tag of the image %s and changes with it, and the API server does not let this field change", key, image))
		}
	})
}

func labelsAt(o manifest.Object, path manifest.Path) any {
	labels, _ := o.Field(path...)
	return labels
}

// imageTagged is the image of the Pods whose tag is value, where that is the
// number of a release: v1 may be the name of a variant.
func imageTagged(pods *graph.Pods, value string) string {
	if strings.Count(value, ".") == 0 {
		return ""
	}
	for _, container := range pods.Containers() {
		image, _ := container.Fields["image"].(string)
		if strings.HasSuffix(image, ":"+value) {
			return image
		}
	}
	return ""
}
