// Package lab tests what is promised of this repository's own files and needs
// no cluster: names that stand in two places, the Makefile,
// what Argo CD and Flux are told.
package lab
