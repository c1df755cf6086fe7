package apiserver

import (
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules"
)

// criteria are matchConstraints of a policy or matchResources of a binding,
// with the API's defaults filled in. Restated from
// k8s.io/apiserver/pkg/admission/plugin/policy/matching.
type criteria struct {
	namespaces, objects labels.Selector
	include, exclude    []admissionv1.NamedRuleWithOperations
	exact               bool
}

// newCriteria reads m; nil matches everything. The error is about a selector.
func newCriteria(m *admissionv1.MatchResources) (*criteria, error) {
	if m == nil {
		m = &admissionv1.MatchResources{}
	}
	namespaces, err := selector(m.NamespaceSelector)
	if err != nil {
		return nil, err
	}
	objects, err := selector(m.ObjectSelector)
	return &criteria{
		namespaces: namespaces,
		objects:    objects,
		include:    m.ResourceRules,
		exclude:    m.ExcludeResourceRules,
		exact:      m.MatchPolicy != nil && *m.MatchPolicy == admissionv1.Exact,
	}, err
}

// selector differs from API machinery's in that no selector selects everything.
func selector(s *metav1.LabelSelector) (labels.Selector, error) {
	if s == nil {
		return labels.Everything(), nil
	}
	return metav1.LabelSelectorAsSelector(s)
}

// A match says whether criteria choose a request, and as which resource: it is
// another one than requested where the server would convert the object first.
type match struct {
	ok bool
	as schema.GroupVersionResource
}

func (c *criteria) match(r *request) match {
	body := r.attributes.GetObject().(metav1.Object)
	if r.selectable != nil && !c.namespaces.Matches(r.selectable) || !c.objects.Matches(labels.Set(body.GetLabels())) {
		return match{}
	}
	if c.matchRules(c.exclude, r).ok {
		return match{}
	}
	if len(c.include) == 0 {
		return match{ok: true, as: r.resource}
	}
	return c.matchRules(c.include, r)
}

func (c *criteria) matchRules(list []admissionv1.NamedRuleWithOperations, r *request) match {
	if anyRule(list, r.attributes) {
		return match{ok: true, as: r.resource}
	}
	if c.exact {
		return match{}
	}
	for _, other := range r.others {
		if anyRule(list, attributesAs{r.attributes, other}) {
			return match{ok: true, as: other}
		}
	}
	return match{}
}

func anyRule(list []admissionv1.NamedRuleWithOperations, attributes admission.Attributes) bool {
	return slices.ContainsFunc(list, func(rule admissionv1.NamedRuleWithOperations) bool {
		matcher := rules.Matcher{Rule: rule.RuleWithOperations, Attr: attributes}
		named := len(rule.ResourceNames) == 0 || slices.Contains(rule.ResourceNames, attributes.GetName())
		return named && matcher.Matches()
	})
}

// attributesAs are the attributes of a request for another resource.
type attributesAs struct {
	admission.Attributes
	resource schema.GroupVersionResource
}

func (a attributesAs) GetResource() schema.GroupVersionResource { return a.resource }

// onCreate tells whether any creation of an object could be chosen. Rules for
// other operations or for subresources only need a cluster to be judged.
func (c *criteria) onCreate() bool {
	return len(c.include) == 0 || slices.ContainsFunc(c.include, func(rule admissionv1.NamedRuleWithOperations) bool {
		creates := func(op admissionv1.OperationType) bool {
			return op == admissionv1.Create || op == admissionv1.OperationAll
		}
		whole := func(resource string) bool {
			_, sub, _ := strings.Cut(resource, "/")
			return sub == "" || sub == "*"
		}
		return slices.ContainsFunc(rule.Operations, creates) && slices.ContainsFunc(rule.Resources, whole)
	})
}
