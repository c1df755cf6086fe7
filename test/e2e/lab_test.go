//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"regexp"
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
	if _, err := labcheck(); err != nil {
		t.Fatal(err)
	}
	for _, overlay := range variants {
		t.Run(strings.TrimPrefix(overlay, "overlays/"), func(t *testing.T) {
			kube.DeleteLab(t)
			t.Cleanup(func() { dump(t) })
			applied := apply(t, overlay)
			if !t.Run("proved", func(t *testing.T) { testProved(t, overlay, applied) }) {
				return
			}
			t.Run("read only", func(t *testing.T) { testReadOnly(t, overlay) })
			t.Run("ready", testReady)
			t.Run("pod-network", testPodNetwork)
			t.Run("nginx", testNginx)
			t.Run("custom-nginx", testCustomNginx)
			t.Run("mysql", testMySQL)
			t.Run("promises warn", testPromisesWarn)
			t.Run("apply again", func(t *testing.T) { testApplyAgain(t, overlay) })
		})
	}
	kube.DeleteLab(t)
}

// orderRemark is what kubectl itself says of sortOptions, which give all builders
// the same order of objects (docs/gitops.md): it would have chosen that order
// without them. It is no warning of the API server's.
var orderRemark = regexp.MustCompile(`(?m)^I[^\n]*Sorting order is set both in 'kustomization\.yaml' \('sortOptions'\) and in a CLI flag[^\n]*$`)

// apply applies overlay to an empty cluster, without any warning, and returns
// when.
func apply(t *testing.T, overlay string) time.Time {
	t.Helper()
	start := time.Now()
	c := kube.Try(t, "", "apply", "-k", repository+"/"+overlay)
	if c.Err != nil || strings.Contains(orderRemark.ReplaceAllString(c.Stderr, ""), "Warning") {
		t.Fatalf("want no error and no warning: %v\n%v", c.Err, c)
	}
	return start
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
