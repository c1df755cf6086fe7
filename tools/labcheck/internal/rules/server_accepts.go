package rules

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// ServerAccepts reports what the API server's own validation rejects and no
// schema can say. What another rule has found of an object is not said again.
var ServerAccepts = &check.Rule{
	ID:    "server-accepts",
	Title: "Every object passes the API server's own validation",
	Doc:   page("server_accepts.md"),
	Check: serverAccepts,
}

func serverAccepts(p *check.Pass) {
	bySchema, byPolicies := judgeBySchema(p), judgeByPolicies(p)
	for i, verdict := range judgeByServerCode(p) {
		object := p.Objects[i]
		found := len(bySchema[i].violations) > 0 || slices.ContainsFunc(byPolicies.Faults, func(f apiserver.Fault) bool {
			return f.Object.Ref == object.Ref && !f.Skipped
		})
		switch {
		case found:
		case errors.Is(verdict.err, native.ErrUnknownKind):
			if bySchema[i].err == nil { // else schema-valid says that nothing is known of it
				p.Skip("%s: the validation of %s %s is not known", object.Ref, object.APIVersion, object.Kind)
			}
		case verdict.err != nil:
			p.Skip("%s: %v", object.Ref, verdict.err)
		default:
			for _, v := range verdict.Violations {
				reportViolation(p, object, v)
			}
		}
	}
}

// reportViolation names the field where it is not written: the line shows only
// what it is missing from.
func reportViolation(p *check.Pass, object manifest.Object, v creation.Violation) {
	if v.Key {
		p.ReportKey(object, v.Path, v.Message+spelling.DidYouMean(v.Path[len(v.Path)-1], v.Known))
		return
	}
	message := v.Message
	if _, written := object.Field(v.Path...); !written {
		message = object.Format(v.Path) + ": " + message
	}
	path, related := asTwoPlaces(object, v)
	p.Report(object, path, message, related...)
}

// asTwoPlaces tells apart what does not fit where two fields of an object do
// not fit each other and the server names one of them.
func asTwoPlaces(o manifest.Object, v creation.Violation) (manifest.Path, []manifest.Related) {
	n := len(v.Path)
	switch {
	case n > 4 && v.Path[n-1] == "name" && v.Path[n-3] == "volumeMounts":
		volumes := v.Path[:n-5].With("volumes")
		return v.Path, []manifest.Related{{Message: "the volumes", Pos: o.Locate(volumes...).Pos}}
	case strings.Contains(v.Message, fmt.Sprintf(`"Type":%q`, o.Text(v.Path.With("type")...))):
		return v.Path.With("type"), nil // shown with all that is beside it
	case strings.Contains(v.Message, "`selector` does not match template `labels`"):
		selector := manifest.Path{"spec", "selector", "matchLabels"}
		asked, _ := o.Field(selector...)
		wanted, _ := asked.(map[string]any)
		value, _ := o.Field(v.Path...)
		labels, _ := value.(map[string]any)
		for _, key := range sortedKeys(wanted) {
			if labels[key] != wanted[key] {
				label := cmp.Or(spelling.Closest(key, sortedKeys(labels)), key)
				return v.Path.With(label), []manifest.Related{{Message: "the selector", Pos: o.Locate(selector.With(key)...).Pos}}
			}
		}
	}
	return v.Path, nil
}
