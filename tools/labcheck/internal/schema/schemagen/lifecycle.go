package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A lifecycle is what the generated methods of one type say: the methods are
// those that the API server calls.
type lifecycle struct {
	minors      map[string]int // by the last word of the method, as in Removed
	replacement string
}

// lifecycles returns the table of package lifecycle. Where several modules
// have a type, the last one counts.
func lifecycles(modules []string) ([]byte, error) {
	table := map[string]lifecycle{}
	for _, module := range modules {
		dir, err := moduleDir(module)
		if err != nil {
			return nil, err
		}
		if err := readModule(dir, table); err != nil {
			return nil, fmt.Errorf("%s: %w", module, err)
		}
	}
	text := bytes.NewBufferString("# Written by schemagen. Do not edit.\n")
	for _, kind := range slices.Sorted(maps.Keys(table)) {
		l := table[kind]
		if l.minors["Deprecated"] > 0 && l.replacement == "" {
			l.replacement = stable(kind, table)
		}
		fmt.Fprintln(text, strings.TrimRight(fmt.Sprintf("%s %d %d %d %s", kind,
			l.minors["Introduced"], l.minors["Deprecated"], l.minors["Removed"], l.replacement), " "))
	}
	return text.Bytes(), nil
}

// stable is the stable version of the same kind, if there is one: what to use
// instead of a deprecated one where the server does not say.
func stable(kind string, table map[string]lifecycle) string {
	apiVersion, name, _ := strings.Cut(kind, " ")
	group, _, _ := strings.Cut(apiVersion, "/")
	if same := group + "/v1 " + name; same != kind && table[same].minors["Introduced"] > 0 {
		return same
	}
	return ""
}

// readModule adds the types below dir to table, by API version and kind.
func readModule(dir string, table map[string]lifecycle) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "zz_generated.prerelease-lifecycle.go" {
			return err
		}
		version, err := apiVersion(filepath.Dir(path))
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		types := map[string]lifecycle{}
		for _, declaration := range file.Decls {
			if method, ok := declaration.(*ast.FuncDecl); ok {
				if err := readMethod(method, types); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
		}
		for kind, l := range types {
			if !strings.HasSuffix(kind, "List") {
				table[version+" "+kind] = l
			}
		}
		return nil
	})
}

// apiVersion is the group and version of the types in dir.
func apiVersion(dir string) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, "register.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	version := filepath.Base(dir)
	for _, declaration := range file.Decls {
		constants, ok := declaration.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			constant := spec.(*ast.ValueSpec)
			if constant.Names[0].Name != "GroupName" {
				continue
			}
			if group := text(constant.Values[0]); group != "" {
				return group + "/" + version, nil
			}
			return version, nil
		}
	}
	return "", fmt.Errorf("%s: no GroupName in register.go", dir)
}

// readMethod adds what a method returns to the lifecycle of its type.
func readMethod(method *ast.FuncDecl, types map[string]lifecycle) error {
	kind := method.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
	l, ok := types[kind]
	if !ok {
		l.minors = map[string]int{}
	}
	returned := method.Body.List[0].(*ast.ReturnStmt).Results
	what := strings.TrimPrefix(method.Name.Name, "APILifecycle")
	if what == "Replacement" {
		l.replacement = replacement(returned[0].(*ast.CompositeLit))
		types[kind] = l
		return nil
	}
	if text(returned[0]) != "1" {
		return fmt.Errorf("%s of %s is of no Kubernetes 1", what, kind)
	}
	minor, err := strconv.Atoi(text(returned[1]))
	l.minors[what], types[kind] = minor, l
	return err
}

// replacement is the API version and kind of a GroupVersionKind literal.
func replacement(literal *ast.CompositeLit) string {
	fields := map[string]string{}
	for _, element := range literal.Elts {
		pair := element.(*ast.KeyValueExpr)
		fields[pair.Key.(*ast.Ident).Name] = text(pair.Value)
	}
	gvk := groupVersionKind{fields["Group"], fields["Version"], fields["Kind"]}
	return gvk.apiVersion() + " " + gvk.Kind
}

// text is the value of a string or number literal.
func text(literal ast.Expr) string { return strings.Trim(literal.(*ast.BasicLit).Value, `"`) }
