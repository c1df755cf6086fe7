package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// KeysRead reports keys of a ConfigMap that nobody who uses it reads.
var KeysRead = &check.Rule{
	ID:    "keys-read",
	Title: "Every key of a ConfigMap is read by somebody who uses it",
	Doc:   page("keys_read.md"),
	Check: func(p *check.Pass) {
		g := wiring(p)
		for i, object := range p.Objects {
			if object.Kind != "ConfigMap" || object.APIVersion != "v1" {
				continue
			}
			read, all := readers(g, i)
			if all || len(read) == 0 {
				continue
			}
			for _, field := range []string{"data", "binaryData"} {
				data, _ := object.Field(field)
				fields, _ := data.(map[string]any)
				for _, key := range slices.Sorted(maps.Keys(fields)) {
					if !slices.Contains(read, key) && !copied(p, field, key) {
						p.Report(object, manifest.Path{field, key}, fmt.Sprintf(
							"nobody reads key %q: the Pods that use the ConfigMap read only others of it%s", key, spelling.DidYouMean(key, read)))
					}
				}
			}
		}
	},
}

// copied says whether a kustomization copies the key elsewhere, as a
// replacement or a var does: what it holds is read when the overlay is built.
func copied(p *check.Pass, field, key string) bool {
	source := regexp.MustCompile(`(?mi)^[ -]*fieldpath:[ "']*` + regexp.QuoteMeta(field+"."+key) + `["']?\s*$`)
	for _, content := range p.Files {
		if source.Match(content) {
			return true
		}
	}
	return false
}

// readers are the keys that the users of a ConfigMap read. all is true if one
// of them may read every key.
func readers(g *graph.Graph, configMap int) (keys []string, all bool) {
	for _, ref := range g.References {
		if !slices.Contains(g.Find(ref.To), configMap) {
			continue
		}
		if len(ref.Keys) == 0 {
			names, few := mountedKeys(g, ref)
			if !few {
				return nil, true
			}
			keys = append(keys, names...)
		}
		for _, key := range ref.Keys {
			keys = append(keys, key.Name)
		}
	}
	return keys, false
}

// mountedKeys are the files of a volume that containers mount one by one; few
// is false if one mounts the volume as a whole, or it is no volume of Pods.
func mountedKeys(g *graph.Graph, ref graph.Reference) (keys []string, few bool) {
	for _, pods := range g.Pods {
		if pods.Object != ref.From {
			continue
		}
		volumes, _ := pods.Spec["volumes"].([]any)
		for i, volume := range volumes {
			if !ref.Path.Within(pods.Path.With("spec", "volumes", strconv.Itoa(i), "configMap")) {
				continue
			}
			name, _ := manifest.Lookup(volume, "name")
			for _, container := range pods.Containers() {
				mounts, _ := container.Fields["volumeMounts"].([]any)
				for _, mount := range mounts {
					if mounted, _ := manifest.Lookup(mount, "name"); mounted != name {
						continue
					}
					part, ok := manifest.Lookup(mount, "subPath")
					if !ok {
						return nil, false
					}
					key, _ := part.(string)
					keys = append(keys, key)
				}
			}
			return keys, true
		}
	}
	return nil, false
}
