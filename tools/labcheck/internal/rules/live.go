package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// causes is the Check of a rule that reports the causes of one kind. The
// resources are what has to be read to know them.
func causes(kind diagnosis.Kind, resources ...string) func(*check.Pass) {
	return func(p *check.Pass) {
		skipMissed(p, resources...)
		for _, c := range findRoots(p).causes {
			if c.Kind == kind {
				p.ReportLive(c.Object, c.Path, c.Message, observed(p.Live, c))
			}
		}
	}
}

// seeCurrent notes how the objects of some kinds are that are as they should be.
func seeCurrent(p *check.Pass, kinds ...string) {
	r := findRoots(p)
	for _, a := range slices.Concat(r.Accounts, r.Claims) {
		if a.State == diagnosis.Current && slices.Contains(kinds, a.Object.Kind) {
			live, ok := p.Live.Find(a.Object.Ref)
			if ok {
				p.See(a.Object.Ref, a.Says, look(p.Live, "get", live.Ref))
			}
		}
	}
}

// skipMissed says which of the resources could not be read.
func skipMissed(p *check.Pass, resources ...string) {
	for _, resource := range resources {
		if reason := p.Live.Missed(resource); reason != "" {
			p.Skip("%s could not be read: %s", resource, reason)
		}
	}
}

// observed is what the cluster showed of a cause, what follows from it, and
// the command to look for oneself.
func observed(s *check.Snapshot, c *diagnosis.Cause) []string {
	var lines []string
	if len(c.Seen) > 0 {
		lines = append(lines, "seen at "+names(c.Seen))
	}
	lines = append(lines, c.Observed...)
	if len(c.Follows) > 0 {
		lines = append(lines, "waiting for it: "+names(c.Follows))
	}
	if len(c.Seen) > 0 {
		lines = append(lines, "$ "+look(s, "describe", c.Seen[0]))
	}
	return lines
}

// look is the command that shows an object.
func look(s *check.Snapshot, verb string, r manifest.Ref) string {
	return s.Kubectl(slices.Concat(namespaceFlag(r.Namespace), []string{verb, strings.ToLower(r.Kind), r.Name})...)
}

func namespaceFlag(namespace string) []string {
	if namespace == "" {
		return nil
	}
	return []string{"-n", namespace}
}

// maxNames is how many objects are named before the rest is counted.
const maxNames = 4

func names(refs []manifest.Ref) string {
	var named []string
	for _, ref := range refs[:min(len(refs), maxNames)] {
		named = append(named, ref.String())
	}
	if rest := len(refs) - maxNames; rest > 0 {
		named = append(named, fmt.Sprintf("%d more", rest))
	}
	return strings.Join(named, ", ")
}
