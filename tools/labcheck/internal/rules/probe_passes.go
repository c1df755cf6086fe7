package rules

import (
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// ProbePasses reports probe Jobs that did not end well.
var ProbePasses = &check.Rule{
	ID:       "probe-passes",
	Title:    "Every probe Job proves what it is there for",
	Doc:      page("probe_passes.md"),
	Needs:    check.Live,
	Requires: rootRules,
	Check:    probePasses,
}

// rootRules are about causes: what a probe or a client sees follows from them.
var rootRules = []*check.Rule{
	Applied, NoDrift, NodesReady, PodsAdmitted, PodsScheduled, ClaimsBound, ImagesPulled, ContainersStart, ContainersRun, InitCompletes,
	ContainersReady, EndpointsReady, RolledOut, AnswersOutside,
}

func probePasses(p *check.Pass) {
	if reason := p.Live.Missed("probes"); reason != "" {
		p.Skip("the probes were not run: %s", reason)
		return
	}
	for _, o := range p.Probes {
		if o.Kind != "Job" {
			continue
		}
		i := slices.IndexFunc(p.Live.Trials, func(t check.Trial) bool { return t.Job.Kind == o.Kind && t.Job.Name == o.Name })
		if i < 0 {
			p.Skip("%s was not run", o.Ref)
			continue
		}
		trial := p.Live.Trials[i]
		apply := p.Live.Kubectl("apply", "-k", p.ProbeDir)
		logs := p.Live.Kubectl(append(namespaceFlag(trial.Job.Namespace), "logs", "job/"+o.Name)...)
		if trial.Passed {
			wait := p.Live.Kubectl(append(namespaceFlag(trial.Job.Namespace), "wait", "job/"+o.Name, "--for=condition=Complete", "--timeout=3m")...)
			p.See(o.Ref, trial.Says, apply+" && "+wait+" && "+logs)
		} else {
			p.ReportLive(o, manifest.Path{"metadata", "name"}, "the probe fails: "+trial.Says, []string{"$ " + apply, "$ " + logs})
		}
	}
}
