//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

const repository = "../.." // the tests run in their own directory

// variants are the overlays that a learner applies, and the variation.
var variants = []string{"overlays/minikube", "overlays/kind", "overlays/without-configmap"}

func TestMain(m *testing.M) {
	if os.Getenv("KUBECONFIG") == "" {
		fmt.Fprintln(os.Stderr, "e2e: KUBECONFIG is not set: name the cluster to prove the lab on; its namespace lab is deleted")
		os.Exit(2)
	}
	os.Exit(m.Run())
}

func TestLab(t *testing.T) {
	for _, overlay := range variants {
		t.Run(strings.TrimPrefix(overlay, "overlays/"), func(t *testing.T) {
			reset(t)
			t.Cleanup(func() { dump(t) })
			apply(t, overlay)
			t.Run("ready", testReady)
			t.Run("pod-network", testPodNetwork)
			t.Run("nginx", testNginx)
			t.Run("custom-nginx", testCustomNginx)
			t.Run("mysql", testMySQL)
			t.Run("promises warn", testPromisesWarn)
			t.Run("apply again", func(t *testing.T) { testApplyAgain(t, overlay) })
		})
	}
	reset(t)
}

// reset deletes the lab with its data, and the policies of every overlay.
func reset(t *testing.T) {
	t.Helper()
	kube.Ctl(t, "delete", "namespace", kube.Namespace, "--ignore-not-found", "--timeout=5m")
	kube.Ctl(t, "delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", "--selector=app.kubernetes.io/part-of=kube-lab")
}

// apply applies overlay to an empty cluster, without any warning, and waits
// until everything has rolled out.
func apply(t *testing.T, overlay string) {
	t.Helper()
	start := time.Now()
	c := kube.Try(t, "", "apply", "-k", repository+"/"+overlay)
	if c.Err != nil || strings.Contains(c.Stderr, "Warning") {
		t.Fatalf("want no error and no warning: %v\n%v", c.Err, c)
	}
	for _, workload := range []string{"deployment/custom-nginx", "statefulset/mysql"} {
		kube.Ctl(t, "-n", kube.Namespace, "rollout", "status", workload, "--timeout=10m")
	}
	kube.Ctl(t, "-n", kube.Namespace, "wait", "pod", "--all", "--for=condition=Ready", "--timeout=5m")
	t.Logf("%s: everything is Ready %.0f s after kubectl apply -k", overlay, time.Since(start).Seconds())
}

// dump shows what the cluster says when a test has failed.
func dump(t *testing.T) {
	if !t.Failed() {
		return
	}
	for _, args := range [][]string{
		{"get", "all,pvc,events", "-o", "wide"},
		{"describe", "pods"},
		{"logs", "--selector=app.kubernetes.io/name=mysql", "--all-containers", "--prefix", "--tail=60", "--max-log-requests=20"},
	} {
		t.Log(kube.Try(t, "", append([]string{"-n", kube.Namespace}, args...)...))
	}
}
