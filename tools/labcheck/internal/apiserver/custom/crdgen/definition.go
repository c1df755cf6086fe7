package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom/published"
)

// A definition is what matters of a CustomResourceDefinition.
type definition struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Group string `json:"group"`
		Scope string `json:"scope"`
		Names struct {
			Kind   string `json:"kind"`
			Plural string `json:"plural"`
		} `json:"names"`
		Versions []map[string]any `json:"versions"`
	} `json:"spec"`
}

// add adds the served versions of a definition to files, a file each, and
// returns its line of the index.
func add(files map[string][]byte, from published.Definition) (line string, err error) {
	var d definition
	if err := json.Unmarshal(from.JSON, &d); err != nil {
		return "", err
	}
	if d.APIVersion != "apiextensions.k8s.io/v1" || d.Metadata.Name != d.Spec.Names.Plural+"."+d.Spec.Group {
		return "", fmt.Errorf("not a definition as apiextensions.k8s.io/v1 has it")
	}
	var served []string
	for _, version := range d.Spec.Versions {
		if version["served"] != true {
			continue
		}
		name := version["name"].(string)
		withOperatorKinds(d.Metadata.Name, version)
		content, err := json.Marshal(bare(version))
		if err != nil {
			return "", err
		}
		files[d.Metadata.Name+"_"+name+".json.gz"] = content
		served = append(served, name)
	}
	return strings.Join([]string{d.Spec.Group, d.Spec.Names.Kind, d.Spec.Names.Plural, d.Spec.Scope, strings.Join(served, ","), from.Module}, " "), nil
}

// bare is a version without what is only for readers: columns and
// descriptions.
func bare(version map[string]any) map[string]any {
	delete(version, "additionalPrinterColumns")
	if schema, ok := version["schema"].(map[string]any); ok {
		undescribe(schema["openAPIV3Schema"])
	}
	return version
}

// undescribe removes the descriptions of a schema and all below it, and no
// property that is called description.
func undescribe(value any) {
	schema, ok := value.(map[string]any)
	if !ok {
		return
	}
	delete(schema, "description")
	for _, one := range []string{"items", "additionalProperties", "not"} {
		undescribe(schema[one])
	}
	for _, several := range []string{"allOf", "anyOf", "oneOf"} {
		list, _ := schema[several].([]any)
		for _, item := range list {
			undescribe(item)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, property := range properties {
		undescribe(property)
	}
}

// joined is lines as a file, sorted.
func joined(lines []string) []byte {
	slices.Sort(lines)
	return []byte(strings.Join(lines, "\n") + "\n")
}

// pack is the content of a file as it is embedded.
func pack(name string, content []byte) ([]byte, error) {
	if !strings.HasSuffix(name, ".gz") {
		return content, nil
	}
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}
