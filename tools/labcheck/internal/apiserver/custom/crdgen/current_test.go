package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom/published"
)

// TestSetIsCurrent fails if the embedded set is not what go generate writes.
func TestSetIsCurrent(t *testing.T) {
	want, err := generate()
	if errors.Is(err, published.ErrUnavailable) {
		t.Skipf("not compared, go mod download fails: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(setDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if want[entry.Name()] == nil {
			t.Errorf("%s is no longer written", entry.Name())
		}
	}
	for name, content := range want {
		if got := readSet(t, name); !bytes.Equal(got, content) {
			t.Errorf("%s is not current: run go generate", name)
		}
	}
}

// TestFluxPublishesTheSame compares with the definitions that controllers of
// Flux carry in their own modules, of the same release.
func TestFluxPublishesTheSame(t *testing.T) {
	for _, s := range []published.Source{
		{Module: "github.com/fluxcd/source-controller@v1.9.5", Files: "config/crd/bases/*.yaml"},
		{Module: "github.com/fluxcd/kustomize-controller@v1.9.5", Files: "config/crd/bases/*.yaml"},
	} {
		definitions, err := s.Read()
		if errors.Is(err, published.ErrUnavailable) {
			t.Skipf("not compared, go mod download fails: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, d := range definitions {
			if _, err := add(files, d); err != nil {
				t.Fatal(err)
			}
		}
		for name, content := range files {
			if got := readSet(t, name); !bytes.Equal(got, content) {
				t.Errorf("%s is not what %s has", name, s.Module)
			}
		}
		t.Logf("%s: %d definitions are the same", s.Module, len(files))
	}
}

const setDir = "../set"

// readSet returns the content of a file of the set, unpacked.
func readSet(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(setDir, name))
	if err != nil {
		t.Error(err)
		return nil
	}
	if !strings.HasSuffix(name, ".gz") {
		return content
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if content, err = io.ReadAll(unpacked); err != nil {
		t.Fatal(err)
	}
	return content
}

// A property may be called description: only descriptions go.
func TestUndescribe(t *testing.T) {
	text := map[string]any{"type": "string", "description": "for readers"}
	schema := map[string]any{"description": "for readers", "properties": map[string]any{
		"description": text, "list": map[string]any{"items": map[string]any{"anyOf": []any{map[string]any{"description": "for readers"}}}},
	}}
	undescribe(schema)
	properties := schema["properties"].(map[string]any)
	if len(schema) != 1 || len(properties) != 2 || len(text) != 1 {
		t.Errorf("got %v", schema)
	}
	if item := properties["list"].(map[string]any)["items"].(map[string]any)["anyOf"].([]any)[0]; len(item.(map[string]any)) != 0 {
		t.Errorf("got %v", item)
	}
}
