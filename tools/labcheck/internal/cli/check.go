package cli

import (
	"sync"

	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/report"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// runCheck judges overlays: those named, or every root overlay.
func runCheck(args []string, w World) (int, error) {
	flags := pflag.NewFlagSet("check", pflag.ContinueOnError)
	output := flags.StringP("output", "o", "text", "`format` of the report: text or json")
	versions := flags.StringSlice("kubernetes-version", schema.Versions, "judge for these minor `versions` only")
	directories := flags.StringArray("crds", nil, "judge custom resources also by the CustomResourceDefinitions in the files below `dir`; may be repeated")
	allowUnknown := flags.Bool("allow-unknown", false, "count objects of kinds that nothing is known of, instead of failing for them")
	provided := flags.String("provided", "", "`objects` that are in the cluster already: Kind/name[key, ...], separated by spaces")
	root := flags.String("root", "", "repository root `dir`; nothing outside is read (default: the git top level)")
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	if err := oneOf("--output", *output, "text", "json"); err != nil {
		return 0, err
	}
	for _, version := range *versions {
		if err := oneOf("--kubernetes-version", version, schema.Versions...); err != nil {
			return 0, err
		}
	}
	definitions, err := readDefinitions(w.Dir, *directories)
	if err != nil {
		return 0, err
	}
	given, err := manifest.ParseGiven(*provided)
	if err != nil {
		return 0, usagef("--provided: %v", err)
	}
	targets, err := findTargets(w.Dir, *root, flags.Args())
	if err != nil {
		return 0, err
	}
	subjects := build(targets, check.Subject{Versions: *versions, Definitions: definitions, AllowUnknown: *allowUnknown, Given: given})
	result := check.Run(rules.All, subjects, targets.scope)
	if err := report.Skips(w.Stderr, result); err != nil {
		return 0, err
	}
	if *output == "json" {
		err = report.JSON(w.Stdout, result)
	} else {
		err = report.Text(w.Stdout, result, w.Colour)
	}
	return exitCode(result, subjects), err
}

// build builds the targets in parallel. Each is a subject like common.
func build(t targets, common check.Subject) []*check.Subject {
	repository := overlay.Open(t.root)
	subjects := make([]*check.Subject, len(t.overlays))
	var wait sync.WaitGroup
	for i, dir := range t.overlays {
		wait.Go(func() {
			subject := common
			subject.Overlay, subject.Repository = dir, repository
			subjects[i] = &subject
			built, err := repository.Build(dir)
			if err != nil {
				subjects[i].Err = unreadable(err)
				return
			}
			subjects[i].Objects, subjects[i].Problems, subjects[i].Files = built.Objects, built.Problems, built.Files
			subjects[i].Remarks, subjects[i].Annotations = built.Remarks, built.Annotations
		})
	}
	wait.Wait()
	return subjects
}

// exitCode is CouldNotTell also when nothing could be judged because no
// overlay was built.
func exitCode(result check.Result, subjects []*check.Subject) int {
	built := 0
	for _, s := range subjects {
		if s.Built() {
			built++
		}
	}
	switch {
	case built == 0:
		return CouldNotTell
	case len(result.Findings) > 0:
		return Findings
	case len(result.Skips) > 0:
		return CouldNotTell
	}
	return Clean
}
