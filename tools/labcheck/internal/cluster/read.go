package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	k8sjson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A reader takes one Snapshot after the other of the same objects.
type reader struct {
	client   *Client
	declared []manifest.Object
	home     string // the namespace of objects that name none
	requests []request
	secrets  []string // namespaces with a declared Secret

	lock   sync.Mutex
	missed map[string]string // resource to the reason why it cannot be read
}

// newReader finds out how to ask for the declared objects. An error means that
// the cluster cannot be asked anything.
func newReader(ctx context.Context, client *Client, declared []manifest.Object) (*reader, error) {
	r := &reader{client: client, declared: declared, missed: map[string]string{}}
	served, err := readKinds(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("asking for the kinds that the cluster serves: %w", err)
	}
	home, err := client.run(ctx, "", "config", "view", "--minify", "--output=jsonpath={..namespace}")
	if err != nil {
		return nil, fmt.Errorf("asking for the namespace of the context: %w", err)
	}
	r.home = cmp.Or(string(home), "default")
	r.requests = served.plan(declared, r.home)
	for _, o := range declared {
		if isSecret(o.Ref) {
			r.secrets = append(r.secrets, cmp.Or(o.Namespace, r.home))
		}
	}
	slices.Sort(r.secrets)
	r.secrets = slices.Compact(r.secrets)
	return r, nil
}

// read takes a Snapshot.
func (r *reader) read(ctx context.Context) (*check.Snapshot, error) {
	calls := make([]func() ([]fields, error), 0, len(r.requests)+len(r.secrets))
	for i := range r.requests {
		calls = append(calls, func() ([]fields, error) { return r.get(ctx, &r.requests[i]) })
	}
	for _, namespace := range r.secrets {
		calls = append(calls, func() ([]fields, error) { return r.getSecrets(ctx, namespace) })
	}
	items, failed := make([][]fields, len(calls)), make([]error, len(calls))
	var wait sync.WaitGroup
	for i, call := range calls {
		wait.Go(func() { items[i], failed[i] = call() })
	}
	wait.Wait()
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	s := keep(slices.Concat(items...), r.declared, r.home)
	s.Context, s.Kubeconfig, s.Namespace = r.client.Context, r.client.Kubeconfig, r.home
	for _, name := range slices.Sorted(maps.Keys(r.missed)) {
		s.Misses = append(s.Misses, check.Miss{Resource: name, Reason: r.missed[name]})
	}
	return s, nil
}

// get asks for the resources of a request. Those that may not be read are
// noted and, as those that are not served, taken out of the request.
func (r *reader) get(ctx context.Context, q *request) ([]fields, error) {
	for len(q.resources) > 0 {
		args := []string{"get", strings.Join(q.resources, ","), "--output=json", requestTimeout}
		if q.namespace != "" {
			args = append([]string{"--namespace", q.namespace}, args...)
		}
		out, err := r.client.run(ctx, "", args...)
		switch {
		case err == nil:
			return decodeList(out)
		case !r.dropUnreadable(q, err):
			return nil, err
		case len(out) > 0:
			return decodeList(out)
		}
	}
	return nil, nil
}

var (
	forbidden = regexp.MustCompile(`(?m)^Error from server \(Forbidden\): (.* is forbidden: .* cannot (?:list|get) resource "([^"]+)".*)$`)
	notServed = regexp.MustCompile(`(?m)the server doesn't have a resource type "([^"]+)"`)
)

// dropUnreadable takes the resources that err speaks of out of the request,
// and reports whether there were any.
func (r *reader) dropUnreadable(q *request, err error) bool {
	var failed *RunError
	if !errors.As(err, &failed) {
		return false
	}
	reasons := map[string]string{}
	for _, match := range forbidden.FindAllStringSubmatch(failed.Output, -1) {
		reasons[match[2]] = match[1]
	}
	for _, match := range notServed.FindAllStringSubmatch(failed.Output, -1) {
		reasons[match[1]] = "" // objects of it are not there
	}
	before := len(q.resources)
	q.resources = slices.DeleteFunc(q.resources, func(name string) bool {
		plural, _, _ := strings.Cut(name, ".")
		reason, ok := reasons[plural]
		if !ok {
			_, ok = reasons[name]
		}
		if reason != "" {
			r.lock.Lock()
			defer r.lock.Unlock()
			r.missed[plural] = reason
		}
		return ok
	})
	return len(q.resources) < before
}

// fields are the content of one object.
type fields = map[string]any

func decodeList(out []byte) ([]fields, error) {
	var list struct {
		Items []fields `json:"items"`
	}
	if err := k8sjson.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("reading what kubectl printed: %w", err)
	}
	return list.Items, nil
}

// secretsTemplate prints for each Secret a line of its name, type, labels and
// the keys of its data, so that no value leaves kubectl.
const secretsTemplate = `{{range .items}}{{.metadata.name}}{{"\t"}}{{.type}}` +
	`{{range $name, $value := .metadata.labels}}{{"\t"}}{{$name}}={{$value}}{{end}}` +
	`{{range $key, $value := .data}}{{"\t:"}}{{$key}}{{end}}{{"\n"}}{{end}}`

func (r *reader) getSecrets(ctx context.Context, namespace string) ([]fields, error) {
	if r.missed["secrets"] != "" {
		return nil, nil
	}
	out, err := r.client.run(ctx, "", "--namespace", namespace, "get", "secrets", "--output=go-template="+secretsTemplate, requestTimeout)
	q := request{resources: []string{"secrets"}}
	switch {
	case err == nil:
		return readSecrets(string(out), namespace), nil
	case r.dropUnreadable(&q, err):
		return nil, nil
	}
	return nil, err
}

// readSecrets reads what secretsTemplate prints: Secrets with empty data.
func readSecrets(out, namespace string) []fields {
	var secrets []fields
	for line := range strings.Lines(out) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) < 2 {
			continue
		}
		labels, data := fields{}, fields{}
		for _, cell := range cells[2:] {
			if key, ok := strings.CutPrefix(cell, ":"); ok {
				data[key] = nil
			} else if name, value, ok := strings.Cut(cell, "="); ok {
				labels[name] = value
			}
		}
		secrets = append(secrets, fields{
			"apiVersion": "v1", "kind": "Secret", "type": cells[1], "data": data,
			"metadata": fields{"name": cells[0], "namespace": namespace, "labels": labels},
		})
	}
	return secrets
}
