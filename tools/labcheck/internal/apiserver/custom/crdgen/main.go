// Command crdgen writes the CustomResourceDefinitions that package custom
// embeds: those of Argo CD and Flux, as they publish them, without what does
// not matter to a judge. It is run by go generate in the directory of package
// custom; its output depends on nothing but the modules that package published
// pins.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom/published"
)

func main() {
	if os.Getenv("GOPACKAGE") != "custom" { // it empties the directory set
		fmt.Fprintln(os.Stderr, "crdgen: run by go generate in the directory of package custom")
		os.Exit(2)
	}
	if err := run("set"); err != nil {
		fmt.Fprintln(os.Stderr, "crdgen:", err)
		os.Exit(1)
	}
}

// run replaces the files in dir by freshly generated ones.
func run(dir string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, content := range files {
		packed, err := pack(name, content)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), packed, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the whole set, not yet packed: content by name.
func generate() (map[string][]byte, error) {
	definitions, err := published.Read()
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var lines []string
	for _, d := range definitions {
		line, err := add(files, d)
		if err != nil {
			return nil, fmt.Errorf("a definition of %s: %w", d.Module, err)
		}
		lines = append(lines, line)
	}
	files["index"] = joined(lines)
	return files, nil
}
