package cli

import (
	"fmt"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// progress shows on stderr what every look at the cluster has shown: on a
// terminal one line for each object that is not current, drawn again each
// time; else a line when something has changed.
func (v *verification) progress() func(diagnosis.Diagnosis) {
	if v.world.Redraws {
		drawn := 0
		return func(d diagnosis.Diagnosis) { drawn = redraw(v, d, drawn) }
	}
	last := map[string]string{}
	return func(d diagnosis.Diagnosis) {
		for _, a := range d.Accounts {
			name := a.Object.Ref.String()
			if last[name] != a.Says && (a.State != diagnosis.Current || last[name] != "") {
				fmt.Fprintf(v.world.Stderr, "%s: %s\n", name, a.Says)
				last[name] = a.Says
			}
		}
	}
}

// redraw replaces the lines drawn before and returns how many there are now.
func redraw(v *verification, d diagnosis.Diagnosis, before int) int {
	var text strings.Builder
	if before > 0 {
		fmt.Fprintf(&text, "\x1b[%dA\x1b[J", before)
	}
	lines := 0
	for _, a := range d.Accounts {
		if a.State != diagnosis.Current {
			lines++
			fmt.Fprintf(&text, "%.100s\n", fmt.Sprintf("%s: %s", a.Object.Ref, a.Says))
		}
	}
	fmt.Fprint(v.world.Stderr, text.String())
	return lines
}
