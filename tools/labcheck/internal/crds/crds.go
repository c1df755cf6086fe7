// Package crds reads the CustomResourceDefinitions of a cluster from files that
// are no part of an overlay, such as what kubectl get crds -o yaml prints.
package crds

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Read returns the CustomResourceDefinitions in the YAML and JSON files below
// dir, in the order of their names. Objects of other kinds are passed over. An
// error says which file cannot be used, and at which line: it is no YAML, or
// the API server would not take a definition in it, or one is there twice.
// Files are named by their path below dir, after name.
func Read(dir, name string) ([]manifest.Object, error) {
	files := os.DirFS(dir)
	var found []document
	err := fs.WalkDir(files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(file)) {
			return err
		}
		data, err := fs.ReadFile(files, file)
		if err != nil {
			return err
		}
		documents, err := parse(filepath.ToSlash(filepath.Join(name, file)), data)
		found = append(found, documents...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return checked(found)
}

// checked are the definitions among documents, all of which can be used.
func checked(documents []document) ([]manifest.Object, error) {
	var definitions []manifest.Object
	first := map[string]manifest.Pos{} // by name
	for _, d := range documents {
		if d.object.Kind != "CustomResourceDefinition" {
			continue
		}
		if at, twice := first[d.object.Name]; twice {
			return nil, fmt.Errorf("%s: %s is defined at %s already", d.pos(), d.object.Name, at)
		}
		first[d.object.Name] = d.pos()
		if !custom.IsDefinition(d.object) {
			return nil, fmt.Errorf("%s: a CustomResourceDefinition of %q is not served: write apiextensions.k8s.io/v1", d.pos("apiVersion"), d.object.APIVersion)
		}
		result, err := native.Validate(d.object)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.pos(), err)
		}
		if len(result.Violations) > 0 {
			v := result.Violations[0]
			return nil, fmt.Errorf("%s: the API server would not take %s: %s: %s", d.pos(v.Path...), d.object.Name, v.Path, v.Message)
		}
		definitions = append(definitions, d.object)
	}
	return definitions, nil
}
