package overlay

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// bare are the fields of patches to merge that have nothing behind them, which
// deletes them from the object as null does.
func bare(p *plan.Plan) []manifest.Problem {
	var found []manifest.Problem
	for _, kust := range p.Kusts {
		for _, field := range []string{"patches", "patchesStrategicMerge"} {
			for _, item := range plan.Items(kust.Fields, field) {
				for _, doc := range (&part{plan: p, kust: kust, node: item, width: 1}).documents() {
					found = append(found, doc.bareIn(doc.root)...)
				}
			}
		}
	}
	return found
}

func (d document) bareIn(node *yaml.Node) []manifest.Problem {
	var found []manifest.Problem
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 1 && child.Tag == "!!null" && child.Value == "" {
			key := node.Content[i-1]
			found = append(found, manifest.Problem{
				Pos:     d.at(key),
				Message: fmt.Sprintf("nothing stands behind %q, so this patch deletes the field: write null if that is meant", key.Value),
			})
		}
		found = append(found, d.bareIn(child)...)
	}
	return found
}
