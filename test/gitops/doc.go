// Package gitops syncs the lab with the real Flux and the real Argo CD, which
// run as processes of this machine, follow a git server of this machine, and
// work on the cluster of KUBECONFIG: `make e2e-gitops KUBECONFIG=…
// BUILD_IMAGE=…`. Its tests are built with the tag e2e; they apply and delete
// the namespace lab with all its data.
//
// The programs are built from modules of their own, ./flux and ./argocd, so
// that labcheck needs none of what they need.
package gitops
