// Package schema judges whether Kubernetes knows every field of an object, in
// each version it is asked for. The judge is kubeconform, strict; the schemas
// are those Kubernetes publishes, embedded. What is right by its schema can
// still be refused or useless: values, references and policies are not judged
// here. The package never uses the network. It writes only the embedded
// schemas, once, below the user's cache directory, because kubeconform reads
// schemas from files.
package schema

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/release"
)

//go:generate go run ./schemagen

// Versions are the Kubernetes versions there are schemas for, oldest first.
var Versions = release.Minors()

// ErrNoSchema is returned for an object of a kind that none of the versions
// asked for has.
var ErrNoSchema = errors.New("no schema")

// A Violation is one thing about an object that its schema does not allow.
type Violation struct {
	// Path leads to the field that is wrong or, where one is missing, to what
	// it is missing from.
	Path manifest.Path
	// Key says that it is the name of the field that is wrong, not its value.
	Key bool
	// Message says what is wrong: no capital, no full stop.
	Message string
	// Versions are those that do not allow it, oldest first.
	Versions []string
}

// Validate judges o, strictly, against each of versions and returns what it
// violates, ordered by path. A kind that only some of the versions have is a
// Violation at apiVersion in the others; one that none has is ErrNoSchema. A
// nil error with no Violation means that all versions know all of o. Any other
// error means that o could not be judged, as when the cache directory cannot
// be written.
//
// Validate does not change o and may be called concurrently.
func Validate(o manifest.Object, versions []string) ([]Violation, error) {
	versions, err := supported(versions)
	if err != nil {
		return nil, err
	}
	return standard().validate(o, versions)
}

// standard serves the whole process: schemas are compiled once.
var standard = sync.OnceValue(newJudge)

// supported returns versions in the order of Versions, each once.
func supported(versions []string) ([]string, error) {
	if len(versions) == 0 {
		return nil, errors.New("no Kubernetes version to validate against")
	}
	for _, version := range versions {
		if !slices.Contains(Versions, version) {
			return nil, fmt.Errorf("no schemas for Kubernetes %q: there are those for %q", version, Versions)
		}
	}
	return both(Versions, versions), nil
}

// both returns the members of a that are in b too.
func both(a, b []string) []string {
	var shared []string
	for _, item := range a {
		if slices.Contains(b, item) {
			shared = append(shared, item)
		}
	}
	return shared
}
