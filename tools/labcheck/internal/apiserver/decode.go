package apiserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
	kjson "sigs.k8s.io/json"
)

const admissionGroup = "admissionregistration.k8s.io"

// A policy is a ValidatingAdmissionPolicy of the build that can be judged.
type policy struct {
	object  manifest.Object
	spec    admissionv1.ValidatingAdmissionPolicySpec
	match   *criteria
	program *program
	params  *paramSource // nil if it has none
}

// A binding is a ValidatingAdmissionPolicyBinding of the build that can be judged.
type binding struct {
	object manifest.Object
	spec   admissionv1.ValidatingAdmissionPolicyBindingSpec
	match  *criteria
}

func isPolicy(o manifest.Object) bool {
	return o.Group() == admissionGroup && o.Kind == "ValidatingAdmissionPolicy"
}

func isBinding(o manifest.Object) bool {
	return o.Group() == admissionGroup && o.Kind == "ValidatingAdmissionPolicyBinding"
}

// A problem is a Fault of an object that is not named yet.
type problem struct {
	path    manifest.Path
	offset  int
	message string
	skipped bool
}

func problemAt(path manifest.Path, format string, args ...any) problem {
	return problem{path: path, message: fmt.Sprintf(format, args...)}
}

func skippedAt(path manifest.Path, format string, args ...any) problem {
	p := problemAt(path, format, args...)
	p.skipped = true
	return p
}

// inside is p at what begins offset bytes into the text at its path.
func (p problem) inside(offset int) problem {
	p.offset = offset
	return p
}

func (p problem) in(o manifest.Object) Fault {
	return Fault{Object: o, Path: p.path, Offset: p.offset, Message: p.message, Skipped: p.skipped}
}

// readPolicy decodes and compiles o. The error is that of newProgram.
func readPolicy(o manifest.Object) (*policy, []problem, error) {
	p := &policy{object: o}
	if problems := decode(o, &p.spec); problems != nil {
		return nil, problems, nil
	}
	problems := checkPolicy(p.spec)
	if p.match, problems = readCriteria(p.spec.MatchConstraints, field("spec", "matchConstraints"), problems); problems != nil {
		return nil, problems, nil
	}
	var err error
	if p.program, err = compiled(p.spec); err != nil {
		return nil, nil, err
	}
	return p, p.program.problems, nil
}

// readBinding decodes o.
func readBinding(o manifest.Object) (*binding, []problem) {
	b := &binding{object: o}
	if problems := decode(o, &b.spec); problems != nil {
		return nil, problems
	}
	problems := checkBinding(b.spec)
	b.match, problems = readCriteria(b.spec.MatchResources, field("spec", "matchResources"), problems)
	return b, problems
}

func readCriteria(m *admissionv1.MatchResources, path manifest.Path, problems []problem) (*criteria, []problem) {
	c, err := newCriteria(m)
	if err != nil {
		problems = append(problems, problemAt(path, "a selector is wrong: %v", err))
	}
	return c, problems
}

// decode reads the spec of o into spec, as strictly about types and the case
// of keys as the server is.
func decode(o manifest.Object, spec any) []problem {
	if o.APIVersion != admissionGroup+"/v1" {
		return []problem{problemAt(field("apiVersion"), "%s is not judged: the API servers this tool knows serve %s/v1", o.APIVersion, admissionGroup)}
	}
	fields, _ := o.Field("spec")
	data, err := json.Marshal(fields)
	if err == nil {
		err = kjson.UnmarshalCaseSensitivePreserveInts(data, spec)
	}
	var mismatch *json.UnmarshalTypeError
	switch {
	case errors.As(err, &mismatch):
		path := written(fields, strings.Split(mismatch.Field, "."))
		return []problem{problemAt(append(field("spec"), path...), "a value of another type is expected than this %s", mismatch.Value)}
	case err != nil:
		return []problem{problemAt(field("spec"), "cannot be decoded: %v", err)}
	}
	return nil
}

// written follows the steps of a decoding error, which names no items of
// lists, as far as they lead into value.
func written(value any, steps []string) manifest.Path {
	var path manifest.Path
	for _, step := range steps {
		next, ok := manifest.Lookup(value, step)
		if !ok {
			break
		}
		path, value = append(path, step), next
	}
	return path
}

func field(steps ...string) manifest.Path { return steps }

// item is the path to a field of the item at index i of a list in spec.
func item(list string, i int, steps ...string) manifest.Path {
	return append(field("spec", list, strconv.Itoa(i)), steps...)
}
