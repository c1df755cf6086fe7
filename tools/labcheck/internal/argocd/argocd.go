// Package argocd knows what an AppProject of Argo CD permits an Application,
// as pkg/apis/application/v1alpha1 of argo-cd says it. It reports nothing.
package argocd

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Group is the API group of Argo CD.
const Group = "argoproj.io"

// Sources are the paths to the sources of an Application.
func Sources(application manifest.Object) []manifest.Path {
	all := application.Items("spec", "sources")
	if _, ok := application.Field("spec", "source"); ok {
		all = append(all, manifest.Path{"spec", "source"})
	}
	return all
}

// PermitsRepository says whether a list of patterns holds one for the URL of a
// repository, and none that denies it with a !.
func PermitsRepository(patterns []string, url string) bool {
	permitted := false
	for _, pattern := range patterns {
		if denied, negative := strings.CutPrefix(pattern, "!"); negative && matches(normal(denied), normal(url)) {
			return false
		}
		permitted = permitted || matches(normal(pattern), normal(url))
	}
	return permitted
}

// normal is a URL without what makes no difference to git.
func normal(url string) string { return strings.ToLower(strings.TrimSuffix(url, ".git")) }

// matches is Argo CD's glob: * stands for anything, with slashes too.
func matches(pattern, text string) bool {
	flat := strings.NewReplacer("/", "\x00")
	ok, err := path.Match(flat.Replace(pattern), flat.Replace(text))
	return err == nil && ok
}

// A Destination is a namespace of a cluster, or a pattern for some.
type Destination struct{ Server, Name, Namespace string }

// DestinationAt reads the destination at a path.
func DestinationAt(o manifest.Object, at manifest.Path) Destination {
	return Destination{o.Text(at.With("server")...), o.Text(at.With("name")...), o.Text(at.With("namespace")...)}
}

// String names the destination for a reader.
func (d Destination) String() string {
	cluster := d.Server
	if cluster == "" {
		cluster = d.Name
	}
	return "namespace " + strconv.Quote(d.Namespace) + " of " + cluster
}

// Denies says whether d, of a project, names what is not permitted.
func (d Destination) Denies() bool { return strings.Contains(d.Server+d.Name+d.Namespace, "!") }

// Differs is the field of d, a pattern of a project, that does not fit a
// destination; "" if all do, as far as can be told: which address belongs to
// the name of a cluster only Argo CD knows.
func (d Destination) Differs(wanted Destination) string {
	incomparable := d.Server != "" && d.Name == "" && wanted.Server == "" || d.Name != "" && d.Server == "" && wanted.Name == ""
	cluster := incomparable || wanted.Server != "" && matches(d.Server, wanted.Server) || wanted.Name != "" && matches(d.Name, wanted.Name)
	switch {
	case !cluster && wanted.Server == "":
		return "name"
	case !cluster:
		return "server"
	case !matches(d.Namespace, wanted.Namespace):
		return "namespace"
	}
	return ""
}

// A Project is what an AppProject says of kinds.
type Project struct {
	object manifest.Object
}

// ProjectOf reads an AppProject.
func ProjectOf(o manifest.Object) Project { return Project{o} }

// Permits says whether an Application of the project may apply o.
func (p Project) Permits(o manifest.Object, namespaced bool) bool {
	if p.lists(blacklist(namespaced), o) != nil {
		return false
	}
	if _, limited := p.object.Field("spec", whitelist(namespaced)); namespaced && !limited {
		return true
	}
	return p.lists(whitelist(namespaced), o) != nil
}

func whitelist(namespaced bool) string {
	if namespaced {
		return "namespaceResourceWhitelist"
	}
	return "clusterResourceWhitelist"
}

func blacklist(namespaced bool) string {
	if namespaced {
		return "namespaceResourceBlacklist"
	}
	return "clusterResourceBlacklist"
}

// lists is the first entry of a list that is for o, nil if none is.
func (p Project) lists(list string, o manifest.Object) manifest.Path {
	for _, at := range p.object.Items("spec", list) {
		if len(p.unlike(at, o)) == 0 {
			return at
		}
	}
	return nil
}

// unlike are the fields of an entry that keep it from being for o.
func (p Project) unlike(at manifest.Path, o manifest.Object) []string {
	var fields []string
	for _, f := range []struct{ name, text string }{{"group", o.Group()}, {"kind", o.Kind}, {"name", o.Name}} {
		pattern := p.object.Text(at.With(f.name)...)
		if f.name == "name" && pattern == "" {
			continue
		}
		if !matches(pattern, f.text) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Meant is where o would be permitted: at the field of an entry that permits
// none of the objects, and that differs from o in that field only or says in
// it what another one should; else at the list.
func (p Project) Meant(o manifest.Object, namespaced bool, objects []manifest.Object) manifest.Path {
	list := whitelist(namespaced)
	if at := p.lists(blacklist(namespaced), o); at != nil {
		return at
	}
	for _, at := range p.object.Items("spec", list) {
		if slices.ContainsFunc(objects, func(other manifest.Object) bool { return len(p.unlike(at, other)) == 0 }) {
			continue
		}
		unlike := p.unlike(at, o)
		if len(unlike) == 1 {
			return at.With(unlike[0])
		}
		for _, field := range unlike {
			if text := p.object.Text(at.With(field)...); text != "" && slices.Contains([]string{o.Group(), o.Kind, o.Name}, text) {
				return at.With(field)
			}
		}
	}
	return manifest.Path{"spec", list}
}
