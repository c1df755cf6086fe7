package diff

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/creation"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Kind says why a change is dangerous.
type Kind string

const (
	DataDeleted     Kind = "data-deleted"     // what holds data is removed
	ClaimShrinks    Kind = "claim-shrinks"    // a claim asks for less than it has
	ImmutableField  Kind = "immutable-field"  // the API server refuses the change
	SelectorChanges Kind = "selector-changes" // other Pods are chosen than those that run
	SecretRemoved   Kind = "secret-removed"   // credentials that Pods may still read
	HashChanges     Kind = "hash-changes"     // a new name of a ConfigMap or Secret restarts Pods
)

// kinds are all, the worst first.
var kinds = []Kind{DataDeleted, ClaimShrinks, ImmutableField, SelectorChanges, SecretRemoved, HashChanges}

// A Danger is one reason not to merge a change unseen.
type Danger struct {
	Kind    Kind
	Path    manifest.Path // of the new object or, where it is gone, of the old one
	Pos     manifest.Pos
	InBase  bool   // Pos is in the old files, since the new ones do not have it
	Message string // one sentence: no capital, no full stop
	Advice  string // what to do, in one sentence; may be empty
	Refused bool   // the API server says no
}

// Place is where to look, for a reader who knows the old side as base.
func (d Danger) Place(base string) string {
	switch place := d.Pos.String(); {
	case place == "":
		return "(no file)"
	case d.InBase:
		return base + ":" + place
	default:
		return place
	}
}

// A judgement finds the dangers of the changes of one overlay.
type judgement struct {
	new         []manifest.Object
	definitions custom.Definitions
}

// dangers fills in what is dangerous about c.
func (j judgement) dangers(c *Change) error {
	var err error
	switch c.Action {
	case Removed:
		c.Dangers = removal(c.Old)
	case Renamed:
		c.Dangers = j.renaming(*c)
	case Changed:
		c.Dangers, err = j.refused(*c)
		c.Dangers = append(c.Dangers, taken(*c)...)
		c.Dangers = append(c.Dangers, j.growth(*c)...)
	}
	c.Dangers = ranked(c.Dangers)
	return err
}

// refused are the fields for which the API server refuses the change, though it
// takes the new object where there is no old one.
func (j judgement) refused(c Change) ([]Danger, error) {
	alone, err := j.create(c.New)
	if errors.Is(err, native.ErrUnknownKind) {
		return nil, fmt.Errorf("%s: nothing is known of its kind, so not which of its fields may change", c.New.Ref)
	}
	if err != nil {
		return nil, err
	}
	if len(alone) > 0 {
		return nil, fmt.Errorf("%s: the API server does not take the new object, changed or not: labcheck check says why", c.New.Ref)
	}
	violations, err := j.update(c.Old, c.New)
	if err != nil || len(violations) == 0 {
		return nil, err
	}
	dangers := j.eachRefused(c)
	if dangers == nil { // it takes several of them to be refused
		for _, f := range c.Fields {
			if violation, ok := about(violations, f); ok {
				dangers = append(dangers, refusal(c, f, violation))
			}
		}
	}
	if dangers == nil {
		dangers = []Danger{refusal(c, c.Fields[0], violations[0])}
	}
	return dangers, nil
}

// eachRefused are the fields that the server refuses to change on their own,
// for no reason but the change.
func (j judgement) eachRefused(c Change) []Danger {
	var dangers []Danger
	for _, f := range c.Fields {
		trial := f.alone(c.Old)
		anyway, _ := j.create(trial)
		violations, err := j.update(c.Old, trial)
		violations = slices.DeleteFunc(violations, func(v creation.Violation) bool {
			return slices.ContainsFunc(anyway, func(w creation.Violation) bool { return v.Message == w.Message && v.Path.Compare(w.Path) == 0 })
		})
		if err == nil && len(violations) > 0 {
			dangers = append(dangers, refusal(c, f, violations[0]))
		}
	}
	return dangers
}

