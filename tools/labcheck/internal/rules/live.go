package rules

import (
	"fmt"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

type diagnosisKey struct{}

// diagnose says once for all live rules how far the overlay is.
func diagnose(p *check.Pass) diagnosis.Diagnosis {
	return check.Memo(p, diagnosisKey{}, func() diagnosis.Diagnosis { return diagnosis.Of(p.Objects, p.Live) })
}

// causes is the Check of a rule that reports the causes of one kind.
func causes(kind diagnosis.Kind) func(*check.Pass) {
	return func(p *check.Pass) {
		for _, c := range diagnose(p).Causes {
			if c.Kind == kind {
				p.ReportLive(c.Object, c.Path, c.Message, observed(p.Live, c))
			}
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
		ref := c.Seen[0]
		args := []string{"describe", strings.ToLower(ref.Kind), ref.Name}
		if ref.Namespace != "" {
			args = append([]string{"--namespace", ref.Namespace}, args...)
		}
		lines = append(lines, "$ "+s.Kubectl(args...))
	}
	return lines
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
