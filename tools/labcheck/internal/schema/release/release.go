// Package release is the one list of the Kubernetes versions that labcheck
// supports, shared by package schema and the generator of its schemas. It
// does nothing.
package release

// A Release is the published Kubernetes release whose API stands for all
// releases of one minor version.
type Release struct {
	Minor string // as in 1.37
	Patch string // as in 1.37.2
}

// All are the supported releases, oldest first.
var All = []Release{
	{"1.34", "1.34.4"},
	{"1.35", "1.35.4"},
	{"1.36", "1.36.3"},
	{"1.37", "1.37.2"},
}

// Lifecycles are the modules that declare when the server deprecates and
// removes API versions, oldest first: what has been removed for long is in old
// ones only, and the newest that still has a type knows best.
var Lifecycles = []string{
	"k8s.io/api@v0.19.16",
	"k8s.io/api@v0.22.17",
	"k8s.io/api@v0.25.16",
	"k8s.io/api@v0.31.0",
	"k8s.io/api@v0.37.2",
	"k8s.io/apiextensions-apiserver@v0.37.2",
	"k8s.io/kube-aggregator@v0.37.2",
}

// Minors are the minor versions of All, oldest first.
func Minors() []string {
	minors := make([]string, len(All))
	for i, release := range All {
		minors[i] = release.Minor
	}
	return minors
}