// about is the violation at or above a field.
func about(violations []creation.Violation, f Field) (creation.Violation, bool) {
	i := slices.IndexFunc(violations, func(v creation.Violation) bool { return f.Path().Within(v.Path) })
	if i < 0 {
		return creation.Violation{}, false
	}
	return violations[i], true
}

func (j judgement) create(o manifest.Object) ([]creation.Violation, error) {
	result, err := native.Validate(o)
	if d := j.definitions.Of(o); errors.Is(err, native.ErrUnknownKind) && d != nil {
		result, err = d.Validate(o)
	}
	return result.Violations, err
}

func (j judgement) update(old, new manifest.Object) ([]creation.Violation, error) {
	if old.APIVersion != new.APIVersion {
		old.Fields = changed(old.Fields, manifest.Path{"apiVersion"}, Field{New: manifest.Path{"apiVersion"}, After: new.APIVersion}).(map[string]any)
		old.APIVersion = new.APIVersion
	}
	result, err := native.ValidateUpdate(old, new)
	if d := j.definitions.Of(new); errors.Is(err, native.ErrUnknownKind) && d != nil {
		result, err = d.ValidateUpdate(old, new)
	}
	return result.Violations, err
}

// refusal is the danger of a field that the server does not let change.
func refusal(c Change, f Field, why creation.Violation) Danger {
	d := Danger{
		Kind: ImmutableField, Path: f.Path(), Pos: f.Locate(c.Old, c.New), InBase: f.New == nil, Refused: true, Advice: advice(c.New),
		Message: fmt.Sprintf("%s, which the API server refuses: %s", c.describe(f), brief(why.Message)),
	}
	switch {
	case shrinks(f):
		d.Kind = ClaimShrinks
	case d.Path.Within(manifest.Path{"spec", "selector"}):
		d.Kind = SelectorChanges
	}
	return d
}

// structured is a value that the server quotes and that says less than the line
// of the finding.
var structured = regexp.MustCompile(`^([A-Z][a-z ]+: )?[\[{].*[\]}]: `)

// brief is the first line of the server's message, without a long value.
func brief(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	return structured.ReplaceAllString(message, "")
}

// describe is what becomes of a field, in a few words.
func (c Change) describe(f Field) string {
	path := c.New.Format(f.New)
	switch {
	case f.New == nil:
		return c.Old.Format(f.Old) + " is removed"
	case f.Old == nil:
		return path + " is added"
	case !scalar(f.Before) || !scalar(f.After) || IsSecret(c.New):
		return path + " changes"
	}
	return fmt.Sprintf("%s changes from %v to %v", path, f.Before, f.After)
}

// IsSecret reports whether o is a Secret, whose values no report may show.
func IsSecret(o manifest.Object) bool { return o.Group() == "" && o.Kind == "Secret" }

func scalar(value any) bool {
	switch value.(type) {
	case map[string]any, []any:
		return false
	}
	return true
}

// advice is how to make such a change all the same.
func advice(o manifest.Object) string {
	named := strings.ToLower(o.Kind) + " " + o.Name
	switch o.Kind {
	case "StatefulSet", "Deployment", "DaemonSet", "ReplicaSet":
		return fmt.Sprintf("to make it all the same, delete the %s without its Pods and apply again: kubectl delete %s --cascade=orphan", o.Kind, named)
	case "PersistentVolumeClaim":
		return "to make it all the same, copy the data into a new claim: deleting this one loses it"
	case "Pod", "Job":
		return fmt.Sprintf("to make it all the same, delete the %s and apply again: kubectl delete %s", o.Kind, named)
	case "ConfigMap", "Secret":
		return "give the object a new name with the new content, as a generator does"
	}
	return fmt.Sprintf("to make it all the same, delete the object and apply again: kubectl delete %s", named)
}
