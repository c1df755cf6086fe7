package graph

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Selector is what an object says of the Pods it means.
type Selector struct {
	From         int // the object, of Graph.Objects
	Use          Use
	Path         manifest.Path // to the selector
	Namespace    string        // of the Pods; "" where it is not known
	Requirements []Requirement // all of them hold for the Pods that are meant; none: every Pod
}

// A Requirement is one label that Pods must have, or must not.
type Requirement struct {
	Key      string
	Operator string // In, NotIn, Exists or DoesNotExist
	Values   []string
	Path     manifest.Path // to the value, or the expression
}

// String is the requirement as kubectl writes it, such as app=web.
func (r Requirement) String() string {
	switch {
	case r.Operator == "Exists":
		return r.Key
	case r.Operator == "DoesNotExist":
		return "!" + r.Key
	case r.Operator == "In" && len(r.Values) == 1:
		return r.Key + "=" + r.Values[0]
	}
	return r.Key + " " + strings.ToLower(r.Operator) + " (" + strings.Join(r.Values, ", ") + ")"
}

// labelSelector reads what matchLabels and matchExpressions ask for.
func labelSelector(value any, path manifest.Path) []Requirement {
	fields, _ := value.(map[string]any)
	all := equalities(fields["matchLabels"], path.With("matchLabels"))
	list, _ := fields["matchExpressions"].([]any)
	for i, item := range list {
		expression, _ := item.(map[string]any)
		values, _ := expression["values"].([]any)
		r := Requirement{
			Key: text(expression, "key"), Operator: text(expression, "operator"),
			Path: path.With("matchExpressions", strconv.Itoa(i)),
		}
		for _, value := range values {
			text, _ := value.(string)
			r.Values = append(r.Values, text)
		}
		all = append(all, r)
	}
	return all
}

// equalities reads a mapping of labels.
func equalities(value any, path manifest.Path) []Requirement {
	labels, _ := value.(map[string]any)
	var all []Requirement
	for _, key := range sortedKeys(labels) {
		label, _ := labels[key].(string)
		all = append(all, Requirement{Key: key, Operator: "In", Values: []string{label}, Path: path.With(key)})
	}
	return all
}

// Holds says whether some of the Pods meet r. Their controller adds labels to
// those of the template.
func (r Requirement) Holds(pods *Pods) bool {
	value, has := pods.Labels[r.Key]
	if fits, added := addedLabels[r.Key]; added && !has {
		has = slices.ContainsFunc(r.Values, func(value string) bool { return fits(pods, value) })
		if has || r.Operator != "In" {
			return true
		}
	}
	switch r.Operator {
	case "In":
		return has && slices.Contains(r.Values, value)
	case "NotIn":
		return !has || !slices.Contains(r.Values, value)
	case "Exists":
		return has
	}
	return !has
}

// addedLabels are the labels that controllers add to the Pods they make, and
// which values those may have.
var addedLabels = map[string]func(*Pods, string) bool{
	"statefulset.kubernetes.io/pod-name": func(p *Pods, value string) bool {
		ordinal, ok := strings.CutPrefix(value, p.Ref.Name+"-")
		return ok && hasOrdinal(p, ordinal)
	},
	"apps.kubernetes.io/pod-index":       hasOrdinal,
	"batch.kubernetes.io/job-name":       func(p *Pods, value string) bool { return strings.HasPrefix(value, p.Ref.Name) },
	"job-name":                           func(p *Pods, value string) bool { return strings.HasPrefix(value, p.Ref.Name) },
	"pod-template-hash":                  anyValue,
	"controller-revision-hash":           anyValue,
	"pod-template-generation":            anyValue,
	"batch.kubernetes.io/controller-uid": anyValue,
	"controller-uid":                     anyValue,
}

func anyValue(*Pods, string) bool { return true }

// hasOrdinal says whether a StatefulSet has a Pod with this number.
func hasOrdinal(p *Pods, ordinal string) bool {
	n, err := strconv.ParseInt(ordinal, 10, 64)
	return err == nil && p.Ref.Kind == "StatefulSet" && n >= p.First && n < p.First+p.Replicas
}

// Matches says whether some of the Pods meet all requirements, in the
// namespace of the selector.
func (s Selector) Matches(pods *Pods) bool {
	return sameNamespace(s.Namespace, pods.Ref.Namespace) &&
		!slices.ContainsFunc(s.Requirements, func(r Requirement) bool { return !r.Holds(pods) })
}

// Selected are the Pods that a selector means.
func (g *Graph) Selected(s Selector) []*Pods {
	var all []*Pods
	for _, pods := range g.Pods {
		if s.Matches(pods) {
			all = append(all, pods)
		}
	}
	return all
}

func sortedKeys[T any](fields map[string]T) []string { return slices.Sorted(maps.Keys(fields)) }
