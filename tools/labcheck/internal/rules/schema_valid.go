package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// SchemaValid reports fields that an object's kind does not have, lacks, or
// has with another type, in any of the Kubernetes versions judged for.
var SchemaValid = &check.Rule{
	ID:    "schema-valid",
	Title: "Every object has the fields that its kind has, in every supported Kubernetes version",
	Doc:   page("schema_valid.md"),
	Check: schemaValid,
}

func schemaValid(p *check.Pass) {
	byServer := judgeByServerCode(p)
	var unknown []manifest.Object
	for i, verdict := range judgeBySchema(p) {
		object := p.Objects[i]
		switch {
		case errors.Is(verdict.err, schema.ErrNoSchema) && !errors.Is(byServer[i].err, native.ErrUnknownKind):
			// A custom resource, whose fields its definition knows: server-accepts judges them.
		case errors.Is(verdict.err, schema.ErrNoSchema):
			if withoutSchema(p, object) {
				unknown = append(unknown, object)
			}
		case verdict.err != nil:
			p.Skip("%s: %v", object.Ref, verdict.err)
		}
		for _, v := range verdict.violations {
			if slices.Equal(v.Path, manifest.Path{"apiVersion"}) && isGone(p, object) {
				continue // api-not-deprecated says so
			}
			message := v.Message + inVersions(v.Versions, p.Versions)
			if v.Key {
				p.ReportKey(object, v.Path, message)
			} else {
				p.Report(object, v.Path, message)
			}
		}
	}
	p.Note("Kubernetes %s", span(p.Versions))
	noteUnknown(p, unknown)
}

// withoutSchema tells whether nothing is known of the kind of object and that
// is allowed. Where it is not, it says so, unless another rule knows better.
func withoutSchema(p *check.Pass, object manifest.Object) bool {
	_, fault := faultOfKind(object.Ref)
	switch {
	case isGone(p, object): // api-not-deprecated says so
	case fault != "": // kind-exists says so
	case !p.AllowUnknown:
		p.Skip("%s: nothing is known of %s of %s; name its CustomResourceDefinition with --crds, or pass --allow-unknown", object.Ref, object.Kind, object.APIVersion)
	default:
		return true
	}
	return false
}

// inVersions names the versions that reject, where not all do.
func inVersions(rejecting, all []string) string {
	if slices.Equal(rejecting, all) {
		return ""
	}
	return fmt.Sprintf(" (in Kubernetes %s)", strings.Join(rejecting, ", "))
}

func span(versions []string) string {
	if len(versions) < 2 {
		return strings.Join(versions, "")
	}
	return versions[0] + "–" + versions[len(versions)-1]
}
