//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

type service struct {
	Spec struct {
		ClusterIP string `json:"clusterIP"`
	}
	Status struct {
		LoadBalancer struct {
			Ingress []struct{ IP, Hostname string }
		}
	}
}

// The helper reaches the web container over localhost, and process 1 of the
// Pod is the sandbox.
func testPodNetwork(t *testing.T) {
	kube.Eventually(t, 30*time.Second, func() string {
		log := kube.Ctl(t, "-n", kube.Namespace, "logs", "pod-network", "-c", "helper")
		if strings.Contains(log, "127.0.0.1") && strings.Contains(log, "200") {
			return ""
		}
		return "the helper's log does not say that 127.0.0.1 answered 200:\n" + log
	})
	for _, container := range []string{"web", "helper"} {
		comm := kube.Ctl(t, "-n", kube.Namespace, "exec", "pod-network", "-c", container, "--", "cat", "/proc/1/comm")
		if strings.TrimSpace(comm) != "pause" {
			t.Errorf("container %s: want pause as process 1 of the Pod, got %q", container, comm)
		}
	}
	ip := kube.Get[pod](t, "pod", "pod-network").Status.PodIP
	page := kube.Ctl(t, "-n", kube.Namespace, "exec", "nginx", "--", "curl", "--silent", "--show-error", "--fail", "--max-time", "5", "http://"+ip)
	if !strings.Contains(page, "nginx") {
		t.Errorf("Pod nginx got no page from Pod pod-network at %s: %q", ip, page)
	}
}

// The nginx Pod answers on localhost through port-forward, and on the cluster
// IP from the network of every node.
func testNginx(t *testing.T) {
	url := forward(t, "service/nginx", 80)
	kube.Eventually(t, 20*time.Second, func() string {
		body, err := fetch(url)
		if err != nil || !bytes.Contains(body, []byte("Welcome to nginx")) {
			return fmt.Sprintf("%s through port-forward: %v %q", url, err, body)
		}
		return ""
	})
	ip := kube.Get[service](t, "service", "nginx").Spec.ClusterIP
	nodes := strings.Fields(kube.Ctl(t, "get", "nodes", "-o", "jsonpath={.items[*].metadata.name}"))
	for _, node := range nodes {
		if page := onNode(t, node, "http://"+ip); !strings.Contains(page, "Welcome to nginx") {
			t.Errorf("cluster IP %s from %s: %q", ip, node, page)
		}
	}
}

// onNode fetches url from the host network of a node. The Pod that does it is
// in namespace default: lab allows no host network.
func onNode(t *testing.T, node, url string) string {
	t.Helper()
	name := "labcheck-e2e-" + node
	remove := func() { kube.Ctl(t, "-n", "default", "delete", "pod", name, "--ignore-not-found", "--timeout=1m") }
	remove()
	defer remove()
	c := kube.Try(t, fmt.Sprintf(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":%q},"spec":{"hostNetwork":true,"nodeName":%q,"restartPolicy":"Never",
		"containers":[{"name":"curl","image":"nginx:1.30","command":["curl","-sS","--fail","--retry","5","--retry-all-errors","--max-time","5",%q]}]}}`, name, node, url),
		"-n", "default", "apply", "-f", "-")
	if c.Err != nil {
		t.Fatalf("%v\n%v", c.Err, c)
	}
	kube.Ctl(t, "-n", "default", "wait", "pod", name, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=1m")
	return kube.Ctl(t, "-n", "default", "logs", name)
}

// The LoadBalancer's address serves, on port 80, the page of the own image.
func testCustomNginx(t *testing.T) {
	want, err := os.ReadFile(repository + "/images/custom-nginx/index.html")
	if err != nil {
		t.Fatal(err)
	}
	kube.Eventually(t, time.Minute, func() string {
		ingress := kube.Get[service](t, "service", "custom-nginx").Status.LoadBalancer.Ingress
		if len(ingress) == 0 {
			return "service/custom-nginx has no external address: on minikube run minikube tunnel, on kind cloud-provider-kind"
		}
		url := "http://" + ingress[0].IP + ingress[0].Hostname
		body, err := fetch(url)
		if err != nil || !bytes.Equal(body, want) {
			return fmt.Sprintf("%s: want images/custom-nginx/index.html (%d bytes), got %d bytes: %v", url, len(want), len(body), err)
		}
		return ""
	})
}

func fetch(url string) ([]byte, error) {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", response.Status)
	}
	return io.ReadAll(response.Body)
}

var forwarding = regexp.MustCompile(`Forwarding from (127\.0\.0\.1:\d+)`)

// forward forwards a free port of localhost to port of target until the test
// ends, and returns the URL.
func forward(t *testing.T, target string, port int) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "kubectl", "-n", kube.Namespace, "port-forward", target, fmt.Sprintf(":%d", port))
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if match := forwarding.FindStringSubmatch(lines.Text()); match != nil {
			return "http://" + match[1]
		}
	}
	t.Fatalf("kubectl port-forward %s ended without forwarding", target)
	return ""
}
