package rules

import (
	"encoding/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// What several rules read is judged once for each overlay: by the schemas and
// by the API server's code, object by object, and by the policies.

type schemaVerdict struct {
	violations []schema.Violation
	err        error
}

type schemaKey struct{}

func judgeBySchema(p *check.Pass) []schemaVerdict {
	return check.Memo(p, schemaKey{}, func() []schemaVerdict {
		verdicts := make([]schemaVerdict, len(p.Objects))
		for i, object := range p.Objects {
			verdicts[i].violations, verdicts[i].err = schema.Validate(object, p.Versions)
		}
		return verdicts
	})
}

type nativeVerdict struct {
	native.Result
	err error
}

type nativeKey struct{ content string }

func judgeByServerCode(p *check.Pass) []nativeVerdict {
	return check.Memo(p, nativeKey{}, func() []nativeVerdict {
		verdicts := make([]nativeVerdict, len(p.Objects))
		for i, object := range p.Objects {
			content, err := json.Marshal(object.Fields)
			if err != nil {
				verdicts[i].err = err
				continue
			}
			verdicts[i] = check.Shared(p, nativeKey{string(content)}, func() nativeVerdict {
				result, err := native.Validate(object)
				return nativeVerdict{result, err}
			})
		}
		return verdicts
	})
}

type policyVerdict struct {
	apiserver.Judgement
	err error
}

type policyKey struct{}

// judgeByPolicies evaluates the policies on the objects as the API server
// would show them to a policy: with their defaults.
func judgeByPolicies(p *check.Pass) policyVerdict {
	return check.Memo(p, policyKey{}, func() policyVerdict {
		objects := append(p.Objects[:0:0], p.Objects...)
		for i, verdict := range judgeByServerCode(p) {
			if verdict.Defaulted != nil {
				objects[i].Fields = verdict.Defaulted
			}
		}
		judgement, err := apiserver.JudgePolicies(objects)
		return policyVerdict{judgement, err}
	})
}
