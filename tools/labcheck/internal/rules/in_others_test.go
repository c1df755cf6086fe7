package rules

import (
	"slices"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
)

// A patch whose object only another overlay has leads to that object, and to
// the list of its own overlay that does not name where it is from.
func TestWhatAnotherOverlayHasIsRelated(t *testing.T) {
	const dir = "testdata/builds/bad"
	repository := overlay.Open(dir)
	for name, want := range map[string][]manifest.Related{
		"without-base": {
			{Message: "the object to patch is named here", Pos: manifest.Pos{File: "without-base/scale-web.patch.yaml", Line: 4, Column: 9}},
			{Message: "the overlay whole has it from here", Pos: manifest.Pos{File: "base/deployment.yaml", Line: 4, Column: 9}},
			{Message: "this overlay does not list it", Pos: manifest.Pos{File: "without-base/kustomization.yaml", Line: 3, Column: 1}},
		},
		"without-component": {
			{Message: "the object to patch is named here", Pos: manifest.Pos{File: "without-component/change-colours.patch.yaml", Line: 4, Column: 9}},
			{Message: "the overlay whole has it from here", Pos: manifest.Pos{File: "component/configmap.yaml", Line: 4, Column: 9}},
			{Message: "this overlay does not list it", Pos: manifest.Pos{File: "without-component/kustomization.yaml", Line: 1, Column: 1}},
		},
	} {
		built, err := repository.Build(name)
		if err != nil {
			t.Fatal(err)
		}
		subject := &check.Subject{Overlay: name, Objects: built.Objects, Problems: built.Problems, Files: built.Files, Repository: repository}
		findings := check.Run([]*check.Rule{Builds}, []*check.Subject{subject}, check.Some).Findings
		if len(findings) != 1 || !slices.Equal(findings[0].Related, want) {
			t.Errorf("%s: got %+v, want one finding with %+v", name, findings, want)
		}
	}
}
