// Package native judges an object of a kind that is built into Kubernetes as
// the API server of Kubernetes 1.37 does when it is created or changed: strict decoding,
// defaulting, conversion, the preparation and validation of the kind's
// registry strategy, and the validation generated from its type. All of it is
// the server's own code, called in the server's order (rest.BeforeCreate of
// k8s.io/apiserver/pkg/registry/rest), so its messages are the server's too.
//
// Strategies are called as they are, but for the packages that import the etcd
// client and gRPC (24 MB of binary, 5 to 10 ms of every run): those are restated
// in a few lines each. What a real server answered to thousands of changed
// objects is in testdata, and replayed by the tests.
//
// What it does not do:
//   - It knows no other object: that a namespace, a ServiceAccount or a
//     PriorityClass exists is not asked. A namespaced object without
//     metadata.namespace is judged in the namespace "default".
//   - It runs no admission plugin and allocates nothing (cluster IPs, node
//     ports); Pod Security is the package podsecurity.
//   - It does not judge subresources; custom resources are for package custom.
//   - It does not warn of formats that a CustomResourceDefinition makes up, nor
//     of webhooks for resources that no webhook is called for.
//   - It knows one version of Kubernetes, with its default feature gates.
package native

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ErrUnknownKind is returned for a kind that this package does not judge,
// such as a custom one.
var ErrUnknownKind = errors.New("not a kind built into Kubernetes")

// Validate judges o. The error is ErrUnknownKind where o is of no kind judged
// here, and something else only where the server's code panicked. Validate
// does not change o and may be called concurrently.
func Validate(o manifest.Object) (result creation.Result, err error) {
	k, ok := kinds()[typeOf(o)]
	if !ok {
		return creation.Result{}, unknownKind(o)
	}
	defer creation.RecoverAs(o, &err)
	decoded, violations := k.decode(o)
	if decoded == nil {
		return creation.Result{Violations: creation.Sorted(violations)}, nil
	}
	created, invalid, warnings := k.create(o, decoded)
	if len(violations) > 0 {
		invalid, warnings = nil, nil
	}
	defaulted, err := k.fields(created)
	if err != nil {
		return creation.Result{}, fmt.Errorf("encoding %s after defaulting: %w", o.Ref, err)
	}
	return creation.Result{
		Violations: creation.Sorted(append(violations, invalid...)), Warnings: creation.Sorted(warnings), Defaulted: defaulted,
	}, nil
}

// Default returns the fields of o with the server's defaults, whether o is
// valid or not. Beyond the errors of Validate, the error says where o cannot
// be decoded.
func Default(o manifest.Object) (fields map[string]any, err error) {
	k, ok := kinds()[typeOf(o)]
	if !ok {
		return nil, unknownKind(o)
	}
	defer creation.RecoverAs(o, &err)
	decoded, _, err := k.unmarshal(o.Fields)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", o.Ref, err)
	}
	k.scheme.Default(decoded)
	return k.fields(decoded)
}

// Convert returns the fields of an object, with the server's defaults, in
// another version of its kind, as the server shows it to those who ask for
// that version. The error says why it cannot be converted.
func Convert(fields map[string]any, to schema.GroupVersion) (converted map[string]any, err error) {
	o := manifest.Object{Fields: fields}
	from := schema.FromAPIVersionAndKind(o.Text("apiVersion"), o.Text("kind"))
	k := kind{gvk: to.WithKind(from.Kind), scheme: schemeOf(from)}
	if k.scheme == nil || !k.scheme.Recognizes(k.gvk) {
		return nil, fmt.Errorf("%w: %s of %s", ErrUnknownKind, from.Kind, to)
	}
	defer creation.RecoverAs(o, &err)
	decoded, _, err := kind{gvk: from, scheme: k.scheme}.unmarshal(fields)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", from, err)
	}
	k.scheme.Default(decoded)
	internal, err := k.scheme.ConvertToVersion(decoded, runtime.InternalGroupVersioner)
	if err != nil {
		return nil, fmt.Errorf("converting %s: %w", from, err)
	}
	return k.fields(internal)
}

func unknownKind(o manifest.Object) error {
	return fmt.Errorf("%w: %s of %s", ErrUnknownKind, o.Kind, o.APIVersion)
}
