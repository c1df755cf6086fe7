//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/test/kube"
)

type podList struct {
	Items []pod `json:"items"`
}

type pod struct {
	Metadata struct{ Name, UID string }
	Status   struct {
		PodIP                 string `json:"podIP"`
		ContainerStatuses     []containerStatus
		InitContainerStatuses []containerStatus
	}
}

type containerStatus struct {
	Name         string
	Ready        bool
	RestartCount int
}

// Every Pod is Ready, none has restarted, and each has an address of its own.
func testReady(t *testing.T) {
	pods := kube.Get[podList](t, "pods").Items
	if len(pods) != 7 {
		t.Errorf("want 7 Pods (3 mysql, 2 custom-nginx, nginx, pod-network), got %d", len(pods))
	}
	owner := map[string]string{}
	for _, p := range pods {
		for _, c := range append(p.Status.InitContainerStatuses, p.Status.ContainerStatuses...) {
			if !c.Ready || c.RestartCount != 0 {
				t.Errorf("%s, container %s: want ready and 0 restarts, got ready=%v and %d", p.Metadata.Name, c.Name, c.Ready, c.RestartCount)
			}
		}
		if other := owner[p.Status.PodIP]; other != "" || p.Status.PodIP == "" {
			t.Errorf("%s: want an address of its own, got %q (also of %q)", p.Metadata.Name, p.Status.PodIP, other)
		}
		owner[p.Status.PodIP] = p.Metadata.Name
	}
}

// A second apply changes nothing, and there is nothing to change. What kubectl
// prints is no proof: it calls a PodDisruptionBudget "configured" each time,
// since its selector is always sent as a whole.
func testApplyAgain(t *testing.T, overlay string) {
	before := specs(t)
	kube.Ctl(t, "apply", "-k", repository+"/"+overlay)
	after := specs(t)
	for name, spec := range after {
		if before[name] != spec {
			t.Errorf("%s was changed by the second apply, from\n%s\nto\n%s", name, before[name], spec)
		}
	}
	if len(before) != len(after) {
		t.Errorf("there were %d objects, and %d after the second apply", len(before), len(after))
	}
	if c := kube.Try(t, "", "diff", "-k", repository+"/"+overlay); c.Err != nil {
		t.Errorf("want an empty diff: %v\n%v", c.Err, c)
	}
}

// specs returns the objects of the lab as JSON, by kind and name, without what
// the cluster itself goes on writing: the status and the bookkeeping of it.
func specs(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, object := range kube.Get[struct{ Items []map[string]any }](t, "pod,service,configmap,secret,statefulset,deployment,pvc,pdb,validatingadmissionpolicy,validatingadmissionpolicybinding").Items {
		metadata := object["metadata"].(map[string]any)
		delete(object, "status")
		delete(metadata, "resourceVersion")
		delete(metadata, "managedFields")
		spec, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		found[fmt.Sprint(object["kind"], "/", metadata["name"])] = string(spec)
	}
	return found
}

// kubectl prints what the task asks for when a learner asks for something else.
func testPromisesWarn(t *testing.T) {
	for _, bad := range []struct {
		want string
		args []string
	}{
		{"3", []string{"scale", "statefulset", "mysql", "--replicas=2"}},
		{"port 80", []string{"patch", "service", "custom-nginx", "--type=json", "-p", `[{"op":"replace","path":"/spec/ports/0/port","value":8080}]`}},
	} {
		c := kube.Try(t, "", append([]string{"-n", kube.Namespace, "--dry-run=server"}, bad.args...)...)
		if c.Err != nil || !strings.Contains(c.Stderr, "Warning:") || !strings.Contains(c.Stderr, bad.want) {
			t.Errorf("want a warning that says %q: %v\n%v", bad.want, c.Err, c)
		}
	}
}
