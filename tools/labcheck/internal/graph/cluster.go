package graph

import (
	"slices"
	"strings"
)

// inEvery are objects that are in every cluster, by kind; those of a
// namespace are in each. "*" at the end stands for any letters.
//
//   - ServiceAccount default and ConfigMap kube-root-ca.crt are made by the
//     controllers serviceaccount and root-ca-certificate-publisher of
//     kube-controller-manager, in every namespace.
//   - The roles are those that the API server makes when it starts
//     (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy);
//     the admin, edit and view roles are the user-facing ones among them.
//   - PriorityClasses with prefix system- are the API server's too.
var inEvery = map[string][]string{
	"Namespace":      {"default", "kube-system", "kube-public", "kube-node-lease"},
	"ServiceAccount": {"default"},
	"ConfigMap":      {"kube-root-ca.crt"},
	"ClusterRole":    {"cluster-admin", "admin", "edit", "view", "system:*"},
	"Role":           {"system:*", "extension-apiserver-authentication-reader"},
	"PriorityClass":  {"system-cluster-critical", "system-node-critical"},
	"Service":        {"kubernetes"},
}

// keysInEvery are the keys of what is in every cluster.
var keysInEvery = map[string][]string{"kube-root-ca.crt": {"ca.crt"}}

// isInEvery says whether every cluster has what name means.
func isInEvery(name Name) bool {
	return slices.ContainsFunc(inEvery[name.Kind], func(known string) bool {
		if prefix, any := strings.CutSuffix(known, "*"); any {
			return strings.HasPrefix(name.Name, prefix)
		}
		return known == name.Name
	})
}

// OfApplication says whether a name is of a kind of which a repository that
// uses an object has the object as well, or says where it comes from. What is
// of another kind (a StorageClass, a Gateway, a ClusterIssuer) is often the
// cluster's own.
func OfApplication(name Name) bool {
	return isBuiltIn(name.Group) && slices.Contains(ofApplication, name.Kind)
}

var ofApplication = []string{
	"ConfigMap", "Secret", "ServiceAccount", "PersistentVolumeClaim", "Service", "Role", "ClusterRole",
	"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob",
	"ValidatingAdmissionPolicy", "MutatingAdmissionPolicy", "ResourceClaim", "ResourceClaimTemplate",
}
