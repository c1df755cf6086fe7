// Package manifest is the vocabulary of labcheck: Kubernetes objects, paths
// into them, and the places in files that wrote their fields. It reads no
// file and knows no rule.
package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Pos is a place in a file of the repository. File is a slash-separated
// path relative to the repository root. Line and Column count from 1, and
// Column counts bytes; 0 means that it is not known.
type Pos struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is file:line:column, as far as it is known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Compare orders positions by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// A Related is a second place that matters, with a few words on why.
type Related struct {
	Message string `json:"message"`
	Pos     Pos    `json:"position"`
}

// A Blame says which place wrote a field, and which others had a part in it.
type Blame struct {
	Pos     Pos
	Related []Related
}

// A Problem is what keeps an overlay from being built, at the place to edit.
type Problem struct {
	Pos     Pos
	Message string // one sentence: no capital, no full stop
	Related []Related
	Leads   []Lead // what will be related once the objects are located
	Missing Ref    // the object without which the rest is right, zero if that is not what is wrong
}

// A Lead is a field of an object that matters, with a few words on why. If the
// field is not there, the nearest one above it is meant.
type Lead struct {
	Message string
	Object  Ref
	Path    Path
}

// A Ref names an object.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// String is kind/name as kubectl prints it, such as statefulset/mysql.
func (r Ref) String() string { return strings.ToLower(r.Kind) + "/" + r.Name }

// Group is the API group: "apps" of apps/v1, "" of v1.
func (r Ref) Group() string {
	group, _, ok := strings.Cut(r.APIVersion, "/")
	if !ok {
		return ""
	}
	return group
}

// Version is the version in its API group: "v1" of apps/v1 and of v1.
func (r Ref) Version() string {
	_, version, ok := strings.Cut(r.APIVersion, "/")
	if !ok {
		return r.APIVersion
	}
	return version
}

// A Path leads from the top of an object to a field. A step is a key of a
// mapping or, in a list, the decimal index of an item.
type Path []string

// With is p with steps below it; p itself stays as it is.
func (p Path) With(steps ...string) Path { return slices.Concat(p, steps) }

// Within says whether p is top or leads on from it.
func (p Path) Within(top Path) bool { return len(p) >= len(top) && slices.Equal(p[:len(top)], top) }

// String joins the steps, as in spec.ports[0].port or data["my.cnf"].
func (p Path) String() string {
	var b strings.Builder
	for i, step := range p {
		writeStep(&b, step, i == 0, isIndex(step))
	}
	return b.String()
}

// Compare orders paths step by step, items of a list by their number.
func (p Path) Compare(q Path) int {
	return slices.CompareFunc(p, q, func(a, b string) int {
		i, errA := strconv.Atoi(a)
		j, errB := strconv.Atoi(b)
		if errA == nil && errB == nil {
			return cmp.Or(cmp.Compare(i, j), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	})
}

func writeStep(b *strings.Builder, step string, first, item bool) {
	switch {
	case item:
		b.WriteString("[" + step + "]")
	case step == "" || strings.ContainsAny(step, `./[]"' `):
		b.WriteString("[" + strconv.Quote(step) + "]")
	case first:
		b.WriteString(step)
	default:
		b.WriteString("." + step)
	}
}

func isIndex(step string) bool {
	_, err := strconv.ParseUint(step, 10, 31)
	return err == nil
}
