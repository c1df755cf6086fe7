package main

import (
	"fmt"
	"slices"
)

// commonVersion stands for all versions at once in the names of files: what
// its schema of a kind allows, every version that has the kind allows too.
// Nearly all objects are judged by it alone, so it may be narrow but never
// wide.
const commonVersion = "common"

const podSpec = "io.k8s.api.core.v1.PodSpec"

// common returns the definitions that are common to versions. Each allows
// what all versions of it allow, less what no manifest needs to hold.
func common(versions []map[string]*definition) (map[string]*definition, error) {
	byName := map[string][]*definition{}
	for _, definitions := range versions {
		for name, def := range definitions {
			byName[name] = append(byName[name], def)
		}
	}
	all := map[string]*definition{}
	for name, defs := range byName {
		met, err := meet(defs)
		if err != nil {
			return nil, fmt.Errorf("definition %s: %w", name, err)
		}
		if isManifest(met) {
			delete(met.Properties, "status")
		}
		if name == objectMeta {
			delete(met.Properties, "managedFields")
		}
		all[name] = met
	}
	return all, nil
}

// meet has the fields that all of defs have in the same form, and requires
// those that one of them requires.
func meet(defs []*definition) (*definition, error) {
	met := *defs[0]
	met.Properties = map[string]*definition{}
	for name, property := range defs[0].Properties {
		if !slices.ContainsFunc(defs, func(def *definition) bool { return !same(property, def.Properties[name]) }) {
			met.Properties[name] = property
		}
	}
	met.Required = nil
	for _, def := range defs {
		if len(def.Properties) > 0 != (len(met.Properties) > 0) || def.Type != met.Type {
			// Without properties a definition allows any: too wide.
			return nil, fmt.Errorf("has nothing in common between versions")
		}
		met.Required = append(met.Required, def.Required...)
	}
	slices.Sort(met.Required)
	met.Required = slices.Compact(met.Required)
	return &met, nil
}

// same reports whether two fields allow the same.
func same(a, b *definition) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Ref == b.Ref && a.Type == b.Type && a.Format == b.Format &&
		same(a.Items, b.Items) && same(a.Values, b.Values) &&
		len(a.Properties) == 0 && len(b.Properties) == 0
}
