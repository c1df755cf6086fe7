package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

type judgementKey struct{}

type judgement struct {
	apiserver.Judgement
	err error
}

// judgePolicies evaluates the policies of the overlay, once for all rules.
func judgePolicies(p *check.Pass) judgement {
	return check.Memo(p, judgementKey{}, func() judgement {
		j, err := apiserver.JudgePolicies(p.Objects)
		return judgement{j, err}
	})
}
