package rules

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

type definitionsKey struct{ content string }

// definitions are what the custom resources of an overlay are judged by: the
// CustomResourceDefinitions that it holds and those given beside it. Where
// both are of one kind, that of the overlay counts.
func definitions(p *check.Pass) custom.Definitions {
	return check.Memo(p, definitionsKey{}, func() custom.Definitions {
		all := custom.Definitions{}
		for _, object := range slices.Concat(p.Definitions, p.Objects) {
			if !custom.IsDefinition(object) {
				continue
			}
			content, err := json.Marshal(object.Fields)
			if err != nil {
				continue // and nothing is known of its kind
			}
			all.Add(check.Shared(p, definitionsKey{string(content)}, func() *custom.Definition {
				return custom.Declare(object)
			}))
		}
		return all
	})
}

// noteUnknown names the kinds of objects that were not judged.
func noteUnknown(p *check.Pass, unknown []manifest.Object) {
	if len(unknown) == 0 {
		return
	}
	var kinds []string
	for _, object := range unknown {
		kinds = append(kinds, fmt.Sprintf("%s of %s", object.Kind, object.APIVersion))
	}
	slices.Sort(kinds)
	p.Note("%s of unknown kind not judged: %s", check.Count(len(unknown), "object"), strings.Join(slices.Compact(kinds), ", "))
}
