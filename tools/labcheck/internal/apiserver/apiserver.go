// Package apiserver is the API server's own judgement, offline: what would it
// say to the objects of a build if they were created now?
//
// It evaluates ValidatingAdmissionPolicies with the evaluator of
// k8s.io/apiserver: its CEL environment, libraries, cost limits and messages.
// The rules around the evaluator (which policy matches which object, when an
// error is a denial, how a message is made) are restated from
// k8s.io/apiserver/pkg/admission/plugin, whose own entry points need a running
// cluster; testdata/agreement/record.json holds what a real API server answered.
//
// What it does not do:
//   - It fills in no default and normalises no value: objects are evaluated as
//     they are handed in. A policy that reads a field nobody wrote sees no such
//     field, and cpu: 0.5 is a number, where the server would show the default
//     and the string 500m; so hand in what native.Validate made of them.
//   - It knows no parameters but those in the build, and asks no authorizer.
//     Policies whose parameters are of an unknown kind, or that ask who makes
//     the request, are reported as skipped, never passed over.
//   - Every request is a CREATE, by an ordinary user: request.userInfo is
//     somebody in the group system:authenticated. Policies for other operations
//     or for subresources only are reported as skipped.
package apiserver

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"

// A Judgement is what the API server would say to a set of objects.
type Judgement struct {
	Violations []Violation // an object breaks a promise
	Faults     []Fault     // a policy or binding that cannot be judged
	Idle       []Fault     // a policy that matched no object: a promise about nothing
	Evaluated  int         // evaluations of a policy on an object, with one parameter
	Policies   int         // policies among the objects, faulty ones included
}

// A Violation is one object that breaks one promise of a policy.
type Violation struct {
	Policy, Object, Binding manifest.Object
	// Param is the parameter that Policy was evaluated with, nil if none.
	Param *manifest.Object
	// Denies says that the server refuses the object, where it would else let
	// it pass with a warning or a note in the audit log.
	Denies bool
	// Misconfigured leads to the field of Binding that is wrong, if that is why
	// the server denies the object, whatever it holds; else it is empty.
	Misconfigured manifest.Path
	// Expression leads to the broken promise in Policy, such as
	// spec.validations[0].expression.
	Expression manifest.Path
	// Message is the server's, word for word, without the name of the policy.
	Message string
	// Path leads to the field of Object that decided. It may be a field that is
	// missing: then its nearest written ancestor is the place to edit. It is
	// empty where no field of the object decided or where that is not certain.
	Path manifest.Path
	// Others are the other scalar fields of Object that were read, in the order
	// of reading.
	Others []manifest.Path
}

// A Fault says what is wrong with a policy or a binding, and where.
type Fault struct {
	Object  manifest.Object // the policy or the binding
	Path    manifest.Path   // the field to look at
	Offset  int             // in the text there, in bytes
	Message string          // one sentence: no capital, no full stop
	// Skipped tells what this version cannot judge offline from what is wrong
	// in the object itself.
	Skipped bool
}
