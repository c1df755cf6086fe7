package graph

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// FilesOf are the files in a volume of Pods that is made of ConfigMaps,
// Secrets or the Pod's own fields; nil where not all of them are known.
func (g *Graph) FilesOf(pods *Pods, volume string) []string {
	list, _ := pods.Spec["volumes"].([]any)
	for i, item := range list {
		fields, _ := item.(map[string]any)
		if text(fields, "name") != volume {
			continue
		}
		path := pods.Path.With("spec", "volumes", strconv.Itoa(i))
		if projected, ok := manifest.Lookup(fields, "projected", "sources"); ok {
			var all []string
			sources, _ := projected.([]any)
			for j, source := range sources {
				source, _ := source.(map[string]any)
				files := g.filesOfSource(pods, source, path.With("projected", "sources", strconv.Itoa(j)))
				if files == nil {
					return nil
				}
				all = append(all, files...)
			}
			return all
		}
		return g.filesOfSource(pods, fields, path)
	}
	return nil
}

// OfVolume are the references of a volume of Pods.
func (g *Graph) OfVolume(pods *Pods, volume string) []Reference {
	var found []Reference
	for _, v := range pods.Volumes() {
		for _, ref := range g.References {
			if v.Name == volume && ref.From == pods.Object && ref.Path.Within(v.Path[:len(v.Path)-1]) {
				found = append(found, ref)
			}
		}
	}
	return found
}

// filesOfSource are the files of one source of a volume, at path.
func (g *Graph) filesOfSource(pods *Pods, source map[string]any, path manifest.Path) []string {
	for _, kind := range []string{"configMap", "secret", "downwardAPI"} {
		fields, ok := source[kind].(map[string]any)
		if !ok {
			continue
		}
		if items, ok := fields["items"].([]any); ok {
			var files []string
			for _, item := range items {
				name, _ := manifest.Lookup(item, "path")
				files = append(files, fmt.Sprint(name))
			}
			return files
		}
		for _, ref := range g.References {
			if ref.From == pods.Object && ref.Path.Within(path.With(kind)) && !ref.Optional {
				if target := g.Resolve(ref.To); target.Found && target.HasKeys {
					return slices.Clone(target.Keys)
				}
			}
		}
	}
	return nil
}
