// Command schemagen writes the schemas that package schema embeds, and the
// table of package lifecycle. It takes the OpenAPI of Kubernetes itself, from
// the k8s.io/kubernetes modules that package release names, and turns it into
// small JSON schema files that share what the versions and kinds have in common.
// It is run by go generate in the directory of package schema; its output
// depends on nothing but the modules.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema/release"
)

func main() {
	if os.Getenv("GOPACKAGE") != "schema" { // it empties the directory set
		fmt.Fprintln(os.Stderr, "schemagen: run by go generate in the directory of package schema")
		os.Exit(2)
	}
	if err := errors.Join(run("set"), runLifecycles(lifecycleTable)); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

// lifecycleTable is what package lifecycle embeds.
const lifecycleTable = "lifecycle/table.txt"

func runLifecycles(path string) error {
	table, err := lifecycles(release.Lifecycles)
	if err != nil {
		return err
	}
	return os.WriteFile(path, table, 0o644)
}

// run replaces the files in dir by freshly generated ones.
func run(dir string) error {
	files, err := generate(release.All)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the whole embedded set: content by slash-separated name.
func generate(releases []release.Release) (map[string][]byte, error) {
	var nodes []*node
	var versions []map[string]*definition
	for _, release := range releases {
		definitions, err := download(release.Patch)
		if err != nil {
			return nil, err
		}
		converted, err := convertAll(release.Minor, definitions, "")
		if err != nil {
			return nil, fmt.Errorf("kubernetes %s: %w", release.Patch, err)
		}
		nodes = append(nodes, converted...)
		versions = append(versions, definitions)
	}
	shared, err := common(versions)
	if err != nil {
		return nil, err
	}
	converted, err := convertAll(commonVersion, shared, podSpec)
	if err != nil {
		return nil, fmt.Errorf("what all versions share: %w", err)
	}
	return bundle(dedupe(append(nodes, converted...)), releases)
}
