package graph

import (
	"path"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Sync is a directory of a repository that Argo CD or Flux applies.
type Sync struct {
	From       int           // the object that asks for it, of Graph.Objects
	Repository string        // what tells the repository from others: its URL or, of Flux, the object that has it
	Dir        string        // relative to the repository, clean
	Path       manifest.Path // to the directory
	Namespace  string        // of objects that say none
	Checks     []Reference   // objects of the directory that are waited for
}

// Syncs are the directories that objects of the build ask Argo CD and Flux to
// apply. Sources that are no git repository are left out.
func (g *Graph) Syncs() []Sync {
	var all []Sync
	for i, o := range g.Objects[:g.Build] {
		switch [2]string{o.Group(), o.Kind} {
		case [2]string{argoGroup, "Application"}:
			all = append(all, applicationSyncs(i, o)...)
		case [2]string{fluxKustomize, "Kustomization"}:
			all = append(all, g.kustomizationSync(i, o)...)
		}
	}
	return all
}

func applicationSyncs(i int, o manifest.Object) []Sync {
	var all []Sync
	for _, source := range append([]manifest.Path{{"spec", "source"}}, o.Items("spec", "sources")...) {
		dir := o.Text(source.With("path")...)
		if dir != "" && o.Text(source.With("chart")...) == "" {
			all = append(all, Sync{
				From: i, Repository: canonical(o.Text(source.With("repoURL")...)), Dir: path.Clean(dir),
				Path: source.With("path"), Namespace: o.Text("spec", "destination", "namespace"),
			})
		}
	}
	return all
}

func (g *Graph) kustomizationSync(i int, o manifest.Object) []Sync {
	dir := o.Text("spec", "path")
	if o.Text("spec", "sourceRef", "kind") != "GitRepository" || dir == "" {
		return nil
	}
	name := Name{Group: fluxSource, Kind: "GitRepository", Namespace: o.Text("spec", "sourceRef", "namespace"), Name: o.Text("spec", "sourceRef", "name")}
	sync := Sync{
		From: i, Repository: name.Kind + "/" + name.Name, Dir: path.Clean(strings.TrimPrefix(dir, "/")),
		Path: manifest.Path{"spec", "path"}, Namespace: o.Text("spec", "targetNamespace"),
	}
	if name.Namespace == "" {
		name.Namespace = o.Namespace
	}
	if found := g.Find(name); len(found) > 0 {
		sync.Repository = canonical(g.Objects[found[0]].Text("spec", "url"))
	}
	for _, at := range o.Items("spec", "healthChecks") {
		r := reading{name: "name", namespace: "namespace", typed: true}
		check, _ := o.Field(at...)
		if ref, ok := r.reference(check, at, sync.Namespace); ok {
			ref.From = i
			sync.Checks = append(sync.Checks, ref)
		}
	}
	return []Sync{sync}
}

// SameRepository says whether two URLs are most likely of one repository.
func SameRepository(a, b string) bool { return a != "" && canonical(a) == canonical(b) }

// canonical is a URL of a repository without what differs between the ways to
// write it.
func canonical(url string) string {
	for _, prefix := range []string{"https://", "http://", "ssh://", "git://", "git@"} {
		url = strings.TrimPrefix(url, prefix)
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.Replace(url, ":", "/", 1), "/"), ".git"))
}
