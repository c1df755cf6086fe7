package manifest

import (
	"fmt"
	"regexp"
	"strings"
)

// A Given is an object that is in the cluster already when an overlay is
// applied, and that no file of the repository describes.
type Given struct {
	Kind, Namespace, Name string   // Namespace is "" where it may be in any
	Keys                  []string // of its data; nil where they are not known
}

// String is Kind/name or Kind/namespace/name, as it is declared.
func (g Given) String() string {
	if g.Namespace == "" {
		return g.Kind + "/" + g.Name
	}
	return g.Kind + "/" + g.Namespace + "/" + g.Name
}

var (
	givenItem = regexp.MustCompile(`^\s*([^\s\[\]]+)\s*(?:\[([^\[\]]*)\])?`)
	kindName  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
)

// ParseGiven reads a list of objects such as
//
//	Secret/mysql[root-password, replication-password] ConfigMap/kube-system/cluster-info
func ParseGiven(text string) ([]Given, error) {
	var all []Given
	for strings.TrimSpace(text) != "" {
		item := givenItem.FindStringSubmatch(text)
		if item == nil {
			return nil, fmt.Errorf("expected Kind/name, Kind/name[key, ...] or Kind/namespace/name at %q", strings.TrimSpace(text))
		}
		text = text[len(item[0]):]
		given, err := parseGiven(item[1], item[2])
		if err != nil {
			return nil, err
		}
		all = append(all, given)
	}
	return all, nil
}

func parseGiven(name, keys string) (Given, error) {
	parts := strings.Split(name, "/")
	if len(parts) < 2 || len(parts) > 3 || parts[1] == "" || parts[len(parts)-1] == "" || !kindName.MatchString(parts[0]) {
		return Given{}, fmt.Errorf("expected Kind/name or Kind/namespace/name, not %q", name)
	}
	given := Given{Kind: parts[0], Name: parts[len(parts)-1]}
	if len(parts) == 3 {
		given.Namespace = parts[1]
	}
	for key := range strings.FieldsFuncSeq(keys, func(r rune) bool { return r == ',' || r == ' ' }) {
		given.Keys = append(given.Keys, key)
	}
	return given, nil
}
