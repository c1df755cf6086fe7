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
				if to < len(t.value) && strings.IndexByte("$*{?[", t.value[to]) >= 0 {
					continue // a part of it is a variable
				}
				file := strings.TrimRight(t.value[from:to], "./")
				if fault := faultOfFile(file, mounts); fault != "" {
					p.ReportInside(t.object, t.path, t.value, from, fault)
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

// faultOfFile says why there is no such file, "" if there may be one. The
// innermost mount that holds it decides.
func faultOfFile(file string, mounts []mount) string {
	var inner *mount
	for i, m := range mounts {
		if (file == m.path || strings.HasPrefix(file, m.path+"/")) && (inner == nil || len(m.path) > len(inner.path)) {
			inner = &mounts[i]
		}
	}
	if inner != nil {
		name := strings.TrimPrefix(strings.TrimPrefix(file, inner.path), "/")
		if inner.files == nil || name == "" || slices.ContainsFunc(inner.files, func(f string) bool { return f == name || strings.HasPrefix(f, name+"/") }) {
			return ""
		}
		return fmt.Sprintf("there is no file %q: volume %q, mounted at %s, holds only %s%s",
			file, inner.volume, inner.path, strings.Join(inner.files, ", "), spelling.DidYouMean(name, inner.files))
	}
	for _, m := range mounts {
		if slices.Contains(m.files, path.Base(file)) && spelling.Closest(path.Dir(file), []string{m.path}) != "" {
			return fmt.Sprintf("there is no file %q: volume %q, which holds %s, is mounted at %s", file, m.volume, path.Base(file), m.path)
		}
	}
	return ""
}
