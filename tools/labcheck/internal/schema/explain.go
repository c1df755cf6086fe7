package schema

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"github.com/yannh/kubeconform/pkg/validator"
)

// An explainer says in detail why kubeconform found an object invalid.
// kubeconform passes on only the first level of its engine's error, and as
// text; so the explainer asks the same engine, about the same file, again.
type explainer struct {
	file string // the schema

	mu       sync.Mutex
	compiler *jsonschema.Compiler // nil until needed
}

// explain returns a Violation, without versions, for each thing that is wrong
// with o.
func (e *explainer) explain(o manifest.Object, result validator.Result) ([]Violation, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.compiler == nil {
		e.compiler = jsonschema.NewCompiler()
		e.compiler.DefaultDraft(jsonschema.Draft4) // as kubeconform does
	}
	schema, err := e.compiler.Compile(e.file)
	if err != nil {
		return nil, fmt.Errorf("explaining %w: %w", result.Err, err)
	}
	var root *jsonschema.ValidationError
	if err := schema.Validate(o.Fields); !errors.As(err, &root) {
		return nil, fmt.Errorf("kubeconform and its engine disagree: %w", result.Err)
	}
	var found []Violation
	for leaf := range leaves(root) {
		found = merge(found, e.describe(o, leaf), nil)
	}
	return found, nil
}

// leaves yields the errors below e that no other error is the cause of.
func leaves(e *jsonschema.ValidationError) func(yield func(*jsonschema.ValidationError) bool) {
	return func(yield func(*jsonschema.ValidationError) bool) {
		if len(e.Causes) == 0 {
			yield(e)
			return
		}
		for _, cause := range e.Causes {
			for leaf := range leaves(cause) {
				if !yield(leaf) {
					return
				}
			}
		}
	}
}

// describe puts one error of the engine in plain words.
func (e *explainer) describe(o manifest.Object, leaf *jsonschema.ValidationError) []Violation {
	path := manifest.Path(leaf.InstanceLocation)
	value, _ := o.Field(path...)
	switch k := leaf.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		var found []Violation
		for _, name := range k.Properties {
			message := unknownField(name, e.fields(leaf.SchemaURL), value)
			found = append(found, Violation{Path: append(slices.Clone(path), name), Key: true, Message: message})
		}
		return found
	case *kind.Required:
		var found []Violation
		for _, name := range k.Missing {
			found = append(found, Violation{Path: path, Message: fmt.Sprintf("missing field %q", name)})
		}
		return found
	case *kind.Type:
		return []Violation{{Path: path, Message: wrongType(k.Want, value)}}
	case *kind.Enum:
		return []Violation{{Path: path, Message: notOneOf(k.Want, value)}}
	case *kind.Format:
		return []Violation{{Path: path, Message: wrongFormat(k.Want, value)}}
	}
	return []Violation{{Path: path, Message: leaf.ErrorKind.LocalizedString(printer)}}
}

// fields are the names of the fields that the schema at url has.
func (e *explainer) fields(url string) []string {
	schema, err := e.compiler.Compile(url)
	if err != nil {
		return nil // an error message can do without
	}
	var names []string
	for name := range schema.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
