package graph

import (
	"fmt"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Volume is what containers of Pods can mount: a volume of the Pods, or
// what a claim template makes for each of them.
type Volume struct {
	Name   string
	Claim  bool
	Path   manifest.Path // to its name
	Fields map[string]any
}

func (v Volume) String() string {
	if v.Claim {
		return fmt.Sprintf("claim template %q", v.Name)
	}
	return fmt.Sprintf("volume %q", v.Name)
}

// A Mount is a use of a volume in a container.
type Mount struct {
	Volume, SubPath string
	Path            manifest.Path
}

// Volumes are the volumes of the Pods. A claim template takes the place of a
// volume of the same name.
func (p *Pods) Volumes() []Volume {
	var all []Volume
	for i, name := range p.Templates {
		all = append(all, Volume{Name: name, Claim: true, Path: manifest.Path{"spec", "volumeClaimTemplates", strconv.Itoa(i), "metadata", "name"}})
	}
	list, _ := p.Spec["volumes"].([]any)
	for i, item := range list {
		fields, _ := item.(map[string]any)
		all = append(all, Volume{Name: text(fields, "name"), Path: p.Path.With("spec", "volumes", strconv.Itoa(i), "name"), Fields: fields})
	}
	return all
}

// Mounts are the uses of volumes in the containers of the Pods: as
// directories, as devices, and as files to read the environment from.
func (p *Pods) Mounts() []Mount {
	var all []Mount
	for _, container := range p.Containers() {
		for _, field := range []string{"volumeMounts", "volumeDevices"} {
			list, _ := container.Fields[field].([]any)
			for i, item := range list {
				fields, _ := item.(map[string]any)
				all = append(all, Mount{text(fields, "name"), text(fields, "subPath"), container.Path.With(field, strconv.Itoa(i))})
			}
		}
		list, _ := container.Fields["env"].([]any)
		for i, item := range list {
			if name, ok := manifest.Lookup(item, "valueFrom", "fileKeyRef", "volumeName"); ok {
				all = append(all, Mount{fmt.Sprint(name), "", container.Path.With("env", strconv.Itoa(i))})
			}
		}
	}
	return all
}

// Files are the files of a volume that shows a ConfigMap or a Secret, and
// whether they are known.
func (g *Graph) Files(p *Pods, v Volume) (files []string, known bool) {
	for _, kind := range []string{"configMap", "secret"} {
		source, ok := v.Fields[kind].(map[string]any)
		if !ok {
			continue
		}
		if items, _ := source["items"].([]any); len(items) > 0 {
			for _, item := range items {
				path, _ := manifest.Lookup(item, "path")
				files = append(files, fmt.Sprint(path))
			}
			return files, true
		}
		r := readings[map[string]string{"configMap": "ConfigMapVolumeSource", "secret": "SecretVolumeSource"}[kind]]
		if ref, ok := r.reference(source, nil, p.Ref.Namespace); ok {
			target := g.Resolve(ref.To)
			return target.Keys, target.HasKeys
		}
	}
	return nil, false
}
