package custom

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/version"
)

// deprecation is what the server says to every request for a version that the
// definition calls deprecated: the definition's own words, or which newer
// version it serves; "" for another version.
func (d *Definition) deprecation(name string) (string, error) {
	content, err := d.readers[name]()
	if err != nil || !content.Deprecated {
		return "", err
	}
	if content.DeprecationWarning != nil {
		return *content.DeprecationWarning, nil
	}
	var newer []string
	for _, other := range d.Served {
		content, err := d.readers[other]()
		if err != nil {
			return "", err
		}
		if !content.Deprecated && version.CompareKubeAwareVersionStrings(name, other) < 0 {
			newer = append(newer, other)
		}
	}
	message := fmt.Sprintf("%s/%s %s is deprecated", d.Kind.Group, name, d.Kind.Kind)
	if len(newer) > 0 {
		message += fmt.Sprintf("; use %s/%s %s", d.Kind.Group, slices.MaxFunc(newer, version.CompareKubeAwareVersionStrings), d.Kind.Kind)
	}
	return message, nil
}
