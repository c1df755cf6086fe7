// Package cli is the command line: verbs, flags, exit codes. What it prints
// comes from package report, what it judges from package check.
package cli

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// The exit codes of labcheck.
const (
	Clean        = 0 // everything was judged, nothing was found
	Findings     = 1 // something is wrong in the repository
	Usage        = 2 // the command line is wrong
	CouldNotTell = 3 // something could not be judged: never a pass
)

// A World is all that a command may touch besides the repository.
type World struct {
	Dir            string // the working directory
	Stdout, Stderr io.Writer
	Colour         bool // Stdout is a terminal that wants colour
	Redraws        bool // Stderr is a terminal, where lines can be drawn again
}

// System is the world of the running process. It takes standard error from
// the libraries: kustomize prints warnings there that are findings here.
func System() World {
	stderr := os.Stderr
	os.Stderr = nil
	log.SetOutput(io.Discard)
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	return World{
		Dir: dir, Stdout: os.Stdout, Stderr: stderr,
		Colour: isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "", Redraws: isTerminal(stderr) && os.Getenv("TERM") != "dumb",
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const usage = `labcheck says, before anything is applied, whether the overlays of a Kustomize
repository build, are valid and keep their promises, and which line to edit.

  labcheck                          judge every root overlay of this repository
  labcheck overlays/kind            judge one overlay
  labcheck check -o json            the same, as a labcheck/v1 Report
  labcheck verify overlays/kind     judge a running cluster by an overlay
  labcheck diff --base main         what the working tree does to each overlay, dangers first
  labcheck graph overlays/kind      draw what reaches which Pods, and what those read and keep
  labcheck explain                  list the rules
  labcheck explain policy-holds     what a rule is for, and what to do

Exit code: 0 clean, 1 findings, 2 usage, 3 something could not be judged.
`

// A verb is what the first word of the command line asks for.
type verb func(args []string, w World) (int, error)

func verbs() map[string]verb {
	return map[string]verb{"check": runCheck, "verify": runVerify, "diff": runDiff, "graph": runGraph, "explain": runExplain, "docs": runDocs}
}

// A usageError is a mistake in the command line.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usagef(format string, args ...any) error {
	return usageError{fmt.Sprintf(format, args...)}
}

// Main runs the command line args in w and returns its exit code.
func Main(args []string, w World) int {
	code, err := dispatch(args, w)
	var mistake usageError
	switch {
	case err == nil:
		return code
	case errors.Is(err, pflag.ErrHelp):
		return Clean
	case errors.As(err, &mistake):
		fmt.Fprintf(w.Stderr, "labcheck: %s (labcheck --help lists what there is)\n", oneLine(err))
		return Usage
	}
	fmt.Fprintf(w.Stderr, "labcheck: %s\n", oneLine(err))
	return CouldNotTell
}

func dispatch(args []string, w World) (int, error) {
	name, rest := "check", args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if _, ok := verbs()[args[0]]; ok {
			name, rest = args[0], args[1:]
		}
	}
	return verbs()[name](rest, w)
}

// parse reads flags; its errors are usage errors, and --help prints usage.
func parse(flags *pflag.FlagSet, args []string, w World) error {
	flags.SetOutput(io.Discard)
	flags.SortFlags = false
	err := flags.Parse(args)
	if errors.Is(err, pflag.ErrHelp) {
		fmt.Fprint(w.Stdout, usage)
		if flags.HasFlags() {
			fmt.Fprintf(w.Stdout, "\nFlags of labcheck %s:\n%s", flags.Name(), flags.FlagUsages())
		}
		return err
	}
	if err != nil {
		return usagef("%v", err)
	}
	return nil
}

func oneOf(flag, value string, allowed ...string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return usagef("%s %q is not known: it is one of %s", flag, value, strings.Join(allowed, ", "))
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
