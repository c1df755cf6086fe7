package custom

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/model"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/common"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ValidateUpdate judges what `kubectl apply` of o changes in a cluster where
// old was applied before: the three-way merge of kubectl, and the server's
// validation of an update with the rules of the schema that compare with
// oldSelf. As native.ValidateUpdate, it says of the whole new object what is
// wrong, and an error why the two cannot be compared.
func (d *Definition) ValidateUpdate(old, o manifest.Object) (result creation.Result, err error) {
	defer creation.RecoverAs(o, &err)
	if old.APIVersion != o.APIVersion {
		return creation.Result{}, fmt.Errorf("%s of %s cannot become one of %s", old.Kind, old.APIVersion, o.APIVersion)
	}
	version := schemaVersion(o.APIVersion)
	load, ok := d.strategies[version]
	if !ok {
		return creation.Result{Violations: []creation.Violation{d.notServed(version)}}, nil
	}
	s, err := load()
	if err != nil {
		return creation.Result{}, fmt.Errorf("using the CustomResourceDefinition %s: %w", d.Name, err)
	}
	stored, err := s.store(old)
	if err != nil {
		return creation.Result{}, err
	}
	applied, err := s.apply(old, o, stored)
	if err != nil {
		return creation.Result{Violations: []creation.Violation{{Message: "kubectl apply cannot merge the change: " + err.Error()}}}, nil
	}
	for _, err := range creation.RunUpdate(applied, stored, s.kind, s) {
		result.Violations = append(result.Violations, creation.Of(o.Fields, err))
	}
	return creation.Result{Violations: creation.Sorted(result.Violations)}, nil
}

// store creates o, and returns it as the server would hold it.
func (s *strategy) store(o manifest.Object) (*unstructured.Unstructured, error) {
	content, violations, err := s.decode(o)
	if err != nil {
		return nil, err
	}
	resource := &unstructured.Unstructured{Object: content}
	if len(violations) == 0 {
		errs, _ := creation.Run(resource, s.kind, s)
		for _, err := range errs {
			violations = append(violations, creation.Of(o.Fields, err))
		}
	}
	if len(violations) > 0 {
		return nil, fmt.Errorf("%s is not accepted: %s: %s", o.Ref, violations[0].Path, violations[0].Message)
	}
	return resource, creation.Store(resource)
}

// apply merges the change from old to o into the stored resource, as kubectl
// does.
func (s *strategy) apply(old, o manifest.Object, stored *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	var texts [3][]byte
	for i, value := range []map[string]any{old.Fields, o.Fields, stored.Object} {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		texts[i] = text
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(texts[0], texts[1], texts[2])
	if err != nil {
		return nil, err
	}
	merged, err := jsonpatch.MergePatch(texts[2], patch)
	if err != nil {
		return nil, err
	}
	applied := &unstructured.Unstructured{}
	if err := applied.UnmarshalJSON(merged); err != nil {
		return nil, err
	}
	content, _, err := s.decode(manifest.Object{Ref: o.Ref, Fields: applied.Object})
	if err != nil || content == nil {
		return nil, fmt.Errorf("the merged object cannot be decoded: %w", err)
	}
	applied.Object = content
	applied.SetNamespace(stored.GetNamespace())
	return applied, nil
}

// PrepareForUpdate keeps the status of a resource that has it as a subresource.
func (s *strategy) PrepareForUpdate(_ context.Context, object, stored runtime.Object) {
	after, before := object.(*unstructured.Unstructured), stored.(*unstructured.Unstructured)
	if s.subresources.Status == nil {
		return
	}
	delete(after.Object, "status")
	if status, ok := before.Object["status"]; ok {
		after.Object["status"] = status
	}
}

// ValidateUpdate is Validate for the change of a stored resource: what was
// wrong before and is not touched is let pass.
func (s *strategy) ValidateUpdate(ctx context.Context, object, stored runtime.Object) field.ErrorList {
	after, before := object.(*unstructured.Unstructured).Object, stored.(*unstructured.Unstructured).Object
	both := common.NewCorrelatedObject(after, before, &model.Structural{Structural: s.structural})
	errs := slices.Concat(
		s.validateMetadata(ctx, operation.Update, after, before),
		validation.ValidateCustomResourceUpdate(nil, after, before, s.values, validation.WithRatcheting(both)),
		s.validateScale(after),
		objectmeta.Validate(ctx, nil, after, s.structural, false),
	)
	if len(listtype.ValidateListSetsAndMaps(nil, s.structural, before)) == 0 {
		errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, after)...)
	}
	if s.rules == nil || slices.ContainsFunc(errs, blocking) {
		return errs
	}
	broken, _ := s.rules.Validate(ctx, nil, s.structural, after, before, celconfig.RuntimeCELCostBudget, cel.WithRatcheting(both))
	return append(errs, broken...)
}

func (*strategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

func (*strategy) AllowCreateOnUpdate(context.Context) bool { return false }

func (*strategy) AllowUnconditionalUpdate(context.Context) bool { return false }
