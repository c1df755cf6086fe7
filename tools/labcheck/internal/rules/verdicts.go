package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
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

type serverVerdict struct {
	creation.Result
	err error
}

type serverKey struct {
	content    string
	definition *custom.Definition // nil for a kind built into Kubernetes
}

// judgeByServerCode says of an object of unknown kind native.ErrUnknownKind.
func judgeByServerCode(p *check.Pass) []serverVerdict {
	return check.Memo(p, serverKey{}, func() []serverVerdict {
		verdicts := make([]serverVerdict, len(p.Objects))
		for i, object := range p.Objects {
			verdicts[i] = judgeOnce(p, object, nil, native.Validate)
		}
		for i, object := range p.Objects {
			if !errors.Is(verdicts[i].err, native.ErrUnknownKind) {
				continue
			}
			definition := definitions(p).Of(object)
			switch {
			case definition == nil:
			case faulty(p.Objects, verdicts, definition.Name):
				verdicts[i].err = fmt.Errorf("the CustomResourceDefinition %s has findings", definition.Name)
			default:
				verdicts[i] = judgeOnce(p, object, definition, definition.Validate)
			}
		}
		return verdicts
	})
}

// judgeOnce judges an object once for all overlays that have it.
func judgeOnce(p *check.Pass, object manifest.Object, definition *custom.Definition, validate func(manifest.Object) (creation.Result, error)) serverVerdict {
	content, err := json.Marshal(object.Fields)
	if err != nil {
		return serverVerdict{err: err}
	}
	return check.Shared(p, serverKey{string(content), definition}, func() serverVerdict {
		result, err := validate(object)
		return serverVerdict{result, err}
	})
}

// faulty reports whether a build holds the definition of that name and the
// server would not take it.
func faulty(objects []manifest.Object, verdicts []serverVerdict, name string) bool {
	for i, object := range objects {
		if custom.IsDefinition(object) && object.Name == name {
			return len(verdicts[i].Violations) > 0
		}
	}
	return false
}

type policyVerdict struct {
	apiserver.Judgement
	err error
}

type defaultedKey struct{}

// defaultedObjects are the objects of p, in their order, as the API server
// shows them to whoever reads them: with its defaults filled in and its
// normal forms, such as 500m of cpu: 0.5. An object that cannot be decoded, or
// whose kind has no defaults known here, is as it was built. Their Locate finds
// a field that nobody wrote at its nearest written ancestor.
func defaultedObjects(p *check.Pass) []manifest.Object {
	return check.Memo(p, defaultedKey{}, func() []manifest.Object {
		objects := slices.Clone(p.Objects)
		for i, verdict := range judgeByServerCode(p) {
			if verdict.Defaulted != nil {
				objects[i].Fields = verdict.Defaulted
			}
		}
		return objects
	})
}

type policyKey struct{}

// judgeByPolicies evaluates the policies on the objects as the API server
// would show them to a policy: with their defaults.
func judgeByPolicies(p *check.Pass) policyVerdict {
	return check.Memo(p, policyKey{}, func() policyVerdict {
		judgement, err := apiserver.JudgePolicies(defaultedObjects(p), definitions(p))
		return policyVerdict{judgement, err}
	})
}
