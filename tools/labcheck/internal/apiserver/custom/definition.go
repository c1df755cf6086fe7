package custom

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Definition is a CustomResourceDefinition that resources are judged by.
type Definition struct {
	Name       string // such as widgets.example.com
	Kind       schema.GroupKind
	Plural     string
	Namespaced bool
	Served     []string // versions, in the order of the definition
	Webhook    bool     // converts between versions

	readers    map[string]reader                    // by served version
	strategies map[string]func() (*strategy, error) // by served version; each is made once
}

// A reader returns one version of a definition, when the first resource needs
// it.
type reader func() (*apiextensionsv1.CustomResourceDefinitionVersion, error)

// serve adds a version.
func (d *Definition) serve(version string, read reader) {
	if d.strategies == nil {
		d.readers, d.strategies = map[string]reader{}, map[string]func() (*strategy, error){}
	}
	d.Served = append(d.Served, version)
	d.readers[version] = read
	d.strategies[version] = sync.OnceValues(func() (*strategy, error) {
		content, err := read()
		if err != nil {
			return nil, err
		}
		return newStrategy(d.Kind.WithVersion(version), d.Namespaced, content)
	})
}

// Schema returns the schema of a version; nil if the version is not served or
// has none. The error says why the definition cannot be read.
func (d *Definition) Schema(version string) (*apiextensionsv1.JSONSchemaProps, error) {
	read, ok := d.readers[version]
	if !ok {
		return nil, nil
	}
	content, err := read()
	if err != nil || content.Schema == nil {
		return nil, err
	}
	return content.Schema.OpenAPIV3Schema, nil
}

// IsDefinition reports whether o is a CustomResourceDefinition.
func IsDefinition(o manifest.Object) bool {
	return o.APIVersion == apiextensionsv1.SchemeGroupVersion.String() && o.Kind == "CustomResourceDefinition"
}

// Declare returns the definition that crd, a CustomResourceDefinition, makes.
// Whether the server accepts crd is for package native to say.
func Declare(crd manifest.Object) *Definition {
	d := &Definition{
		Name:       crd.Name,
		Kind:       schema.GroupKind{Group: crd.Text("spec", "group"), Kind: crd.Text("spec", "names", "kind")},
		Plural:     crd.Text("spec", "names", "plural"),
		Namespaced: crd.Text("spec", "scope") == string(apiextensionsv1.NamespaceScoped),
		Webhook:    crd.Text("spec", "conversion", "strategy") == string(apiextensionsv1.WebhookConverter),
	}
	read := sync.OnceValues(func() (*apiextensionsv1.CustomResourceDefinition, error) { return typed(crd) })
	list, _ := crd.Field("spec", "versions")
	versions, _ := list.([]any)
	for i, version := range versions {
		name, _ := manifest.Lookup(version, "name")
		served, _ := manifest.Lookup(version, "served")
		if name, ok := name.(string); ok && served == true {
			d.serve(name, func() (*apiextensionsv1.CustomResourceDefinitionVersion, error) {
				whole, err := read()
				if err != nil {
					return nil, err
				}
				return &whole.Spec.Versions[i], nil
			})
		}
	}
	return d
}

// typed decodes and defaults a CustomResourceDefinition.
func typed(crd manifest.Object) (*apiextensionsv1.CustomResourceDefinition, error) {
	fields, err := native.Default(crd)
	if err != nil {
		return nil, err
	}
	var definition apiextensionsv1.CustomResourceDefinition
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &definition); err != nil {
		return nil, fmt.Errorf("reading %s: %w", crd.Ref, err)
	}
	return &definition, nil
}

// Definitions are those of one cluster, by kind, beside those that are
// embedded. The nil map holds none.
type Definitions map[schema.GroupKind]*Definition

// Declared returns the definitions among objects.
func Declared(objects []manifest.Object) Definitions {
	all := Definitions{}
	for _, o := range slices.Backward(objects) { // the first of two for a kind has it
		if IsDefinition(o) {
			all.Add(Declare(o))
		}
	}
	return all
}

// Add makes d the definition of its kind.
func (all Definitions) Add(d *Definition) { all[d.Kind] = d }

// Every yields all definitions, and the embedded ones of kinds that have no
// other.
func (all Definitions) Every() iter.Seq[*Definition] {
	return func(yield func(*Definition) bool) {
		for _, d := range all {
			if !yield(d) {
				return
			}
		}
		for line := range strings.Lines(strings.TrimPrefix(index(), "\n")) {
			kind := schema.GroupKind{Group: strings.Fields(line)[0], Kind: strings.Fields(line)[1]}
			if _, declared := all[kind]; !declared && !yield(Embedded(kind)) {
				return
			}
		}
	}
}

// Of returns the definition of the kind of o, which may be an embedded one,
// or nil.
func (all Definitions) Of(o manifest.Object) *Definition {
	return all.OfKind(schema.FromAPIVersionAndKind(o.APIVersion, o.Kind).GroupKind())
}

// OfKind returns the definition of a kind, which may be an embedded one, or nil.
func (all Definitions) OfKind(kind schema.GroupKind) *Definition {
	if d, ok := all[kind]; ok {
		return d
	}
	return Embedded(kind)
}
