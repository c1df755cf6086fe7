package rules

import (
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/argocd"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// SyncSourceExists reports what Argo CD and Flux are to apply from this
// repository and is not in it.
var SyncSourceExists = &check.Rule{
	ID:    "sync-source-exists",
	Title: "Every directory that Argo CD or Flux applies from this repository is there, and holds what is waited for",
	Doc:   page("sync_source_exists.md"),
	Check: func(p *check.Pass) {
		if p.Repository == nil {
			return
		}
		for _, o := range p.Objects {
			if o.Group() == argocd.Group && o.Kind == "Application" {
				judgeSources(p, o)
			}
		}
		syncs := wiring(p).Syncs()
		for _, sync := range syncs {
			switch {
			case p.Repository.Holds(sync.Dir):
				judgeChecks(p, sync)
			case isOwn(p, sync, syncs):
				p.Report(p.Objects[sync.From], sync.Path, fmt.Sprintf("there is no directory %s in this repository%s", sync.Dir, meantDir(p, sync.Dir)))
			}
		}
	},
}

// judgeSources reports sources that say of a repository, but not what of it.
func judgeSources(p *check.Pass, application manifest.Object) {
	for _, source := range argocd.Sources(application) {
		says := func(field string) bool { return application.Text(source.With(field)...) != "" }
		if says("repoURL") && !says("path") && !says("chart") && !says("ref") {
			p.Report(application, source, "the source names a repository, but neither a path, a chart nor a ref of it")
		}
	}
}

// ownSyncs are the syncs of directories of this repository that are there.
func ownSyncs(p *check.Pass, g *graph.Graph) []graph.Sync {
	all := g.Syncs()
	return slices.DeleteFunc(slices.Clone(all), func(sync graph.Sync) bool {
		return !p.Repository.Holds(sync.Dir) || !isOwn(p, sync, all)
	})
}

// isOwn says whether a sync is from this repository: by its URL, because
// another directory of the same one is here, because what `flux bootstrap`
// makes is the repository that it is in, or because the directory is but
// misspelt.
func isOwn(p *check.Pass, sync graph.Sync, all []graph.Sync) bool {
	if sync.Repository == "GitRepository/flux-system" || slices.ContainsFunc(p.Repository.Remotes(), func(url string) bool {
		return graph.SameRepository(url, sync.Repository)
	}) {
		return true
	}
	return meantDir(p, sync.Dir) != "" || slices.ContainsFunc(all, func(other graph.Sync) bool {
		return other.Repository == sync.Repository && other.Dir != "." && p.Repository.Holds(other.Dir)
	})
}

func meantDir(p *check.Pass, dir string) string {
	overlays, _ := p.Repository.Overlays()
	return spelling.DidYouMean(dir, overlays)
}

// judgeChecks reports objects that Flux waits for and that the directory does
// not hold, nor makes.
func judgeChecks(p *check.Pass, sync graph.Sync) {
	objects, ok := p.Repository.Objects(sync.Dir)
	if !ok || len(sync.Checks) == 0 {
		return
	}
	applied := graph.New(nil, inNamespace(objects, sync.Namespace), nil)
	for _, ref := range sync.Checks {
		if _, ok := applied.MayMake(ref.To.Kind, ref.To.Namespace); ok || len(applied.Find(ref.To)) > 0 {
			continue
		}
		p.Report(p.Objects[ref.From], ref.Path, fmt.Sprintf("%s is waited for, but %s does not hold it%s",
			ref.To, sync.Dir, spelling.DidYouMean(ref.To.Name, applied.Names(ref.To.Kind, ref.To.Namespace))))
	}
}

// inNamespace are objects as they are applied into a namespace.
func inNamespace(objects []manifest.Object, namespace string) []manifest.Object {
	all := slices.Clone(objects)
	for i := range all {
		if namespace != "" {
			all[i].Namespace = namespace
		}
	}
	return all
}
