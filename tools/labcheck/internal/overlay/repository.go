package overlay

import (
	"os"
	"path/filepath"
	"regexp"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
)

// Overlays are the root overlays, as Find finds them.
func (r *Repository) Overlays() ([]string, error) { return r.overlays() }

// Objects are what the kustomization in dir describes, and whether there is
// one that can be read.
func (r *Repository) Objects(dir string) ([]manifest.Object, bool) {
	if kind, err := KindOf(r.root, dir); err != nil || kind == None {
		return nil, false
	}
	built, err := r.Build(dir)
	if err != nil {
		return nil, false
	}
	return built.Objects, true
}

// IsComponent says whether the kustomization in dir is a Component.
func (r *Repository) IsComponent(dir string) bool {
	kind, err := KindOf(r.root, dir)
	return err == nil && kind == Component
}

// Holds says whether there is a directory of this path, relative to the root.
func (r *Repository) Holds(dir string) bool {
	repo, err := source.Open(r.root)
	if err != nil {
		return false
	}
	defer repo.Close()
	_, kind, err := repo.Resolve(dir)
	return err == nil && kind == source.Dir
}

var remoteURL = regexp.MustCompile(`(?m)^\s*url\s*=\s*(\S+)\s*$`)

// Remotes are the URLs of the git repositories that this one is a clone of.
func (r *Repository) Remotes() []string {
	config, err := os.ReadFile(filepath.Join(r.root, ".git", "config"))
	if err != nil {
		return nil
	}
	var urls []string
	for _, match := range remoteURL.FindAllSubmatch(config, -1) {
		urls = append(urls, string(match[1]))
	}
	return urls
}
