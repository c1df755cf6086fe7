package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
)

// runExplain lists the rules, or prints the page of one.
func runExplain(args []string, w World) (int, error) {
	flags := pflag.NewFlagSet("explain", pflag.ContinueOnError)
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	switch flags.NArg() {
	case 0:
		table := tabwriter.NewWriter(w.Stdout, 0, 0, 2, ' ', 0)
		for _, rule := range rules.All {
			fmt.Fprintf(table, "%s\t%s\n", rule.ID, rule.Title)
		}
		return Clean, table.Flush()
	case 1:
		return explain(flags.Arg(0), w)
	}
	return 0, usagef("explain takes one rule, not %d", flags.NArg())
}

func explain(id string, w World) (int, error) {
	at := slices.IndexFunc(rules.All, func(r *check.Rule) bool { return r.ID == id })
	if at < 0 {
		return 0, usagef("there is no rule %q: labcheck explain lists them", id)
	}
	rule := rules.All[at]
	_, err := fmt.Fprintf(w.Stdout, "%s: %s.\n\n%s\n", rule.ID, rule.Title, strings.TrimSpace(rule.Doc))
	return Clean, err
}
