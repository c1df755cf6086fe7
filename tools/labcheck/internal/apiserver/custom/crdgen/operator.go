package main

import "slices"

// kindLists are the enumerations that Flux Operator extends when it installs
// Flux: the kinds that an Alert or a Receiver may name. A definition that lacks
// them would refuse what runs on every cluster that has the operator.
// Fact: internal/builder/templates.go of flux-operator v0.59.0.
var kindLists = map[string][]string{
	"alerts.notification.toolkit.fluxcd.io":    {"spec", "eventSources", "kind"},
	"receivers.notification.toolkit.fluxcd.io": {"spec", "resources", "kind"},
}

var operatorKinds = []any{"FluxInstance", "ResourceSet", "ResourceSetInputProvider"}

// withOperatorKinds extends the enumeration of a version of the definition
// with that name, where the operator does.
func withOperatorKinds(name string, version map[string]any) {
	field, ok := version["schema"].(map[string]any)
	if !ok {
		return
	}
	node, _ := field["openAPIV3Schema"].(map[string]any)
	for _, step := range kindLists[name] {
		if items, ok := node["items"].(map[string]any); ok {
			node = items
		}
		properties, _ := node["properties"].(map[string]any)
		node, _ = properties[step].(map[string]any)
	}
	if enum, ok := node["enum"].([]any); ok {
		node["enum"] = slices.Concat(enum, operatorKinds)
	}
}
