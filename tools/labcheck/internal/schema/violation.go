package schema

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// merge adds what was found in versions to all. What is there already gets
// more versions.
func merge(all, found []Violation, versions []string) []Violation {
	for _, v := range found {
		i := slices.IndexFunc(all, func(other Violation) bool { return compare(v, other) == 0 })
		if i < 0 {
			i = len(all)
			all = append(all, Violation{Path: slices.Clone(v.Path), Key: v.Key, Message: v.Message})
		}
		all[i].Versions = both(Versions, append(all[i].Versions, versions...))
	}
	return all
}

// kindUnknown is the violation of an object whose kind only the versions
// having have.
func kindUnknown(ref manifest.Ref, versions, having []string) Violation {
	var lacking []string
	for _, version := range versions {
		if !slices.Contains(having, version) {
			lacking = append(lacking, version)
		}
	}
	return Violation{
		Path:     manifest.Path{"apiVersion"},
		Message:  fmt.Sprintf("there is no %s in %s", ref.Kind, ref.APIVersion),
		Versions: lacking,
	}
}

// compare orders violations by path and message.
func compare(a, b Violation) int {
	return cmp.Or(a.Path.Compare(b.Path), cmp.Compare(a.Message, b.Message))
}
