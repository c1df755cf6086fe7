package schema

import (
	"slices"
	"strings"
)

// HasKind says whether an API version has a kind, in any version of Kubernetes
// that the embedded set knows.
func HasKind(apiVersion, kind string) bool { return len(embedded().find(apiVersion, kind)) > 0 }

// Kinds are the kinds that an API version has, in any version of Kubernetes
// that the embedded set knows; none if it is not known.
func Kinds(apiVersion string) []string {
	return pick(func(version, kind string) (string, bool) { return kind, version == apiVersion })
}

// APIVersions are the API versions that have a kind.
func APIVersions(kind string) []string {
	return pick(func(version, other string) (string, bool) { return version, other == kind })
}

// pick collects a word of each line of the index that fits.
func pick(fits func(apiVersion, kind string) (word string, ok bool)) []string {
	var found []string
	for line := range strings.Lines(embedded().text) {
		words := strings.Fields(line)
		if len(words) < 2 {
			continue
		}
		if word, ok := fits(words[0], words[1]); ok {
			found = append(found, word)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}
