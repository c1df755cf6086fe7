package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// almostPromised leads to what the object has beside the field that breaks a
// promise and what the policy names almost so: one of the two is misspelt.
func almostPromised(p *check.Pass, v apiserver.Violation) []manifest.Related {
	if len(v.Path) == 0 {
		return nil
	}
	near := namesNear(v.Object, v.Path)
	known := slices.Sorted(maps.Keys(near))
	var related []manifest.Related
	seen := map[string]bool{}
	for _, list := range []string{"variables", "validations"} {
		for _, at := range v.Policy.Items("spec", list) {
			at = at.With("expression")
			text := v.Policy.Text(at...)
			for _, quoted := range quotedWord.FindAllStringSubmatchIndex(text, -1) {
				word := text[quoted[0]+1 : quoted[1]-1]
				meant := misspeltName(word, known)
				if near[word] != nil || meant == "" || seen[word] {
					continue
				}
				seen[word] = true
				related = append(related,
					manifest.Related{Message: fmt.Sprintf("%q is here", meant), Pos: v.Object.Locate(near[meant]...).Pos},
					manifest.Related{Message: fmt.Sprintf("%q is promised here", word), Pos: p.Inside(v.Policy, at, text, quoted[0]+1)})
			}
		}
	}
	return related
}

// namesNear are the texts and the names of fields at a path, or beside it where
// it leads to no list and no mapping, each with its own path.
func namesNear(o manifest.Object, path manifest.Path) map[string]manifest.Path {
	value, _ := o.Field(path...)
	switch value.(type) {
	case map[string]any, []any:
	default:
		path = path[:len(path)-1]
		value, _ = o.Field(path...)
	}
	near := map[string]manifest.Path{}
	addNames(near, value, path)
	return near
}

func addNames(near map[string]manifest.Path, value any, path manifest.Path) {
	switch value := value.(type) {
	case string:
		near[value] = path
	case map[string]any:
		for _, key := range sortedKeys(value) {
			near[key] = path.With(key)
			addNames(near, value[key], path.With(key))
		}
	case []any:
		for i, item := range value {
			addNames(near, item, path.With(strconv.Itoa(i)))
		}
	}
}
