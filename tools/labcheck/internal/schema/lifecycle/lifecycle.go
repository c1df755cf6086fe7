// Package lifecycle knows in which versions of Kubernetes an API server
// deprecates the API version of a kind, from which one it is gone, and what
// takes its place. The facts are the ones by which the server itself serves
// and warns: those declared beside the types in the k8s.io modules that package
// release names.
package lifecycle

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Lifecycle is that of one kind in one API version. A number is the minor
// version of a Kubernetes 1.x, 0 where there is none.
type Lifecycle struct {
	Introduced, Deprecated, Removed int
	// Replacement is the API version and kind to use instead; empty where
	// nothing takes its place.
	Replacement string
}

// table is written by schemagen: a line for each kind, with its API version,
// itself, and when it was introduced, deprecated and removed, then its
// replacement, if any.
//
//go:embed table.txt
var table string

// Of returns the lifecycle of a kind, and whether one is declared.
func Of(apiVersion, kind string) (Lifecycle, bool) {
	_, after, ok := strings.Cut(table, "\n"+apiVersion+" "+kind+" ")
	if !ok || strings.ContainsAny(apiVersion+kind, " \n") {
		return Lifecycle{}, false
	}
	line, _, _ := strings.Cut(after, "\n")
	var l Lifecycle
	if _, err := fmt.Sscan(line, &l.Introduced, &l.Deprecated, &l.Removed); err != nil {
		panic(fmt.Sprintf("lifecycle of %s %s: %v", apiVersion, kind, err)) // the generator's mistake
	}
	if fields := strings.Fields(line); len(fields) == 5 {
		l.Replacement = fields[3] + " " + fields[4]
	}
	return l, true
}

// Successor is what to use instead in all of versions; empty if there is none.
func (l Lifecycle) Successor(versions []string) string {
	apiVersion, kind, _ := strings.Cut(l.Replacement, " ")
	if next, _ := Of(apiVersion, kind); next.Gone(versions) {
		return ""
	}
	return l.Replacement
}

// Gone tells whether one of versions, such as 1.37, no longer serves it.
func (l Lifecycle) Gone(versions []string) bool {
	return l.Removed > 0 && slices.ContainsFunc(versions, func(v string) bool { return minor(v) >= l.Removed })
}

// Outdated tells whether one of versions deprecates it while all of them have
// what takes its place.
func (l Lifecycle) Outdated(versions []string) bool {
	apiVersion, kind, _ := strings.Cut(l.Replacement, " ")
	next, _ := Of(apiVersion, kind)
	deprecates := func(v string) bool { return minor(v) >= l.Deprecated }
	lacksNext := func(v string) bool { return minor(v) < next.Introduced }
	return l.Deprecated > 0 && slices.ContainsFunc(versions, deprecates) && !slices.ContainsFunc(versions, lacksNext)
}

// minor is the minor version in a version such as 1.37.
func minor(version string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(version, "1."))
	if err != nil {
		panic(fmt.Sprintf("%q is no version of Kubernetes 1", version))
	}
	return n
}
