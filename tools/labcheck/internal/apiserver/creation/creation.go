// Package creation is what the API server's own code says to one object, in
// labcheck's terms: violations at paths of the object, in the server's words.
package creation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// A Result is what the API server would make of one object.
type Result struct {
	// Violations are the reasons to reject it, in the order of Path. None
	// means that the object is accepted. As from the server, there are those
	// of one stage: values that do not decode, or else fields that the kind
	// does not have, or else what validation finds.
	Violations []Violation
	// Warnings are what the server would say while it accepts the object, in
	// the order of Path: fields without effect, deprecated ones, doubtful values.
	Warnings []Violation
	// Defaulted holds the object as validating admission would see it, with
	// whole numbers as int64. Without status and without what differs in every
	// run: uid and creationTimestamp. It is nil where the object could not be
	// decoded.
	Defaulted map[string]any
}

// A Violation is one reason to reject an object.
type Violation struct {
	// Path leads to the field, as far as the server names it. The field may be
	// missing in the object.
	Path manifest.Path
	// Key says that it is the name of the field that is wrong, not its value.
	Key bool
	// Known are the names that a field may have there, as far as a wrong name
	// can be compared with them.
	Known []string
	// Message is the server's wording, such as
	// Invalid value: 99999: must be between 1 and 65535, inclusive.
	Message string
}

// Of is the violation that an error of the server's validation stands for, at
// the field of fields that is to blame.
func Of(fields map[string]any, err *field.Error) Violation {
	return Violation{
		Path:    refined(fields, written(fields, PathOf(fields, err.Field)), err.BadValue),
		Message: err.ErrorBody(),
	}
}

// Warning is what a warning of the server's stands for, at the field of fields
// that it names: before a colon, as its first word or, if it begins so, as the
// name of an annotation.
func Warning(fields map[string]any, text string) Violation {
	if name, ok := strings.CutPrefix(text, "annotation "); ok {
		name, _, _ = strings.Cut(name, " ")
		return Violation{Path: manifest.Path{"metadata", "annotations", strings.Trim(name, `"'`)}, Message: text}
	}
	name, message, ok := strings.Cut(text, ": ")
	if !ok || strings.Contains(name, " ") {
		name, _, _ = strings.Cut(text, " ")
		message = text
	}
	path := PathOf(fields, name)
	if _, ok := fields[path[0]]; !ok {
		return Violation{Message: text}
	}
	return Violation{Path: path, Message: message}
}

// Sorted orders violations by path and message, and drops repetitions.
func Sorted(all []Violation) []Violation {
	slices.SortFunc(all, compare)
	return slices.CompactFunc(all, func(a, b Violation) bool { return compare(a, b) == 0 })
}

func compare(a, b Violation) int {
	return cmp.Or(a.Path.Compare(b.Path), cmp.Compare(a.Message, b.Message))
}

// RecoverAs turns a panic of the server's code into an error. It must be
// deferred itself.
func RecoverAs(o manifest.Object, err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("judging %s: the API server's code panicked: %v", o.Ref, cause)
	}
}
