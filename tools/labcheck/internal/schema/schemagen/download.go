package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// errUnavailable is a module that can be neither found nor downloaded.
var errUnavailable = errors.New("module is not available")

// A definition is one schema of an OpenAPI v2 document, as Kubernetes writes
// it.
type definition struct {
	Ref         string                 `json:"$ref"`
	Type        string                 `json:"type"`
	Format      string                 `json:"format"`
	Properties  map[string]*definition `json:"properties"`
	Required    []string               `json:"required"`
	Items       *definition            `json:"items"`
	Values      *definition            `json:"additionalProperties"`
	Kinds       []groupVersionKind     `json:"x-kubernetes-group-version-kind"`
	Description string                 `json:"description"`

	// Known, and of no use here: go run fails on what is not listed.
	Default       any `json:"default"`
	ListType      any `json:"x-kubernetes-list-type"`
	ListMapKeys   any `json:"x-kubernetes-list-map-keys"`
	MapType       any `json:"x-kubernetes-map-type"`
	PatchMergeKey any `json:"x-kubernetes-patch-merge-key"`
	PatchStrategy any `json:"x-kubernetes-patch-strategy"`
	Unions        any `json:"x-kubernetes-unions"`
}

type groupVersionKind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
}

// apiVersion is how an object writes its group and version.
func (gvk groupVersionKind) apiVersion() string {
	if gvk.Group == "" {
		return gvk.Version
	}
	return gvk.Group + "/" + gvk.Version
}

// download returns the definitions of a Kubernetes release by name.
func download(version string) (map[string]*definition, error) {
	dir, err := moduleDir("k8s.io/kubernetes@v" + version)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(filepath.Join(dir, "api", "openapi-spec", "swagger.json"))
	if err != nil {
		return nil, err
	}
	return parse(content)
}

func moduleDir(module string) (string, error) {
	cmd := exec.Command("go", "mod", "download", "-json", module)
	cmd.Dir = os.TempDir() // outside of any module: go.mod must not matter
	out, runErr := cmd.Output()
	var reply struct{ Dir, Error string }
	if err := json.Unmarshal(out, &reply); err != nil {
		return "", fmt.Errorf("%s: %w: %w", module, errUnavailable, errors.Join(runErr, err))
	}
	if reply.Dir == "" {
		return "", fmt.Errorf("%s: %w: %s", module, errUnavailable, reply.Error)
	}
	return reply.Dir, nil
}

// parse reads an OpenAPI v2 document. It fails on a schema keyword that
// definition does not know, because ignoring it could weaken the schemas.
func parse(content []byte) (map[string]*definition, error) {
	var document struct {
		Definitions map[string]json.RawMessage `json:"definitions"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	definitions := map[string]*definition{}
	for name, raw := range document.Definitions {
		def, err := decodeStrict(raw)
		if err != nil {
			return nil, fmt.Errorf("definition %s: %w", name, err)
		}
		definitions[name] = def
	}
	return definitions, nil
}

func decodeStrict(raw []byte) (*definition, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var def definition
	return &def, decoder.Decode(&def)
}
