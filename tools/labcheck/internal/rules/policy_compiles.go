package rules

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// PolicyCompiles reports policies and bindings that cannot be evaluated.
var PolicyCompiles = &check.Rule{
	ID:    "policy-compiles",
	Title: "Every ValidatingAdmissionPolicy compiles, and is bound",
	Doc:   page("policy_compiles.md"),
	Check: func(p *check.Pass) {
		j := judgeByPolicies(p)
		if j.err != nil {
			p.Skip("%v", j.err)
		}
		for _, fault := range j.Faults {
			if fault.Skipped {
				p.Skip("%s: %s", fault.Object.Ref, fault.Message)
				continue
			}
			p.ReportInside(fault.Object, fault.Path, fault.Object.Text(fault.Path...), fault.Offset, fault.Message, variableMeant(fault)...)
		}
	},
}

var unknownVariable = regexp.MustCompile(`undefined field '(\w+)'|undeclared reference to 'variables'`)

// variableMeant leads to the variables of a policy where an expression reads
// one that is not there: to the one that is almost called so, if there is one.
func variableMeant(fault apiserver.Fault) []manifest.Related {
	said := unknownVariable.FindStringSubmatch(fault.Message)
	if said == nil || !strings.Contains(fault.Object.Text(fault.Path...), "variables."+said[1]) {
		return nil
	}
	path := manifest.Path{"spec", "variables"}
	value, _ := fault.Object.Field(path...)
	for i, variable := range asList(value) {
		name, _ := manifest.Lookup(variable, "name")
		if text, _ := name.(string); spelling.Closest(said[1], []string{text}) != "" {
			path = path.With(strconv.Itoa(i), "name")
			break
		}
	}
	return []manifest.Related{{Message: "the variables of the policy", Pos: fault.Object.Locate(path...).Pos}}
}
