package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/release"
)

// TestSetIsCurrent fails if the embedded set is not what go generate writes.
func TestSetIsCurrent(t *testing.T) {
	want, err := generate(release.All)
	if errors.Is(err, errUnavailable) {
		t.Skipf("not compared, go mod download fails: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join("..", "set")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if want[entry.Name()] == nil {
			t.Errorf("%s is no longer written", entry.Name())
		}
	}
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s is not current (%v): run go generate", name, err)
		}
	}
}

// TestLifecyclesAreCurrent fails if the table of package lifecycle is not what
// go generate writes.
func TestLifecyclesAreCurrent(t *testing.T) {
	want, err := lifecycles(release.Lifecycles)
	if errors.Is(err, errUnavailable) {
		t.Skipf("not compared, go mod download fails: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", lifecycleTable))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not current (%v): run go generate", lifecycleTable, err)
	}
}
