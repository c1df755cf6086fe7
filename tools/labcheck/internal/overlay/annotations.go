package overlay

import (
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
)

// annotationPrefix begins the annotations of a kustomization that are for labcheck.
const annotationPrefix = "labcheck/"

// annotations are those for labcheck that the kustomizations of a plan have
// on themselves, under metadata, where kustomize ignores them.
func annotations(p *plan.Plan) []manifest.Annotation {
	var found []manifest.Annotation
	for _, kust := range p.Kusts {
		metadata, _ := plan.Lookup(kust.Fields, "metadata")
		all, ok := plan.Lookup(metadata, "annotations")
		if !ok {
			continue
		}
		for i := 0; i+1 < len(all.Content); i += 2 {
			name, ours := strings.CutPrefix(all.Content[i].Value, annotationPrefix)
			if value := all.Content[i+1]; ours {
				found = append(found, manifest.Annotation{
					Dir: kust.Dir, Name: name, Value: value.Value,
					Pos: p.At(kust.File, value), NamePos: p.At(kust.File, all.Content[i]),
				})
			}
		}
	}
	return found
}
