//go:build e2e

package native_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A cluster asks one real API server.
type cluster struct {
	server    string
	namespace string // of mutants that name none
	client    *http.Client
	mu        sync.Mutex
	resources map[string]resource // by apiVersion and kind
}

type resource struct {
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Namespaced bool   `json:"namespaced"`
}

// connect reads the kubeconfig that KUBECONFIG names, with client
// certificates, as kubeadm and the local cluster write it.
func connect(t testing.TB) *cluster {
	t.Helper()
	file := os.Getenv("KUBECONFIG")
	if file == "" {
		t.Fatal("KUBECONFIG is not set: name the cluster to ask")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Clusters []struct {
			Cluster struct {
				Server string `json:"server"`
				CA     string `json:"certificate-authority-data"`
			} `json:"cluster"`
		} `json:"clusters"`
		Users []struct {
			User struct {
				Certificate string `json:"client-certificate-data"`
				Key         string `json:"client-key-data"`
			} `json:"user"`
		} `json:"users"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	if len(config.Clusters) != 1 || len(config.Users) != 1 {
		t.Fatalf("%s names %d clusters and %d users; want one of each", file, len(config.Clusters), len(config.Users))
	}
	user := config.Users[0].User
	certificate, err := tls.X509KeyPair(decoded(t, user.Certificate), decoded(t, user.Key))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(decoded(t, config.Clusters[0].Cluster.CA))
	transport := &http.Transport{
		TLSClientConfig:     &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{certificate}},
		MaxIdleConnsPerHost: 8, ForceAttemptHTTP2: true,
	}
	return &cluster{
		server: config.Clusters[0].Cluster.Server, client: &http.Client{Transport: transport},
		resources: map[string]resource{},
	}
}

func decoded(t testing.TB, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// do sends one request and returns the status code and the body.
func (c *cluster) do(method, path string, body []byte) (int, []byte, error) {
	return c.doAs("application/json", method, path, body)
}

// doAs is do for a body of another type.
func (c *cluster) doAs(contentType, method, path string, body []byte) (int, []byte, error) {
	request, err := http.NewRequest(method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", contentType)
	response, err := c.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response.StatusCode, data, err
}

// find returns the resource of a kind, as discovery tells it.
func (c *cluster) find(o manifest.Object) (resource, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := o.APIVersion + " " + o.Kind
	if found, ok := c.resources[key]; ok {
		return found, nil
	}
	list, err := c.discover(o.APIVersion)
	if err != nil {
		return resource{}, err
	}
	for _, r := range list {
		if !strings.Contains(r.Name, "/") {
			c.resources[o.APIVersion+" "+r.Kind] = r
		}
	}
	if found, ok := c.resources[key]; ok {
		return found, nil
	}
	return resource{}, fmt.Errorf("the cluster serves no %s", key)
}

// discover lists what an API version serves. One that was defined a moment ago
// may not be served yet.
func (c *cluster) discover(apiVersion string) ([]resource, error) {
	var list struct {
		Resources []resource `json:"resources"`
	}
	for range 60 {
		code, data, err := c.do("GET", root(apiVersion), nil)
		if err != nil {
			return nil, err
		}
		if code == http.StatusOK {
			err := json.Unmarshal(data, &list)
			return list.Resources, err
		}
		time.Sleep(500 * time.Millisecond)
	}
	return nil, fmt.Errorf("the cluster does not serve %s", apiVersion)
}

func root(apiVersion string) string {
	if strings.Contains(apiVersion, "/") {
		return "/apis/" + apiVersion
	}
	return "/api/" + apiVersion
}

// An answer is what the server says to a creation.
type answer struct {
	Message string `json:"message"`
	Details struct {
		Causes []struct {
			Message string `json:"message"`
			Field   string `json:"field"`
		} `json:"causes"`
	} `json:"details"`
}

// create asks for the creation of m, and creates nothing. The Message is empty
// where the server would have created it.
func (c *cluster) create(m mutant) (answer, error) {
	path, err := c.collection(m.object)
	if err != nil {
		return answer{}, err
	}
	code, data, err := c.do("POST", path+"?dryRun=All&fieldValidation=Strict", m.asJSON())
	if err != nil || code == http.StatusCreated {
		return answer{}, err
	}
	var a answer
	if err := json.Unmarshal(data, &a); err != nil || a.Message == "" {
		return answer{}, fmt.Errorf("%s: status %d: %.200s", m.id, code, data)
	}
	return a, nil
}

// collection is the path that o is created at.
func (c *cluster) collection(o manifest.Object) (string, error) {
	r, err := c.find(o)
	if err != nil {
		return "", err
	}
	path := root(o.APIVersion)
	if r.Namespaced {
		namespace := o.Namespace
		if namespace == "" {
			namespace = c.namespace
		}
		path += "/namespaces/" + namespace
	}
	return path + "/" + r.Name, nil
}

// prepare creates the namespaces that mutants go to, and deletes them in the
// end.
func (c *cluster) prepare(t testing.TB) {
	t.Helper()
	c.namespace = "h6-agreement"
	for _, namespace := range []manifest.Object{namespaceOf(c.namespace), restricted} {
		c.post(t, "/api/v1/namespaces", namespace)
	}
	for _, namespace := range []string{"h6-agreement", "h6-restricted"} {
		c.awaitAccount(t, namespace)
	}
}

func namespaceOf(name string) manifest.Object {
	return objectOf(map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": name}})
}

// post creates o in the collection at path, and deletes it in the end. A busy
// server may take longer than it allows itself for a large object, and has
// created it all the same.
func (c *cluster) post(t testing.TB, path string, o manifest.Object) {
	t.Helper()
	body, err := json.Marshal(o.Fields)
	if err != nil {
		t.Fatal(err)
	}
	code, data, err := c.do("POST", path, body)
	for range 120 { // what an earlier test created may still be on its way out
		if code != http.StatusConflict || !bytes.Contains(data, []byte("is being deleted")) {
			break
		}
		time.Sleep(time.Second)
		code, data, err = c.do("POST", path, body)
	}
	if code == http.StatusCreated || code == http.StatusGatewayTimeout {
		t.Cleanup(func() { c.do("DELETE", path+"/"+o.Name, nil) })
	}
	for range 5 {
		if code != http.StatusGatewayTimeout {
			break
		}
		if code, data, err = c.do("POST", path, body); code == http.StatusConflict {
			return
		}
	}
	if err != nil || code != http.StatusCreated {
		t.Fatalf("creating %s: %d %s %v", o.Ref, code, data, err)
	}
}
