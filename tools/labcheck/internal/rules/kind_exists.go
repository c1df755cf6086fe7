package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// KindExists reports objects of no API version, and of kinds that a known API
// version does not have. Of an API that is not known nothing is said.
var KindExists = &check.Rule{
	ID:    "kind-exists",
	Title: "Every object is of a kind that its API version has",
	Doc:   page("kind_exists.md"),
	Check: func(p *check.Pass) {
		for _, object := range p.Objects {
			if field, message := faultOfKind(object.Ref); message != "" && !isGone(p, object) {
				p.Report(object, manifest.Path{field}, message)
			}
		}
	},
}

// faultOfKind says which of apiVersion and kind is wrong, and why.
func faultOfKind(ref manifest.Ref) (field, message string) {
	switch {
	case schema.HasKind(ref.APIVersion, ref.Kind):
		return "", ""
	case ref.APIVersion == "":
		return "apiVersion", "the object has no apiVersion" + couldBe(schema.APIVersions(ref.Kind))
	}
	kinds := schema.Kinds(ref.APIVersion)
	versions := schema.APIVersions(ref.Kind)
	switch {
	case len(kinds) > 0 && len(versions) == 0:
		return "kind", fmt.Sprintf("%s has no kind %q", ref.APIVersion, ref.Kind) + spelling.DidYouMean(ref.Kind, kinds)
	case len(versions) > 0 && (len(kinds) > 0 || ofKubernetes(ref.Group()) || spelling.Closest(ref.APIVersion, versions) != ""):
		return "apiVersion", fmt.Sprintf("%s has no kind %q", ref.APIVersion, ref.Kind) + couldBe(versions)
	case spelling.Closest(ref.Kind, graph.CustomKinds(ref.Group())) != "" && !slices.Contains(graph.CustomKinds(ref.Group()), ref.Kind):
		return "kind", fmt.Sprintf("%s has no kind %q", ref.APIVersion, ref.Kind) + spelling.DidYouMean(ref.Kind, graph.CustomKinds(ref.Group()))
	case ofKubernetes(ref.Group()):
		return "apiVersion", fmt.Sprintf("Kubernetes has no apiVersion %q with kind %q", ref.APIVersion, ref.Kind)
	}
	return "", ""
}

// couldBe names the API versions that have a kind.
func couldBe(versions []string) string {
	if len(versions) == 0 {
		return ""
	}
	return ": it is of " + strings.Join(versions, " or ")
}

// ofKubernetes says whether an API group can be none but Kubernetes' own: all
// others have a domain.
func ofKubernetes(group string) bool { return !strings.Contains(group, ".") }
