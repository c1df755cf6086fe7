package cli

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
)

// defaultProbes is where a repository keeps its probe Jobs.
const defaultProbes = "probes"

// buildProbes builds the directory of the probe Jobs, where there are any.
// flag is what --probes says: a directory, "" for the default one, or "false".
func (v *verification) buildProbes(t targets, subject *check.Subject) error {
	named, dir := v.probes != "", v.probes
	switch v.probes {
	case "false":
		return nil
	case "", "true":
		named, dir = v.probes == "true", t.root+"/"+defaultProbes
	}
	rel, kind, err := t.resolve(v.world.Dir, dir, nil)
	if kind != overlay.Kustomization {
		if !named {
			return nil
		}
		if err == nil {
			err = usagef("--probes %s has no kustomization.yaml", dir)
		}
		return err
	}
	built, err := overlay.Build(t.root, rel)
	if err != nil {
		return unreadable(err)
	}
	if len(built.Problems) > 0 {
		return usagef("the probes in %s cannot be built: labcheck check %s says why", rel, rel)
	}
	subject.Probes, subject.ProbeDir = built.Objects, rel
	for name, content := range built.Files {
		subject.Files[name] = content
	}
	return nil
}
