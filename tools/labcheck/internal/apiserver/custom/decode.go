package custom

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	kjson "sigs.k8s.io/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// decode reads o as the server's strict decoder does, sets defaults, and
// returns the violations of fields that the kind does not have. It returns no
// content where metadata does not decode.
func (s *strategy) decode(o manifest.Object) (map[string]any, []creation.Violation, error) {
	content, err := copied(o.Fields)
	if err != nil {
		return nil, nil, err
	}
	unknown, err := s.coerce(content)
	if err != nil {
		return nil, creation.Undecodable(o.Fields, s.undecodable), nil
	}
	defaulting.Default(content, s.structural)
	var violations []creation.Violation
	for _, name := range unknown {
		path := creation.PathOf(o.Fields, name)
		violations = append(violations, creation.Violation{
			Path: path, Key: true, Known: s.missing(o, path[:len(path)-1]), Message: fmt.Sprintf("unknown field %q", name),
		})
	}
	return content, violations, nil
}

// missing are the fields that the schema has at path and o has not.
func (s *strategy) missing(o manifest.Object, path manifest.Path) []string {
	schema := s.structural
	for _, step := range path {
		property, ok := schema.Properties[step]
		switch {
		case ok:
			schema = &property
		case schema.Items != nil:
			schema = schema.Items
		case schema.AdditionalProperties != nil && schema.AdditionalProperties.Structural != nil:
			schema = schema.AdditionalProperties.Structural
		default:
			return nil
		}
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if _, written := o.Field(slices.Concat(path, manifest.Path{name})...); !written {
			names = append(names, name)
		}
	}
	return names
}

func (s *strategy) undecodable(part any) error {
	content, err := copied(part)
	if err != nil {
		return err
	}
	_, err = s.coerce(content)
	return err
}

// coerce does what the server adds to the decoding of JSON: it drops the
// fields that the schema does not have and returns their names, drops nulls
// that stand for nothing, and decodes the metadata of the resource and of
// those embedded in it. Restated from the type unstructuredSchemaCoercer of
// k8s.io/apiextensions-apiserver/pkg/apiserver.
func (s *strategy) coerce(content map[string]any) (unknown []string, err error) {
	apiVersion, kind := content["apiVersion"], content["kind"]
	metadata, written, unknown, err := objectmeta.GetObjectMetaWithOptions(content, objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true})
	if err != nil {
		return nil, err
	}
	pruned := pruning.PruneWithOptions(content, s.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	defaulting.PruneNonNullableNullsWithoutDefaults(content, s.structural)
	invalid, embedded := objectmeta.CoerceWithOptions(nil, content, s.structural, false, objectmeta.CoerceOptions{ReturnUnknownFieldPaths: true})
	if invalid != nil {
		return nil, errors.New(invalid.ErrorBody())
	}
	restore(content, "apiVersion", apiVersion)
	restore(content, "kind", kind)
	if written {
		err = objectmeta.SetObjectMeta(content, metadata)
	}
	return append(append(unknown, pruned...), embedded...), err
}

// restore sets what pruning may have dropped, if it was there.
func restore(content map[string]any, key string, value any) {
	if value != nil {
		content[key] = value
	}
}

// copied is fields as the server decodes them from a request.
func copied(fields any) (map[string]any, error) {
	data, err := json.Marshal(fields)
	if err != nil {
		return nil, fmt.Errorf("encoding the object: %w", err)
	}
	var content map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(data, &content); err != nil {
		return nil, fmt.Errorf("decoding the object: %w", err)
	}
	return content, nil
}
