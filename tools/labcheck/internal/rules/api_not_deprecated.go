package rules

import (
	"fmt"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/lifecycle"
)

// APINotDeprecated reports API versions that the API server deprecates, or no
// longer serves, in one of the Kubernetes versions judged for.
var APINotDeprecated = &check.Rule{
	ID:    "api-not-deprecated",
	Title: "Every API version is served, and not deprecated, in every supported Kubernetes version",
	Doc:   page("api_not_deprecated.md"),
	Check: func(p *check.Pass) {
		for _, object := range p.Objects {
			l, ok := lifecycle.Of(object.APIVersion, object.Kind)
			if ok && (l.Gone(p.Versions) || l.Outdated(p.Versions)) {
				p.Report(object, manifest.Path{"apiVersion"}, deprecation(object.Ref, l, p.Versions))
			}
		}
	},
}

// deprecation is the API server's own warning.
func deprecation(ref manifest.Ref, l lifecycle.Lifecycle, versions []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s is deprecated in v1.%d+", ref.APIVersion, ref.Kind, l.Deprecated)
	if l.Removed > 0 {
		fmt.Fprintf(&b, ", unavailable in v1.%d+", l.Removed)
	}
	if successor := l.Successor(versions); successor != "" {
		fmt.Fprintf(&b, "; use %s", successor)
	}
	return b.String()
}

// isGone tells whether one of the versions judged for no longer serves object.
func isGone(p *check.Pass, object manifest.Object) bool {
	l, ok := lifecycle.Of(object.APIVersion, object.Kind)
	return ok && l.Gone(p.Versions)
}
