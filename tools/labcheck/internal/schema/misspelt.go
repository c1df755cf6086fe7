package schema

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// Misspelt is the Violation of an object whose kind Validate has no schema for,
// where its group is one of Kubernetes' own, so that nobody else can serve it.
// ok is false for every other group: nothing is known of its kinds.
func Misspelt(ref manifest.Ref) (v Violation, ok bool) {
	var served, siblings []string
	own := false
	for apiVersion, kind := range embedded().kinds() {
		own = own || manifest.Ref{APIVersion: apiVersion}.Group() == ref.Group()
		if kind == ref.Kind {
			served = append(served, apiVersion)
		}
		if apiVersion == ref.APIVersion {
			siblings = append(siblings, kind)
		}
	}
	v = Violation{Path: manifest.Path{"apiVersion"}, Message: fmt.Sprintf("there is no %s in %s", ref.Kind, ref.APIVersion), Versions: Versions}
	if len(served) > 0 {
		v.Message += ": it is in " + strings.Join(served, " and ")
	} else if meant := spelling.Closest(ref.Kind, siblings); meant != "" {
		v.Path, v.Message = manifest.Path{"kind"}, v.Message+fmt.Sprintf(", did you mean %q?", meant)
	}
	return v, own
}

// kinds yields the API versions and kinds of Kubernetes, each once.
func (x index) kinds() func(yield func(apiVersion, kind string) bool) {
	return func(yield func(apiVersion, kind string) bool) {
		_, lines, _ := strings.Cut(x.text, "\n") // the first one names the releases
		var last []string
		for line := range strings.Lines(lines) {
			f := strings.Fields(line)[:2]
			if f[0] == partVersion || slices.Equal(f, last) {
				continue
			}
			if last = f; !yield(f[0], f[1]) {
				return
			}
		}
	}
}
