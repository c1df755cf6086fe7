// Build prints what Argo CD's repo-server builds: build ROOT DIR, with
// kustomize on PATH.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/argoproj/argo-cd/v3/util/git"
	"github.com/argoproj/argo-cd/v3/util/kustomize"
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

// Argo CD runs a program with options of its own and reads what that prints;
// this one keeps it.
const recorder = `#!/bin/sh
kustomize "$@" >"${0%/*}/built.yaml" && cat "${0%/*}/built.yaml"
`

func build(root, dir string) error {
	temporary, err := os.MkdirTemp("", "argocd-build")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temporary)
	program := filepath.Join(temporary, "kustomize")
	if err := os.WriteFile(program, []byte(recorder), 0o700); err != nil {
		return err
	}
	objects, _, _, err := kustomize.NewKustomizeApp(root, dir, git.NopCreds{}, "", program, "", "").Build(nil, nil, nil, nil)
	if err != nil {
		return err
	}
	if len(objects) == 0 {
		return errors.New("Argo CD found no object")
	}
	text, err := os.ReadFile(filepath.Join(temporary, "built.yaml"))
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
