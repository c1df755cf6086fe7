// Build prints what Flux's kustomize-controller builds: build ROOT DIR, for a
// directory of a copy of a repository. Like the controller, it writes into it.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: build ROOT DIR")
		os.Exit(2)
	}
	if err := build(os.Args[1], filepath.Join(os.Args[1], os.Args[2])); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// build is what the controller does for a Kustomization that sets nothing but
// its path: https://github.com/fluxcd/kustomize-controller, generate and build.
func build(root, dir string) error {
	object := unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1",
		"kind":       "Kustomization",
		"spec":       map[string]any{},
	}}
	if _, err := kustomize.NewGenerator(root, object).WriteFile(dir); err != nil {
		return err
	}
	const remoteBases = true // as the controller allows them, unless it is told not to
	objects, err := kustomize.SecureBuild(root, dir, remoteBases)
	if err != nil {
		return err
	}
	text, err := objects.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
