package native_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// readCorpus returns the valid objects below testdata/corpus.
func readCorpus(t testing.TB) []manifest.Object {
	t.Helper()
	return readObjects(t, "testdata/corpus/*.yaml")
}

// readObjects returns the objects in the files that pattern names, in the order
// of files and documents.
func readObjects(t testing.TB, pattern string) []manifest.Object {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	slices.Sort(files)
	var objects []manifest.Object
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := decodeAll(data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		objects = append(objects, decoded...)
	}
	return objects
}

// decodeAll returns the objects of a YAML file.
func decodeAll(data []byte) ([]manifest.Object, error) {
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	var objects []manifest.Object
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := yaml.ToJSON(document)
		if err != nil {
			return nil, err
		}
		fields, err := decodeJSON(text)
		if err != nil {
			return nil, err
		}
		objects = append(objects, objectOf(fields))
	}
}

// decodeJSON keeps whole numbers whole, as manifest.Object asks.
func decodeJSON(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	return whole(fields).(map[string]any), nil
}

func whole(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key := range value {
			value[key] = whole(value[key])
		}
	case []any:
		for i := range value {
			value[i] = whole(value[i])
		}
	case json.Number:
		if n, err := value.Int64(); err == nil {
			return n
		}
		f, _ := value.Float64()
		return f
	}
	return value
}

func objectOf(fields map[string]any) manifest.Object {
	o := manifest.Object{Fields: fields}
	o.APIVersion = o.Text("apiVersion")
	o.Kind = o.Text("kind")
	o.Namespace = o.Text("metadata", "namespace")
	o.Name = o.Text("metadata", "name")
	if o.Name == "" {
		o.Name = o.Text("metadata", "generateName")
	}
	return o
}
