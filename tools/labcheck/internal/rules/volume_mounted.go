package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// VolumeMounted reports volumes and claim templates that no container mounts,
// and mounts of volumes that are not there.
var VolumeMounted = &check.Rule{
	ID:       "volume-mounted",
	Title:    "Every volume is mounted, and every mount has its volume",
	Doc:      page("volume_mounted.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, pods := range g.Pods {
			if pods.Object < g.Build && pods.BuiltIn {
				judgeVolumes(p, g, pods)
			}
		}
	},
}

func judgeVolumes(p *check.Pass, g *graph.Graph, pods *graph.Pods) {
	object := p.Objects[pods.Object]
	mounts, volumes := pods.Mounts(), pods.Volumes()
	var names []string
	for _, volume := range volumes {
		names = append(names, volume.Name)
		if !slices.ContainsFunc(mounts, func(m graph.Mount) bool { return m.Volume == volume.Name }) {
			p.Report(object, volume.Path, fmt.Sprintf("no container mounts %s", volume))
		}
	}
	for _, mount := range mounts {
		at := slices.Index(names, mount.Volume)
		switch {
		case at < 0 && object.Kind == "StatefulSet": // of other kinds the API server itself refuses it
			p.Report(object, mount.Path.With("name"), fmt.Sprintf("there is no volume and no claim template %q%s", mount.Volume, spelling.DidYouMean(mount.Volume, names)))
		case at >= 0 && mount.SubPath != "":
			judgeSubPath(p, g, pods, mount, volumes[at])
		}
	}
}

// judgeSubPath reports the mount of one file of a ConfigMap or Secret that it
// does not have: the kubelet makes an empty directory in its place.
func judgeSubPath(p *check.Pass, g *graph.Graph, pods *graph.Pods, mount graph.Mount, volume graph.Volume) {
	files, known := g.Files(pods, volume)
	isFile := func(file string) bool { return file == mount.SubPath || strings.HasPrefix(file, mount.SubPath+"/") }
	if !known || slices.ContainsFunc(files, isFile) {
		return
	}
	p.Report(p.Objects[pods.Object], mount.Path.With("subPath"), fmt.Sprintf("%s has no file %q%s", volume, mount.SubPath, spelling.DidYouMean(mount.SubPath, files)))
}
