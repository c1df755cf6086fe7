// Package verdict is what the API server's own code says to one object, in
// labcheck's terms: violations at paths of the object, in the server's words.
package creation

import (
	"cmp"
	"fmt"
	"slices"

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
	// Message is the server's wording, such as
	// Invalid value: 99999: must be between 1 and 65535, inclusive.
	Message string
}

// Of is the violation that an error of the server's validation stands for, at
// the field of fields that is to blame.
func Of(fields map[string]any, err *field.Error) Violation {
	return Violation{
		Path:    refined(fields, PathOf(fields, err.Field), err.BadValue),
		Message: err.ErrorBody(),
	}
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
