package rules

import (
	"bytes"
	"path"
	"regexp"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// inOthers leads from an object that an overlay lacks to where another overlay
// of the repository has it from, and to where this one would list that.
func inOthers(p *check.Pass, missing graph.Name) []manifest.Related {
	if p.Repository == nil {
		return nil
	}
	overlays, _ := p.Repository.Overlays()
	for _, dir := range overlays {
		objects, ok := p.Repository.Objects(dir)
		if !ok || dir == p.Overlay {
			continue
		}
		other := graph.New(nil, objects, nil)
		for _, i := range other.Find(missing) {
			from := other.Objects[i].Locate("metadata", "name").Pos
			found := []manifest.Related{{Message: "the overlay " + dir + " has it from here", Pos: from}}
			list := "resources"
			if p.Repository.IsComponent(path.Dir(from.File)) {
				list = "components"
			}
			if own, listed := listOf(p, list); listed && path.Dir(from.File) != dir {
				found = append(found, manifest.Related{Message: "this overlay does not list it", Pos: own})
			}
			return found
		}
	}
	return nil
}

var topField = regexp.MustCompile(`(?m)^([a-zA-Z]+):`)

// listOf is where the overlay's own kustomization has a list, or its first
// field.
func listOf(p *check.Pass, name string) (manifest.Pos, bool) {
	file := path.Join(p.Overlay, "kustomization.yaml")
	content := p.Files[file]
	var first manifest.Pos
	for _, at := range topField.FindAllSubmatchIndex(content, -1) {
		pos := manifest.Pos{File: file, Line: bytes.Count(content[:at[0]], []byte("\n")) + 1, Column: 1}
		if string(content[at[2]:at[3]]) == name {
			return pos, true
		}
		if first.Line == 0 {
			first = pos
		}
	}
	return first, first.Line > 0
}
