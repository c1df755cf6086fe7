package native

import (
	"k8s.io/apimachinery/pkg/runtime"
	kjson "sigs.k8s.io/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// decode reads o strictly and sets defaults. It returns nil where a value is
// of a type that its field cannot hold, and the object without them where
// there are fields that its kind does not have.
func (k kind) decode(o manifest.Object) (runtime.Object, []creation.Violation) {
	object, unknown, err := k.unmarshal(o.Fields)
	if err != nil {
		return nil, creation.Undecodable(o.Fields, func(part any) error {
			_, _, err := k.unmarshal(part)
			return err
		})
	}
	var violations []creation.Violation
	for _, err := range unknown {
		violations = append(violations, strictViolation(o.Fields, err))
	}
	k.scheme.Default(object)
	return object, violations
}

// unmarshal decodes fields as the server's strict JSON serializer does.
func (k kind) unmarshal(fields any) (object runtime.Object, unknown []error, err error) {
	data, err := encode(fields)
	if err != nil {
		return nil, nil, err
	}
	object, err = k.scheme.New(k.gvk)
	if err != nil {
		return nil, nil, err
	}
	unknown, err = kjson.UnmarshalStrict(data, object)
	return object, unknown, err
}

// strictViolation is the violation of a field that the kind does not have.
func strictViolation(fields map[string]any, err error) creation.Violation {
	message := err.Error()
	at, ok := err.(kjson.FieldError)
	if !ok {
		return creation.Violation{Message: message}
	}
	return creation.Violation{Path: creation.PathOf(fields, at.FieldPath()), Key: true, Message: message}
}
