package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/podsecurity"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PodSecurity reports Pods and Pod templates below the Pod Security level that
// the labels of their Namespace declare.
var PodSecurity = &check.Rule{
	ID:    "pod-security",
	Title: "Every Pod keeps the Pod Security level that its Namespace declares",
	Doc:   page("pod_security.md"),
	Check: podSecurity,
}

func podSecurity(p *check.Pass) {
	for _, v := range podsecurity.Judge(p.Objects).Violations {
		message := v.Message
		if v.Mode != podsecurity.Enforce {
			message = fmt.Sprintf("%s (the namespace asks to %s)", v.Message, v.Mode)
		}
		var related []manifest.Related
		if v.Namespace.Ref != v.Object.Ref {
			label := "pod-security.kubernetes.io/" + string(v.Mode)
			related = append(related, manifest.Related{
				Message: fmt.Sprintf("declares %s=%s", label, v.Level), Pos: v.Namespace.Locate("metadata", "labels", label).Pos,
			})
		}
		for _, other := range v.Others {
			related = append(related, manifest.Related{Message: "fails the same check", Pos: v.Object.Locate(other...).Pos})
		}
		path := v.Path
		if list, _ := v.Object.Field(path...); len(asList(list)) == 1 {
			path = path.With("0") // the whole list is as wrong as its only item
		}
		p.Report(v.Object, path, message, related...)
	}
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}
