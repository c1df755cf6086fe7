// Package internal_test holds what is true of all packages of labcheck together.
package internal_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/kube-lab/kube-lab/tools/labcheck/internal/"

// mayImport is the direction of dependencies: what each package may import
// of labcheck, outside its tests.
var mayImport = map[string][]string{
	"manifest":  {},
	"spelling":  {},
	"hosts":     {},
	"argocd":    {"manifest"},
	"graph":     {"manifest"},
	"picture":   {"graph"},
	"overlay":   {"manifest", "spelling"},
	"schema":    {"manifest", "spelling"},
	"apiserver": {"manifest"},
	"check":     {"manifest"},
	"crds":      {"manifest", "overlay", "apiserver"},
	"diagnosis": {"check", "manifest"},
	"cluster":   {"check", "manifest", "diagnosis"},
	"drift":     {"manifest", "apiserver"},
	"diff":      {"manifest", "apiserver"},
	"revision":  {},
	"rules":     {"check", "manifest", "schema", "apiserver", "argocd", "diagnosis", "drift", "graph", "hosts", "spelling"},
	"report":    {"check", "diff", "manifest"},
	"checktest": {"manifest", "check", "overlay", "schema", "cluster"},
	"drill":     {},
	"docs":      {"check", "drill"},
	"mutants":   {"check", "hosts", "manifest", "overlay", "rules", "schema"},
	"cli":       {"manifest", "check", "overlay", "schema", "rules", "report", "docs", "crds", "graph", "picture", "cluster", "diagnosis", "diff", "revision"},
}

// doesNoIO lists packages that only judge or write what they are handed.
var doesNoIO = []string{"manifest", "argocd", "spelling", "hosts", "graph", "picture", "check", "diagnosis", "diff", "drift", "rules", "report"}

func TestDependenciesGoOneWay(t *testing.T) {
	for _, dir := range packageDirs(t) {
		name, _, _ := strings.Cut(filepath.ToSlash(dir), "/")
		allowed, known := mayImport[name]
		if !known {
			t.Errorf("package %s is not in the table of dependencies", dir)
		}
		for _, path := range imports(t, dir) {
			inner, ours := strings.CutPrefix(path, module)
			inner, _, _ = strings.Cut(inner, "/")
			if ours && inner != name && !slices.Contains(allowed, inner) {
				t.Errorf("%s imports %s, which it may not: allowed are %v", dir, inner, allowed)
			}
			if slices.Contains(doesNoIO, name) && slices.Contains([]string{"os", "os/exec", "net", "net/http", "path/filepath"}, path) {
				t.Errorf("%s imports %s, but does no I/O", dir, path)
			}
		}
	}
}

func packageDirs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no packages found: %v", err)
	}
	nested, _ := filepath.Glob("*/*/*.go")
	var dirs []string
	for _, file := range slices.Concat(files, nested) {
		dirs = append(dirs, filepath.Dir(file))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func imports(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".go") || strings.HasSuffix(entry.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, entry.Name()), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			paths = append(paths, path)
		}
	}
	return paths
}
