// Package e2e proves the lab on a real cluster, task by task, from outside.
// Its tests are built with the tag e2e and need KUBECONFIG: `make e2e
// KUBECONFIG=…`. They apply and delete the namespace lab with all its data.
package e2e
