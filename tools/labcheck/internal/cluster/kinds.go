package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A resource is how the API serves a kind.
type resource struct {
	name       string // statefulsets.v1.apps, as kubectl get takes it
	namespaced bool
}

// A kindKey names a kind without its version.
type kindKey struct{ group, kind string }

// kinds are the kinds that the cluster serves.
type kinds map[kindKey]resource

// readKinds asks for the kinds. An API group that does not answer is left out,
// as kubectl does.
func readKinds(ctx context.Context, c *Client) (kinds, error) {
	out, err := c.run(ctx, "", "api-resources", "--no-headers", requestTimeout)
	served := kinds{}
	for line := range strings.Lines(string(out)) {
		// NAME [SHORTNAMES] APIVERSION NAMESPACED KIND
		words := strings.Fields(line)
		if len(words) < 4 {
			continue
		}
		version, namespaced, kind := words[len(words)-3], words[len(words)-2], words[len(words)-1]
		group := manifest.Ref{APIVersion: version}.Group()
		served[kindKey{group, kind}] = resource{words[0], namespaced == "true"}
	}
	if len(served) == 0 {
		return nil, cmp.Or(err, fmt.Errorf("kubectl api-resources lists nothing"))
	}
	return served, nil
}

// find returns the resource of an object, in the version that it is written in.
func (k kinds) find(r manifest.Ref) (resource, bool) {
	found, ok := k[kindKey{r.Group(), r.Kind}]
	if ok && r.Group() != "" {
		found.name = strings.Join([]string{found.name, strings.TrimPrefix(r.APIVersion, r.Group()+"/"), r.Group()}, ".")
	}
	return found, ok
}

// beside are the kinds that are read wherever an overlay has objects: what
// comes of them, and what the cluster says about them.
var beside = []manifest.Ref{
	{APIVersion: "v1", Kind: "Pod"},
	{APIVersion: "v1", Kind: "PersistentVolumeClaim"},
	{APIVersion: "apps/v1", Kind: "ReplicaSet"},
	{APIVersion: "batch/v1", Kind: "Job"},
	{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
	{APIVersion: "v1", Kind: "Event"},
	{APIVersion: "v1", Kind: "Node"},
}

// A request is one kubectl get: resources of one namespace, or of none.
type request struct {
	namespace string
	resources []string
}

// plan says what to ask for, so that objects can be judged; an object without
// namespace of a kind that has one is in the namespace home. Secrets are never
// among the resources, and neither is a kind that is not served.
func (k kinds) plan(objects []manifest.Object, home string) []request {
	wanted := map[string]map[string]bool{}
	add := func(namespace, name string) {
		if wanted[namespace] == nil {
			wanted[namespace] = map[string]bool{}
		}
		wanted[namespace][name] = true
	}
	for _, o := range objects {
		found, ok := k.find(o.Ref)
		switch {
		case !ok:
		case !found.namespaced:
			add("", found.name)
		default:
			namespace := cmp.Or(o.Namespace, home)
			if !isSecret(o.Ref) {
				add(namespace, found.name)
			}
			for _, ref := range beside {
				if r, ok := k.find(ref); ok && r.namespaced {
					add(namespace, r.name)
				} else if ok {
					add("", r.name)
				}
			}
		}
	}
	var requests []request
	for namespace, names := range wanted {
		r := request{namespace: namespace}
		for name := range names {
			r.resources = append(r.resources, name)
		}
		slices.Sort(r.resources)
		requests = append(requests, r)
	}
	slices.SortFunc(requests, func(a, b request) int { return cmp.Compare(a.namespace, b.namespace) })
	return requests
}

func isSecret(r manifest.Ref) bool { return r.APIVersion == "v1" && r.Kind == "Secret" }
