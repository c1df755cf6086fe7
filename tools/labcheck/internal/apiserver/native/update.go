package native

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ValidateUpdate judges what `kubectl apply` of o changes in a cluster where
// old was applied before: the three-way merge of kubectl, and the server's
// preparation and validation of an update. What the server and its controllers
// had filled in is restated in a few lines: addresses and ports of a Service,
// a claim that is bound, a definition that is served. The result has no
// Warnings and no Defaulted.
//
// Violations are those of the whole new object, at paths of o: what Validate
// says of o alone is among them. Beyond the errors of Validate, the error says
// why the two cannot be compared: one of them is not accepted when it is
// created, or they are of different kinds.
func ValidateUpdate(old, o manifest.Object) (result creation.Result, err error) {
	k, ok := kinds()[typeOf(o)]
	if !ok {
		return creation.Result{}, unknownKind(o)
	}
	if typeOf(old) != typeOf(o) {
		return creation.Result{}, fmt.Errorf("%s of %s cannot become %s of %s", old.Kind, old.APIVersion, o.Kind, o.APIVersion)
	}
	defer creation.RecoverAs(o, &err)
	stored, err := k.store(old)
	if err != nil {
		return creation.Result{}, err
	}
	applied, err := k.apply(old, o, stored)
	if err != nil {
		return creation.Result{Violations: []creation.Violation{{Message: "kubectl apply cannot merge the change: " + err.Error()}}}, nil
	}
	errs := creation.RunUpdate(applied, stored, k.gvk, k.strategy.(rest.RESTUpdateStrategy))
	return creation.Result{Violations: creation.Sorted(k.violations(o, errs))}, nil
}

// store creates o, and returns it as the server would hold it.
func (k kind) store(o manifest.Object) (runtime.Object, error) {
	decoded, violations := k.decode(o)
	if len(violations) > 0 {
		return nil, fmt.Errorf("%s is not accepted: %s: %s", o.Ref, violations[0].Path, violations[0].Message)
	}
	created, violations, _ := k.create(o, decoded)
	if len(violations) > 0 {
		return nil, fmt.Errorf("%s is not accepted: %s: %s", o.Ref, violations[0].Path, violations[0].Message)
	}
	settle(created)
	return created, creation.Store(created)
}

// apply merges the change from old to o into the stored object, as kubectl
// does, and returns the result in the server's internal version.
func (k kind) apply(old, o manifest.Object, stored runtime.Object) (runtime.Object, error) {
	versioned, err := k.scheme.ConvertToVersion(stored, k.gvk.GroupVersion())
	if err != nil {
		return nil, err
	}
	merged, err := k.merge(old.Fields, o.Fields, versioned)
	if err != nil {
		return nil, err
	}
	applied, err := k.scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(merged, applied); err != nil {
		return nil, err
	}
	k.scheme.Default(applied)
	internal, err := k.scheme.ConvertToVersion(applied, runtime.InternalGroupVersioner)
	if err != nil {
		return nil, err
	}
	return internal, sameNamespace(internal, stored)
}

// merge is the stored object, as JSON, with the change between two manifests.
func (k kind) merge(before, after map[string]any, stored runtime.Object) ([]byte, error) {
	var texts [3][]byte
	for i, value := range []any{before, after, stored} {
		text, err := encode(value)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	schema, err := strategicpatch.NewPatchMetaFromStruct(stored)
	if err != nil {
		return nil, err
	}
	patch, err := strategicpatch.CreateThreeWayMergePatch(texts[0], texts[1], texts[2], schema, true)
	if err != nil {
		return nil, err
	}
	return strategicpatch.StrategicMergePatch(texts[2], patch, stored)
}

// sameNamespace puts an object that names no namespace where the stored one is.
func sameNamespace(object, stored runtime.Object) error {
	after, err := meta.Accessor(object)
	if err != nil {
		return err
	}
	before, err := meta.Accessor(stored)
	if err != nil {
		return err
	}
	after.SetNamespace(before.GetNamespace())
	return nil
}
