package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// nodeTime is how long the Pods on the nodes may take.
const nodeTime = 3 * time.Minute

// A call is what a Pod on a node asks, and how the answer is noted.
type call struct {
	answer check.Answer
	http   bool
}

// fromNodes asks at every door from the host network of every node that is
// Ready: by Pods in a namespace of their own, which is deleted afterwards. They
// run an image of the overlay that has a client. An error says why nothing
// could be asked.
func fromNodes(ctx context.Context, client *Client, doors []diagnosis.Door, s *check.Snapshot) ([]check.Answer, error) {
	nodes := readyNodes(s)
	doors = slices.DeleteFunc(slices.Clone(doors), func(d diagnosis.Door) bool { return d.ClusterIP == "" })
	if len(doors) == 0 || len(nodes) == 0 {
		return nil, nil
	}
	image, err := findImage(ctx, client, s)
	if err != nil {
		return nil, err
	}
	run, deadline := newRun(), time.Now().Add(nodeTime)
	namespace := "labcheck-" + run
	calls := map[string][]call{}
	pods := []fields{namespaceFor(namespace, run)}
	for _, node := range nodes {
		calls[node.Name] = callsFrom(node, doors, image)
		pods = append(pods, nodePod(node.Name, namespace, image, calls[node.Name]))
	}
	defer removeNamespace(ctx, client, namespace)
	if err := createPods(ctx, client, pods, deadline); err != nil {
		return nil, err
	}
	says, err := waitForPods(ctx, client, namespace, len(nodes), deadline)
	if err != nil {
		return nil, err
	}
	var answers []check.Answer
	for _, node := range nodes {
		text, ran := says[node.Name]
		if !ran {
			text = strings.Repeat("no the Pod that asks did not run\n", len(calls[node.Name]))
		}
		answers = append(answers, readAnswers(calls[node.Name], text)...)
	}
	return answers, nil
}

// readyNodes are the nodes that can run a Pod of Linux.
func readyNodes(s *check.Snapshot) []corev1.Node {
	var nodes []corev1.Node
	for _, o := range s.Objects {
		if o.Kind != "Node" || o.Group() != "" {
			continue
		}
		var node corev1.Node
		convert(o, &node)
		ready := slices.ContainsFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool {
			return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
		})
		if system := node.Labels[corev1.LabelOSStable]; ready && (system == "" || system == "linux") {
			nodes = append(nodes, node)
		}
	}
	return nodes
}

// findImage is an image of the overlay with a client: curl if there is one,
// else wget, else bash. It asks the containers that run.
func findImage(ctx context.Context, client *Client, s *check.Snapshot) (string, error) {
	found, asked := map[string]string{}, map[string]bool{}
	var failed error
	for _, o := range s.Objects {
		var pod corev1.Pod
		if o.Kind != "Pod" || o.Group() != "" {
			continue
		}
		convert(o, &pod)
		for _, c := range pod.Spec.Containers {
			if asked[c.Image] || pod.Status.Phase != corev1.PodRunning {
				continue
			}
			asked[c.Image] = true
			out, err := client.run(ctx, "", "--namespace", pod.Namespace, "exec", pod.Name, "--container", c.Name, "--",
				"sh", "-c", "for tool in curl wget bash; do command -v $tool >/dev/null && echo $tool; done; true")
			if err != nil {
				failed = err
			}
			for _, tool := range strings.Fields(string(out)) {
				if found[tool] == "" {
					found[tool] = c.Image
				}
			}
			if found["curl"] != "" {
				return found["curl"], nil
			}
		}
	}
	for _, tool := range []string{"wget", "bash"} {
		if found[tool] != "" {
			return found[tool], nil
		}
	}
	if failed != nil {
		return "", fmt.Errorf("looking for an image of the overlay that has a client: %w", failed)
	}
	return "", errors.New("no image of the overlay has curl, wget or bash, to be run on the nodes")
}

// callsFrom are the calls that a node makes.
func callsFrom(node corev1.Node, doors []diagnosis.Door, image string) []call {
	var calls []call
	add := func(door diagnosis.Door, way check.Way, host string, port int32) {
		a := answerOf(door, way)
		a.Node, a.Image, a.Target = node.Name, image, target(door, host, port)
		calls = append(calls, call{a, door.HTTP})
	}
	for _, door := range doors {
		add(door, check.ClusterIP, door.ClusterIP, door.Port)
		if ip := internalIP(node); door.NodePort != 0 && ip != "" {
			add(door, check.NodePort, ip, door.NodePort)
		}
	}
	return calls
}

func internalIP(node corev1.Node) string {
	for _, a := range node.Status.Addresses {
		if a.Type == corev1.NodeInternalIP {
			return a.Address
		}
	}
	return ""
}

// createPods creates the namespace and then its Pods. A new namespace has no
// service account for a moment, and takes no Pod without one.
func createPods(ctx context.Context, client *Client, objects []fields, deadline time.Time) error {
	for {
		list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
		if err != nil {
			return err
		}
		_, err = client.run(ctx, string(list), "create", "--filename=-", requestTimeout)
		var refused *RunError
		if !errors.As(err, &refused) || !strings.Contains(refused.Output, "serviceaccount \"default\" not found") && !onlyExists(refused.Output) {
			return err
		}
		if onlyExists(refused.Output) {
			return nil
		}
		if !pause(ctx, time.Second) || time.Now().After(deadline) {
			return err
		}
	}
}

// waitForPods returns what the Pod of every node has written, once all have
// ended, or with why not.
func waitForPods(ctx context.Context, client *Client, namespace string, want int, deadline time.Time) (map[string]string, error) {
	for {
		out, err := client.run(ctx, "", "--namespace", namespace, "get", "pods", "--output=json", requestTimeout)
		if err != nil {
			return nil, err
		}
		items, err := decodeList(out)
		if err != nil {
			return nil, err
		}
		says, waits := map[string]string{}, ""
		for _, item := range items {
			var pod corev1.Pod
			convert(objectOf(item), &pod)
			for _, s := range pod.Status.ContainerStatuses {
				if s.State.Terminated != nil {
					says[pod.Name] = s.State.Terminated.Message
				} else if s.State.Waiting != nil {
					waits = fmt.Sprintf("node %s: %s %s", pod.Name, s.State.Waiting.Reason, s.State.Waiting.Message)
				}
			}
		}
		late := time.Now().After(deadline)
		switch {
		case len(says) == want, late && len(says) > 0:
			return says, nil
		case late || !pause(ctx, time.Second):
			return nil, fmt.Errorf("no Pod on a node has run: %s", waits)
		}
	}
}

func removeNamespace(ctx context.Context, client *Client, namespace string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	for range 3 {
		if _, err := client.run(ctx, "", "delete", "namespace", namespace, "--ignore-not-found"); err == nil {
			return
		}
	}
}
