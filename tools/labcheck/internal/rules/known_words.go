package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/argocd"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// KnownWords reports annotations, labels and options of Kubernetes, Argo CD
// and Flux that are almost one that those read: nobody reads the misspelt one,
// and nobody complains.
var KnownWords = &check.Rule{
	ID:    "known-words",
	Title: "Every annotation, label and option of Kubernetes, Argo CD and Flux is spelt as they read it",
	Doc:   page("known_words.md"),
	Check: func(p *check.Pass) {
		for _, o := range p.Objects {
			for _, field := range []string{"annotations", "labels"} {
				value, _ := o.Field("metadata", field)
				keys, _ := value.(map[string]any)
				for _, key := range sortedKeys(keys) {
					judgeWord(p, o, manifest.Path{"metadata", field, key})
				}
			}
			judgeOptions(p, o, o.Items("metadata", "finalizers"), finalizers)
			if o.Group() == argocd.Group {
				judgeOptions(p, o, o.Items("spec", "syncPolicy", "syncOptions"), syncOptions)
				judgeBackoff(p, o)
			}
		}
	},
}

// judgeWord judges the name and the value of an annotation or a label.
func judgeWord(p *check.Pass, o manifest.Object, path manifest.Path) {
	domain, name, _ := strings.Cut(path[len(path)-1], "/")
	known := words[domain]
	if known == nil {
		return
	}
	options, ok := known[name]
	if !ok {
		if meant := spelling.Closest(name, sortedKeys(known)); meant != "" {
			p.ReportKey(o, path, fmt.Sprintf("nobody reads %s/%s, did you mean %q?", domain, name, domain+"/"+meant))
		}
		return
	}
	for option := range strings.SplitSeq(o.Text(path...), ",") {
		if meant := misspelt(strings.TrimSpace(option), options); meant != "" {
			p.Report(o, path, fmt.Sprintf("nobody knows the value %q, did you mean %q?", strings.TrimSpace(option), meant))
		}
	}
}

func judgeOptions(p *check.Pass, o manifest.Object, items []manifest.Path, known []string) {
	for _, at := range items {
		if meant := misspelt(o.Text(at...), known); meant != "" {
			p.Report(o, at, fmt.Sprintf("nobody knows %q, did you mean %q?", o.Text(at...), meant))
		}
	}
}

// judgeBackoff reports pauses before Argo CD tries again that it cannot read:
// it takes seconds, and what time.ParseDuration takes.
func judgeBackoff(p *check.Pass, application manifest.Object) {
	for _, field := range []string{"duration", "maxDuration"} {
		at := manifest.Path{"spec", "syncPolicy", "retry", "backoff", field}
		text := application.Text(at...)
		_, notSeconds := strconv.Atoi(text)
		if _, err := time.ParseDuration(text); text != "" && notSeconds != nil && err != nil {
			p.Report(application, at, fmt.Sprintf("%q is no duration such as 30s or 2m, so a sync that failed is never tried again", text))
		}
	}
}

// misspelt is the known word that was meant by one that is not known.
func misspelt(word string, known []string) string {
	if slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, word) }) {
		return ""
	}
	return spelling.Closest(word, known)
}

// words are the annotations and labels that tools read, by their domain, with
// their values where those are a list of their own. What is not here is not
// judged, unless it is almost something that is.
var words = map[string]map[string][]string{
	"pod-security.kubernetes.io": {
		"enforce": levels, "enforce-version": nil, "audit": levels, "audit-version": nil, "warn": levels, "warn-version": nil,
	},
	// https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/
	"app.kubernetes.io": {"name": nil, "instance": nil, "version": nil, "component": nil, "part-of": nil, "managed-by": nil, "created-by": nil},
	// https://argo-cd.readthedocs.io/en/stable/user-guide/annotations-and-labels/
	"argocd.argoproj.io": {
		"sync-options": syncOptions, "compare-options": {"IgnoreExtraneous", "ServerSideDiff=true", "ServerSideDiff=false", "IncludeMutationWebhook=true"},
		"hook": {"PreSync", "Sync", "PostSync", "SyncFail", "PostDelete", "PreDelete", "Skip"}, "hook-delete-policy": {"HookSucceeded", "HookFailed", "BeforeHookCreation"},
		"ignore-healthcheck": {"true", "false"}, "skip-reconcile": {"true", "false"}, "refresh": {"normal", "hard"},
		"sync-wave": nil, "managed-by": nil, "tracking-id": nil, "installation-id": nil, "manifest-generate-paths": nil,
		"ignore-default-links": nil, "application-set-refresh": nil, "instance": nil, "secret-type": nil, "hydrate": nil,
	},
	// https://fluxcd.io/flux/components/kustomize/kustomizations/#controlling-the-apply-behavior-of-resources
	"kustomize.toolkit.fluxcd.io": {
		"prune": {"disabled", "enabled"}, "force": {"enabled", "disabled"}, "reconcile": {"disabled", "enabled"}, "substitute": {"disabled", "enabled"},
		"ssa": {"Override", "Merge", "IfNotPresent", "Ignore"}, "name": nil, "namespace": nil, "checksum": nil,
	},
}

var (
	levels = []string{"privileged", "baseline", "restricted"}
	// https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/
	syncOptions = []string{
		"Prune=false", "Prune=confirm", "Delete=false", "Delete=confirm", "Force=true", "Replace=true", "Validate=false",
		"ServerSideApply=true", "ServerSideApply=false", "SkipDryRunOnMissingResource=true", "PruneLast=true", "ApplyOutOfSyncOnly=true",
		"CreateNamespace=true", "CreateNamespace=false", "RespectIgnoreDifferences=true", "FailOnSharedResource=true",
		"PrunePropagationPolicy=foreground", "PrunePropagationPolicy=background", "PrunePropagationPolicy=orphan",
		"Force=false", "Replace=false", "Validate=true", "PruneLast=false", "ApplyOutOfSyncOnly=false", "RespectIgnoreDifferences=false",
		"Prune=true", "Delete=true", "ClientSideApplyMigration=true", "ClientSideApplyMigration=false",
	}
	finalizers = []string{
		"resources-finalizer.argocd.argoproj.io", "resources-finalizer.argocd.argoproj.io/foreground", "resources-finalizer.argocd.argoproj.io/background",
		"post-delete-finalizer.argocd.argoproj.io", "pre-delete-finalizer.argocd.argoproj.io", "finalizers.fluxcd.io", "kubernetes.io/pvc-protection", "foregroundDeletion",
	}
)
