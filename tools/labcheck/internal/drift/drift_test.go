package drift

import (
	"testing"

	k8sjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

func object(t *testing.T, text string) manifest.Object {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var o manifest.Object
	if err := k8sjson.Unmarshal(data, &o.Fields); err != nil {
		t.Fatal(err)
	}
	o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"), Name: o.Text("metadata", "name")}
	return o
}

func deployment(replicas, container string) string {
	return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: ` + replicas + `
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [` + container + `]}
`
}

const (
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n"
	secret    = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"
	container = "{name: web, image: nginx, resources: {requests: {cpu: 0.5, memory: 1024Mi}}, ports: [{containerPort: 80}]}"
	asServed  = "{name: web, image: nginx, imagePullPolicy: Always, resources: {requests: {cpu: 500m, memory: 1Gi}}, ports: [{containerPort: 80, protocol: TCP}]}"
)

func TestOf(t *testing.T) {
	selects := func(label, extra string) string {
		return "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {type: ClusterIP, clusterIP: 10.0.0.1, selector: {app: " + label + extra + "}, ports: [{name: http, port: 80, targetPort: 80, protocol: TCP}]}\n"
	}
	for name, c := range map[string]struct {
		declared, live string
		path, message  string // of the only difference, or "" for none
	}{
		"as the server spells it": {deployment("2", container), deployment("2", asServed), "", ""},
		"a field of the server":   {selects("web", ""), selects("web", "") + "status: {loadBalancer: {}}\n", "", ""},
		"a number":                {deployment("2", container), deployment("3", asServed), "spec.replicas", "spec.replicas is 3 in the cluster, not 2"},
		"a quantity": {
			deployment("2", container), deployment("2", "{name: web, image: nginx, resources: {requests: {cpu: 400m, memory: 1Gi}}, ports: [{containerPort: 80}]}"),
			"spec.template.spec.containers[0].resources.requests.cpu", `spec.template.spec.containers[0].resources.requests.cpu is "400m" in the cluster, not "500m"`,
		},
		"an injected sidecar": {deployment("2", container), deployment("2", "{name: proxy, image: envoy}, "+asServed), "", ""},
		"a lost container": {
			deployment("2", container), deployment("2", "{name: other, image: nginx}"),
			"spec.template.spec.containers[0]", `spec.template.spec.containers has no item with name "web" in the cluster`,
		},
		"a selector":        {selects("web", ""), selects("wbe", ""), "spec.selector.app", `spec.selector.app is "wbe" in the cluster, not "web"`},
		"a wider selector":  {selects("web", ""), selects("web", ", tier: x"), "spec.selector", `spec.selector has "tier" in the cluster, which the repository does not say`},
		"a line of a text":  {configMap + "  f: |\n    a=1\n    b=2\n", configMap + "  f: |\n    a=1\n    b=3\n", "data.f", `line 2 of data.f is "b=3" in the cluster, not "b=2"`},
		"a key more":        {configMap + "  f: x\n", configMap + "  f: x\n  g: y\n", "data", `data has "g" in the cluster, which the repository does not say`},
		"values of Secrets": {secret + "data: {a: eA==}\nstringData: {b: x}\n", secret + "data: {a: null, b: null}\n", "", ""},
		"a key of a Secret": {secret + "data: {a: eA==}\nstringData: {b: x}\n", secret + "data: {a: null}\n", "stringData.b", `key "b" is not in the cluster's Secret`},
		"a custom resource": {"apiVersion: e.com/v1\nkind: X\nmetadata: {name: x}\nspec: {size: 1}\n", "apiVersion: e.com/v1\nkind: X\nmetadata: {name: x}\nspec: {size: 2, more: 3}\n", "spec.size", "spec.size is 2 in the cluster, not 1"},
		"an argument more":  {deployment("2", "{name: web, image: nginx, args: [a]}"), deployment("2", "{name: web, image: nginx, args: [a, b]}"), "spec.template.spec.containers[0].args", "spec.template.spec.containers[0].args has 2 items in the cluster, not 1"},
		"a label that went": {deployment("2", container), "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}" + deployment("2", asServed)[len("\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}"):], "metadata.labels.app", `metadata.labels.app is not set in the cluster; the repository says "web"`},
	} {
		t.Run(name, func(t *testing.T) {
			found, compared := Of(object(t, c.declared), object(t, c.live))
			switch {
			case compared == 0:
				t.Error("nothing was compared")
			case c.message == "" && len(found) > 0:
				t.Errorf("got %q", found[0].Message)
			case c.message != "" && (len(found) != 1 || found[0].Message != c.message || found[0].Path.String() != c.path):
				t.Errorf("got %+v, want %s: %s", found, c.path, c.message)
			}
		})
	}
}
