package rules

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/argocd"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ProjectPermits reports what an Application of Argo CD wants and its project
// does not permit.
var ProjectPermits = &check.Rule{
	ID:       "project-permits",
	Title:    "Every Application of Argo CD stays within what its project permits",
	Doc:      page("project_permits.md"),
	Requires: whole,
	Check: func(p *check.Pass) {
		g := wiring(p)
		syncs := g.Syncs()
		for i, o := range g.Objects[:g.Build] {
			if o.Group() != argocd.Group || o.Kind != "Application" {
				continue
			}
			name := graph.Name{Group: argocd.Group, Kind: "AppProject", Namespace: o.Namespace, Name: o.Text("spec", "project")}
			for _, at := range g.Find(name) {
				j := projectJudge{Pass: p, application: o, project: g.Objects[at]}
				j.judgeSources()
				j.judgeDestination()
				for _, sync := range syncs {
					if p.Repository != nil && sync.From == i && isOwn(p, sync, syncs) {
						objects, _ := p.Repository.Objects(sync.Dir)
						j.judgeObjects(objects)
					}
				}
			}
		}
	},
}

// projectJudge holds an Application against its project.
type projectJudge struct {
	*check.Pass
	application, project manifest.Object
}

func (j projectJudge) judgeSources() {
	repos := j.project.Texts("spec", "sourceRepos")
	for _, source := range argocd.Sources(j.application) {
		url := source.With("repoURL")
		if repo := j.application.Text(url...); repo != "" && !argocd.PermitsRepository(repos, repo) {
			j.Report(j.project, onlyItem(j.project, manifest.Path{"spec", "sourceRepos"}), fmt.Sprintf("%s does not permit the repository %s of %s", j.project.Ref, repo, j.application.Ref),
				manifest.Related{Message: "named here", Pos: j.application.Locate(url...).Pos})
		}
	}
}

func (j projectJudge) judgeDestination() {
	path := manifest.Path{"spec", "destination"}
	wanted := argocd.DestinationAt(j.application, path)
	if wanted.Server == "" && wanted.Name == "" {
		j.Report(j.application, path, "the destination names no cluster: neither server nor name is there")
		return
	}
	list := j.project.Items("spec", "destinations")
	if slices.ContainsFunc(list, func(at manifest.Path) bool {
		pattern := argocd.DestinationAt(j.project, at)
		return pattern.Denies() || pattern.Differs(wanted) == ""
	}) {
		return
	}
	at, own := manifest.Path{"spec", "destinations"}, path
	if len(list) == 1 {
		field := argocd.DestinationAt(j.project, list[0]).Differs(wanted)
		at, own = list[0].With(field), path.With(field)
	}
	j.Report(j.project, at, fmt.Sprintf("%s does not permit the destination of %s, %s", j.project.Ref, j.application.Ref, wanted),
		manifest.Related{Message: "wanted here", Pos: j.application.Locate(own...).Pos})
}

// judgeObjects reports the kinds that the Application applies and the project
// does not permit, once each, at the entry that was most likely meant.
func (j projectJudge) judgeObjects(objects []manifest.Object) {
	project := argocd.ProjectOf(j.project)
	reported := map[string]bool{}
	for _, o := range objects {
		namespaced := apiserver.Namespaced(o, definitions(j.Pass))
		what := fmt.Sprintf("%s of %s", o.Kind, groupName(o))
		if project.Permits(o, namespaced) || reported[what] {
			continue
		}
		reported[what] = true
		at := project.Meant(o, namespaced, objects)
		j.Report(j.project, at, fmt.Sprintf("%s does not permit %s, which %s applies: %s", j.project.Ref, what, j.application.Ref, o.Ref))
	}
}

func groupName(o manifest.Object) string {
	if o.Group() == "" {
		return `group ""`
	}
	return "group " + strconv.Quote(o.Group())
}

// onlyItem is the path of the only item of a list, or of the list.
func onlyItem(o manifest.Object, list manifest.Path) manifest.Path {
	if items := o.Items(list...); len(items) == 1 {
		return items[0]
	}
	return list
}
