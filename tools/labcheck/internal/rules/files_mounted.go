package rules

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// FilesMounted reports files that a command reads from a mounted ConfigMap or
// Secret, and that are not in it, or not mounted there.
var FilesMounted = &check.Rule{
	ID:    "files-mounted",
	Title: "A file that a command reads from a mounted ConfigMap or Secret is there",
	Doc:   page("files_mounted.md"),
	Check: func(p *check.Pass) {
		g := wiring(p)
		for _, t := range textsOf(p) {
			if t.within == nil || t.variable != "" {
				continue
			}
			mounts := mountsOf(g, t.pods, *t.within)
			for _, at := range absolutePath.FindAllStringSubmatchIndex(t.value, -1) {
				from, to := at[2], at[3]
				file := strings.TrimRight(t.value[from:to], "./")
				if to < len(t.value) && strings.IndexByte("$*{?[", t.value[to]) >= 0 { // a part of it is a variable
					file = strings.TrimRight(t.value[from:strings.LastIndexByte(t.value[:to], '/')], "/")
					if holder(file, mounts) != nil {
						continue
					}
				}
				if m, fault := faultOfFile(file, mounts); fault != "" {
					p.ReportInside(t.object, t.path, t.value, from, fault, madeOf(p, g, t.pods, m.volume, path.Base(file))...)
				}
			}
		}
	},
}

var absolutePath = regexp.MustCompile(`(?:^|[\s"'=(<>:,;|&])(/[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]*)+)`)

// A mount is a directory or file of a container and, where they are known, the
// files below it.
type mount struct {
	path, volume string
	files        []string // nil where they are not known
}

// mountsOf are what a container mounts.
func mountsOf(g *graph.Graph, pods *graph.Pods, container graph.Container) []mount {
	var all []mount
	list, _ := container.Fields["volumeMounts"].([]any)
	for _, item := range list {
		at, _ := manifest.Lookup(item, "mountPath")
		name, _ := manifest.Lookup(item, "name")
		_, part := manifest.Lookup(item, "subPath")
		_, expression := manifest.Lookup(item, "subPathExpr")
		m := mount{}
		m.path, _ = at.(string)
		m.volume, _ = name.(string)
		m.path = path.Clean(m.path)
		if !part && !expression {
			m.files = g.FilesOf(pods, m.volume)
		}
		all = append(all, m)
	}
	return all
}

// holder is the innermost mount that a file is in, nil if it is in none.
func holder(file string, mounts []mount) *mount {
	var inner *mount
	for i, m := range mounts {
		if (file == m.path || strings.HasPrefix(file, m.path+"/")) && (inner == nil || len(m.path) > len(inner.path)) {
			inner = &mounts[i]
		}
	}
	return inner
}

// faultOfFile says why there is no such file, "" if there may be one, and
// which mount decides that.
func faultOfFile(file string, mounts []mount) (*mount, string) {
	if inner := holder(file, mounts); inner != nil {
		name := strings.TrimPrefix(strings.TrimPrefix(file, inner.path), "/")
		if inner.files == nil || name == "" || slices.ContainsFunc(inner.files, func(f string) bool { return f == name || strings.HasPrefix(f, name+"/") }) {
			return nil, ""
		}
		return inner, fmt.Sprintf("there is no file %q: volume %q, mounted at %s, holds only %s%s",
			file, inner.volume, inner.path, strings.Join(inner.files, ", "), spelling.DidYouMean(name, inner.files))
	}
	for i, m := range mounts {
		if slices.Contains(m.files, path.Base(file)) && spelling.Closest(path.Dir(file), []string{m.path}) != "" {
			return &mounts[i], fmt.Sprintf("there is no file %q: volume %q, which holds %s, is mounted at %s", file, m.volume, path.Base(file), m.path)
		}
		for dir := file; strings.Count(dir, "/") >= strings.Count(m.path, "/") && dir != "/"; dir = path.Dir(dir) {
			if strings.Count(m.path, "/") > 1 && misspeltName(dir, []string{m.path}) != "" {
				return &mounts[i], fmt.Sprintf("nothing is mounted at %s, did you mean %s?", dir, m.path)
			}
		}
	}
	return nil, ""
}

// madeOf leads to what the files of a volume are made of: to the one that has
// almost the wanted name, or to all of them.
func madeOf(p *check.Pass, g *graph.Graph, pods *graph.Pods, volume, file string) []manifest.Related {
	var related []manifest.Related
	for _, ref := range g.OfVolume(pods, volume) {
		for _, i := range g.Find(ref.To) {
			data, _ := g.Objects[i].Field("data")
			keys, _ := data.(map[string]any)
			at := manifest.Path{"data"}
			if meant := spelling.Closest(file, sortedKeys(keys)); meant != "" {
				at = at.With(meant)
			}
			related = append(related, manifest.Related{Message: "the volume is made of this", Pos: g.Objects[i].Locate(at...).Pos})
		}
	}
	return related
}
