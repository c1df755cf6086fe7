package overlay

import (
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/meant"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	kyamlutils "sigs.k8s.io/kustomize/kyaml/utils"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
)

// unfound adds to the problem with a replacement what the objects show: which
// field of the source fits none of them, or which of them lack the field that
// is to be read or written.
func (r refusal) unfound(problem *manifest.Problem, objects resmap.ResMap) {
	source, _ := plan.Lookup(r.value, "source")
	switch {
	case strings.Contains(r.failure, "nothing selected by"):
		r.unfitSource(problem, source, objects)
	case strings.Contains(r.failure, "is missing for replacement source"):
		path, _ := plan.Lookup(source, "fieldPath")
		lacking(problem, path, selectedBy(source, objects))
	case strings.Contains(r.failure, "in replacement target"):
		for _, target := range plan.Items(r.value, "targets") {
			paths, _ := plan.Lookup(target, "fieldPaths")
			node, _ := plan.Lookup(target, "select")
			var selector types.Selector
			if node == nil || node.Decode(&selector) != nil {
				continue
			}
			if selected, err := objects.Select(selector); err == nil {
				lacking(problem, itemIn(paths, r.failure), selected)
			}
		}
	}
}

// unfitSource narrows the problem with a source that selects nothing to the
// field without which it would.
func (r refusal) unfitSource(problem *manifest.Problem, source *yaml.Node, objects resmap.ResMap) {
	for _, field := range []string{"name", "kind", "namespace", "group", "version"} {
		value, ok := plan.Lookup(source, field)
		if !ok {
			continue
		}
		rest := *source
		at := slices.Index(source.Content, value)
		rest.Content = slices.Delete(slices.Clone(source.Content), at-1, at+1)
		if others := selectedBy(&rest, objects); len(others) > 0 {
			problem.Pos = r.plan.At(r.kust.File, value)
			meant.Add(problem, field, value.Value, refsOf(others))
			return
		}
	}
}

// selectedBy are the objects that a source selects.
func selectedBy(source *yaml.Node, objects resmap.ResMap) []*resource.Resource {
	var wanted resid.ResId
	if source == nil || source.Decode(&wanted) != nil {
		return nil
	}
	return objects.GetMatchingResourcesByAnyId(func(id resid.ResId) bool { return id.IsSelectedBy(wanted) })
}

// lacking leads to those of the objects that lack the field of a fieldPath.
func lacking(problem *manifest.Problem, path *yaml.Node, objects []*resource.Resource) {
	if path == nil {
		return
	}
	steps := kyamlutils.SmarterPathSplitter(path.Value, ".")
	for i, object := range refsOf(objects) {
		found, err := objects[i].Copy().Pipe(&kyaml.PathMatcher{Path: steps})
		if err != nil || kyaml.IsMissingOrNull(found) || len(found.Content()) == 0 {
			problem.Leads = append(problem.Leads, manifest.Lead{Message: "the field is missing here", Object: object, Path: steps})
		}
	}
}
