package overlay

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"go.yaml.in/yaml/v3"
)

// unused says which files beside the kustomizations of b no kustomization of
// the repository uses: manifests of Kubernetes objects, and files like those
// that a generator reads. A file that a kustomization mentions, be it in a
// comment, is not forgotten.
func (r *Repository) unused(b *Built) ([]manifest.Problem, error) {
	mentioned, err := r.mentioned()
	if err != nil {
		return nil, err
	}
	var found []manifest.Problem
	for _, kust := range b.plan.Kusts {
		for _, dir := range dirsOf(b.plan, kust) {
			entries, err := os.ReadDir(filepath.Join(r.root, filepath.FromSlash(dir)))
			if err != nil {
				return nil, fmt.Errorf("looking for files that are not used: %w", err)
			}
			for _, entry := range entries {
				file := path.Join(dir, entry.Name())
				if !entry.Type().IsRegular() || b.Files[file] != nil || mentioned[file] {
					continue
				}
				field, place := r.belongs(b.plan, kust, dir, entry.Name())
				if field == "" {
					continue
				}
				found = append(found, manifest.Problem{
					Pos: place, Message: fmt.Sprintf("no kustomization uses %q: add it to %s, or delete it", file, field),
					Related: append(usersOf(b.plan, kust), manifest.Related{Message: "not used", Pos: manifest.Pos{File: file}}),
				})
			}
		}
	}
	return found, nil
}

// usersOf are where kustomizations above list a kustomization: they may list
// the files beside it too.
func usersOf(p *plan.Plan, kust *plan.Kust) []manifest.Related {
	var found []manifest.Related
	for _, user := range p.Kusts {
		for _, entry := range plan.Items(user.Fields, "resources") {
			if p.Used(user, entry.Value) == kust {
				found = append(found, manifest.Related{Message: "or add it here", Pos: fieldPlace(p, user, "resources")})
			}
		}
	}
	return found
}

// dirsOf are the directory of a kustomization and those below from which it
// takes files, without those that have a kustomization of their own.
func dirsOf(p *plan.Plan, kust *plan.Kust) []string {
	dirs := []string{kust.Dir}
	for file := range p.Files {
		dir := path.Dir(file)
		for above := dir; above != "." && p.In(above) == nil; above = path.Dir(above) {
			if parent := path.Dir(above); parent == kust.Dir && !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	slices.Sort(dirs)
	return dirs
}

// belongs says which field of a kustomization a file would be listed in, and
// where that is; "" if nothing tells that it should be.
func (r *Repository) belongs(p *plan.Plan, kust *plan.Kust, dir, name string) (field string, place manifest.Pos) {
	extension := path.Ext(name)
	if slices.Contains(plan.FileNames, name) {
		return "", place
	}
	if extension == ".yaml" || extension == ".yml" {
		data, err := os.ReadFile(filepath.Join(r.root, filepath.FromSlash(dir), name))
		if err != nil || !slices.ContainsFunc(plan.Documents(data), isForCluster) {
			return "", place
		}
		field = "resources"
		if strings.Contains(name, "patch") {
			field = "patches"
		}
		return field, fieldPlace(p, kust, field)
	}
	for _, field := range []string{"configMapGenerator", "secretGenerator"} {
		for _, item := range plan.Items(kust.Fields, field) {
			list, ok := plan.Lookup(item, "files")
			if !ok {
				continue
			}
			alike := 0
			for _, entry := range list.Content {
				_, source, keyed := strings.Cut(entry.Value, "=")
				if !keyed {
					source = entry.Value
				}
				if file, ok := p.Input(kust, source); ok && path.Dir(file) == dir && path.Ext(file) == extension && extension != "" {
					alike++
				}
			}
			if alike > 0 {
				return field + ", files", p.At(kust.File, keyOf(item, list))
			}
		}
	}
	return "", place
}

// fieldPlace is where a field of a kustomization is, or would be written.
func fieldPlace(p *plan.Plan, kust *plan.Kust, field string) manifest.Pos {
	value, ok := plan.Lookup(kust.Fields, field)
	if !ok {
		return p.At(kust.File, kust.Fields)
	}
	return p.At(kust.File, keyOf(kust.Fields, value))
}

// keyOf is the name of the field of a mapping that has a value.
func keyOf(mapping, value *yaml.Node) *yaml.Node {
	if at := slices.Index(mapping.Content, value); at > 0 {
		return mapping.Content[at-1]
	}
	return mapping
}

// isForCluster says whether a document is an object for a cluster, and not the
// configuration of a tool that looks like one.
func isForCluster(doc *yaml.Node) bool {
	apiVersion, _ := plan.Lookup(doc, "apiVersion")
	kind, _ := plan.Lookup(doc, "kind")
	metadata, _ := plan.Lookup(doc, "metadata")
	name, _ := plan.Lookup(metadata, "name")
	if apiVersion == nil || kind == nil || name == nil || name.Value == "" {
		return false
	}
	group := manifest.Ref{APIVersion: apiVersion.Value}.Group()
	ofKubernetes := strings.Contains(group, ".") || slices.Contains([]string{"", "apps", "batch", "autoscaling", "policy", "extensions"}, group)
	return ofKubernetes && !slices.ContainsFunc(ofTools, func(tool string) bool { return group == tool || strings.HasSuffix(group, "."+tool) })
}

// ofTools are the API groups of files that tools read and no cluster knows.
var ofTools = []string{
	"kustomize.config.k8s.io", "config.k8s.io", "kubeadm.k8s.io", "audit.k8s.io", "kind.x-k8s.io", "k3d.io", "eksctl.io", "ctlptl.dev",
	"config.kubernetes.io", "kpt.dev", "krew.googlecontainertools.github.com",
}

// readMentions finds the paths that the kustomization files of a repository
// name, in their fields and their comments.
func readMentions(root string) (map[string]bool, error) {
	mentioned := map[string]bool{}
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("looking for files that are not used: %w", err)
		}
		if entry.IsDir() && name != root && skipped(entry.Name()) {
			return filepath.SkipDir
		}
		if !entry.Type().IsRegular() || !slices.Contains(plan.FileNames, entry.Name()) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("looking for files that are not used: %w", err)
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		for _, word := range strings.FieldsFunc(string(text), func(r rune) bool { return strings.ContainsRune(" \t\r\n\"'`=,;:#()[]{}", r) }) {
			mentioned[path.Join(filepath.ToSlash(dir), word)] = true
		}
		return err
	})
	return mentioned, err
}
