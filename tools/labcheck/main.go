// Labcheck says, before anything is applied, whether the overlays of a
// Kustomize repository build, are valid and keep their promises, and which
// line to edit.
package main

import (
	"os"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
