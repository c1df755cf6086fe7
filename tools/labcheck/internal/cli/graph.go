package cli

import (
	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/picture"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/schema"
)

// runGraph draws how the objects of one overlay hang together.
func runGraph(args []string, w World) (int, error) {
	flags := pflag.NewFlagSet("graph", pflag.ContinueOnError)
	output := flags.StringP("output", "o", "mermaid", "`format` of the picture: mermaid, dot or json")
	root := flags.String("root", "", "repository root `dir`; nothing outside is read (default: the git top level)")
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	if err := oneOf("--output", *output, "mermaid", "dot", "json"); err != nil {
		return 0, err
	}
	target, err := findOverlay("graph", w.Dir, *root, flags.Args())
	if err != nil {
		return 0, err
	}
	subject := build(target, check.Subject{Versions: schema.Versions})[0]
	if !subject.Built() {
		return CouldNotTell, subject.Err
	}
	drawn := picture.Of(rules.Graph(subject))
	switch *output {
	case "dot":
		err = drawn.Dot(w.Stdout)
	case "json":
		err = drawn.JSON(w.Stdout)
	default:
		err = drawn.Mermaid(w.Stdout)
	}
	return Clean, err
}
