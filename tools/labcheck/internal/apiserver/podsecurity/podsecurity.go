// Package podsecurity judges Pods and Pod templates as the API server's
// PodSecurity admission plugin does, by the pod-security labels of their
// Namespace. The checks are the server's own (k8s.io/pod-security-admission);
// the order of the plugin around them is restated.
//
// What it does not do: it knows no namespace that is not among the objects,
// no exemptions and no defaults of a cluster's own admission configuration,
// and judges no update.
package podsecurity

import (
	"fmt"
	"slices"

	"k8s.io/pod-security-admission/api"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Mode is what the server does about a violation.
type Mode string

// The modes, in the order in which a violation is reported: once, in the
// first mode that has it.
const (
	Enforce Mode = "enforce" // reject the Pod
	Warn    Mode = "warn"    // tell the client
	Audit   Mode = "audit"   // note it in the audit log
)

// A Judgement is what the labels of the Namespaces say to a set of objects.
type Judgement struct {
	Violations []Violation
	// Unjudged are Pods and templates whose Namespace is not among the
	// objects, or that cannot be decoded.
	Unjudged []manifest.Object
	// Judged counts the Pods and templates that were held against a level.
	Judged int
}

// A Violation is one check that a Pod or a template does not pass, or a label
// of a Namespace that makes no sense.
type Violation struct {
	Object manifest.Object
	// Namespace is the object whose label asks for Level. It is Object itself
	// where the label is wrong.
	Namespace manifest.Object
	// Path leads to the field that is wrong or missing.
	Path manifest.Path
	// Others are further fields of Object that fail the same check.
	Others []manifest.Path
	Level  string // baseline or restricted
	// Version is that of the level: latest, or such as v1.37.
	Version string
	Mode    Mode
	// Message is the server's wording for this check. The server joins the
	// details of all checks in one message: see Join.
	Message string
	// Detail is Message without its beginning.
	Detail string
}

// Judge holds every Pod and Pod template among objects against its Namespace.
// A Namespace without labels asks for nothing. The server enforces levels on
// Pods only and warns about templates; a template that its Pods would be
// rejected for is reported in mode Enforce here too.
func Judge(objects []manifest.Object) Judgement {
	var judgement Judgement
	namespaces := map[string]namespace{}
	for _, object := range objects {
		if object.APIVersion == "v1" && object.Kind == "Namespace" {
			labels, violations := readLabels(object)
			namespaces[object.Name] = labels
			judgement.Violations = append(judgement.Violations, violations...)
		}
	}
	for _, object := range objects {
		at, ok := podAt[object.Kind]
		if !ok || object.APIVersion != at.apiVersion {
			continue
		}
		asked, ok := namespaces[namespaceOf(object)]
		if ok && asked.policy.FullyPrivileged() {
			continue
		}
		pod, err := readPod(object, at.path)
		if !ok || err != nil {
			judgement.Unjudged = append(judgement.Unjudged, object)
			continue
		}
		judgement.Judged++
		judgement.Violations = append(judgement.Violations, pod.judge(asked)...)
	}
	return judgement
}

// A namespace is what the labels of a Namespace ask for.
type namespace struct {
	object manifest.Object
	policy api.Policy
}

// readLabels returns what a Namespace asks for. The server refuses to create a
// Namespace with a label that it cannot read.
func readLabels(object manifest.Object) (namespace, []Violation) {
	labels := map[string]string{}
	fields, _ := object.Field("metadata", "labels")
	written, _ := fields.(map[string]any)
	for key, value := range written {
		if text, ok := value.(string); ok || value == nil {
			labels[key] = text // a null is decoded as an empty text
		}
	}
	privileged := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	policy, errs := api.PolicyToEvaluate(labels, api.Policy{Enforce: privileged, Audit: privileged, Warn: privileged})
	var violations []Violation
	for _, label := range []string{
		api.EnforceLevelLabel, api.EnforceVersionLabel, api.AuditLevelLabel,
		api.AuditVersionLabel, api.WarnLevelLabel, api.WarnVersionLabel,
	} {
		for _, err := range errs {
			if err.Field == "metadata.labels["+label+"]" {
				violations = append(violations, Violation{
					Object: object, Namespace: object, Mode: Enforce,
					Path:    manifest.Path{"metadata", "labels", label},
					Message: err.ErrorBody(), Detail: err.ErrorBody(),
				})
			}
		}
	}
	return namespace{object: object, policy: policy}, violations
}

func namespaceOf(object manifest.Object) string {
	if name := object.Text("metadata", "namespace"); name != "" {
		return name
	}
	return "default"
}

// podAt says which kinds hold a Pod, and where.
var podAt = map[string]struct {
	apiVersion string
	path       manifest.Path
}{
	"Pod":                   {"v1", nil},
	"PodTemplate":           {"v1", manifest.Path{"template"}},
	"ReplicationController": {"v1", manifest.Path{"spec", "template"}},
	"DaemonSet":             {"apps/v1", manifest.Path{"spec", "template"}},
	"Deployment":            {"apps/v1", manifest.Path{"spec", "template"}},
	"ReplicaSet":            {"apps/v1", manifest.Path{"spec", "template"}},
	"StatefulSet":           {"apps/v1", manifest.Path{"spec", "template"}},
	"Job":                   {"batch/v1", manifest.Path{"spec", "template"}},
	"CronJob":               {"batch/v1", manifest.Path{"spec", "jobTemplate", "spec", "template"}},
}

// readPod returns the Pod in object at path, with the server's defaults: they
// matter, as in the host ports of a Pod in the host's network.
func readPod(object manifest.Object, path manifest.Path) (pod, error) {
	fields, err := native.Default(object)
	if err != nil {
		return pod{}, err
	}
	found, _ := manifest.Lookup(fields, path...)
	p := pod{object: object, path: slices.Clip(path)}
	template, ok := found.(map[string]any)
	if !ok {
		return pod{}, fmt.Errorf("%s has no Pod at %s", object.Ref, path)
	}
	return p, p.decode(template)
}
