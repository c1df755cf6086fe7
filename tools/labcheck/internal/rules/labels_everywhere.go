package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/labels"
)

// LabelsEverywhere reports objects without a label that a kustomization
// declares all of them to have.
var LabelsEverywhere = &check.Rule{
	ID:    "labels-everywhere",
	Title: "Every object has the labels that its kustomization declares for all",
	Doc:   page("labels_everywhere.md"),
	Check: func(p *check.Pass) {
		for _, a := range p.Annotations {
			if a.Name == "labels" {
				judgeDeclaredLabels(p, a)
			}
		}
	},
}

func judgeDeclaredLabels(p *check.Pass, a manifest.Annotation) {
	declared, err := labels.ConvertSelectorToLabelsMap(a.Value)
	if err != nil || len(declared) == 0 {
		p.ReportProblem(manifest.Problem{Pos: a.Pos, Message: fmt.Sprintf("expected labels such as app.kubernetes.io/part-of=shop, separated by commas, not %q", a.Value)})
		return
	}
	for _, key := range sortedKeys(declared) {
		want := manifest.Related{Message: "declared for all here", Pos: a.Pos}
		path := manifest.Path{"metadata", "labels", key}
		var without []manifest.Object
		for _, o := range p.Objects {
			if o.Text(path...) != declared[key] {
				without = append(without, o)
			}
		}
		if len(without) > 0 && len(without) == len(p.Objects) {
			p.ReportProblem(manifest.Problem{Pos: a.Pos, Message: fmt.Sprintf("no object of the overlay has the label %s=%s", key, declared[key])})
			continue
		}
		for _, o := range without {
			p.Report(o, path, fmt.Sprintf("the label %s=%s, which all objects have, is missing", key, declared[key]), want)
		}
	}
}
