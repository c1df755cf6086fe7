package cluster

import (
	"slices"
	"strings"
)

// What differs in every run, or repeats what is said elsewhere.
var (
	bookkeeping = []string{"uid", "resourceVersion", "creationTimestamp", "managedFields", "selfLink"}
	// lastApplied is what kubectl apply keeps in an annotation: the object once more.
	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
	bulk        = []string{"images", "nodeInfo", "volumesInUse", "volumesAttached", "runtimeHandlers"} // of a Node's status
)

// prune takes out of an object, in place, what differs between two snapshots
// of a cluster in which nothing has happened.
func prune(o fields) fields {
	if metadata, ok := o["metadata"].(fields); ok {
		drop(metadata, bookkeeping)
		if annotations, ok := metadata["annotations"].(fields); ok {
			delete(annotations, lastApplied)
		}
		owners, _ := metadata["ownerReferences"].([]any)
		for _, owner := range owners {
			drop(owner.(fields), bookkeeping)
		}
	}
	if status, ok := o["status"].(fields); ok {
		dropTimes(status)
		if o["kind"] == "Node" {
			drop(status, bulk)
		}
	}
	if o["kind"] == "EndpointSlice" {
		endpoints, _ := o["endpoints"].([]any)
		for _, endpoint := range endpoints {
			if target, ok := endpoint.(fields)["targetRef"].(fields); ok {
				drop(target, bookkeeping)
			}
		}
	}
	return o
}

func drop(m fields, keys []string) {
	for _, key := range keys {
		delete(m, key)
	}
}

// dropTimes drops every moment in a status, and the ids of containers.
func dropTimes(value any) {
	switch v := value.(type) {
	case fields:
		for key, inner := range v {
			if isMoment(key) || key == "containerID" {
				delete(v, key)
				continue
			}
			dropTimes(inner)
		}
	case []any:
		for _, inner := range v {
			dropTimes(inner)
		}
	}
}

func isMoment(key string) bool {
	return strings.HasSuffix(key, "Time") || strings.HasSuffix(key, "Timestamp") || slices.Contains([]string{"startedAt", "finishedAt"}, key)
}
