package check

import (
	"fmt"
	"regexp"
)

var ruleID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// Validate says what is wrong with a list of rules itself: a rule without ID,
// title or page, an ID used twice, a rule that comes before one it requires.
func Validate(rules []*Rule) error {
	seen := map[string]bool{}
	for _, rule := range rules {
		switch {
		case !ruleID.MatchString(rule.ID):
			return fmt.Errorf("rule ID %q is not kebab-case", rule.ID)
		case seen[rule.ID]:
			return fmt.Errorf("two rules are called %q", rule.ID)
		case rule.Title == "":
			return fmt.Errorf("rule %q has no title", rule.ID)
		case rule.Doc == "":
			return fmt.Errorf("rule %q has no page", rule.ID)
		case (rule.Check == nil) != (rule.Needs == Waivers):
			return fmt.Errorf("rule %q has no Check", rule.ID)
		}
		for _, required := range rule.Requires {
			if !seen[required.ID] {
				return fmt.Errorf("rule %q requires %q, which does not come before it", rule.ID, required.ID)
			}
		}
		seen[rule.ID] = true
	}
	return nil
}
