package rules

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// almost relates the objects of the overlay whose name, or one of whose
// labels, is almost one of the words that stand at and below path of o: either
// may be the one that is misspelt.
func almost(p *check.Pass, o manifest.Object, path manifest.Path) []manifest.Related {
	value, _ := o.Field(path...)
	words := wordsIn(value)
	var related []manifest.Related
	near := func(object manifest.Object, path manifest.Path) {
		text := object.Text(path...)
		for _, word := range words {
			if word != text && spelling.Closest(word, []string{text}) != "" {
				related = append(related, manifest.Related{
					Message: fmt.Sprintf("%s has %q, which is almost %q", object.Ref, text, word), Pos: object.Locate(path...).Pos,
				})
			}
		}
	}
	for _, object := range p.Objects {
		if object.Ref == o.Ref {
			continue
		}
		near(object, manifest.Path{"metadata", "name"})
		near(object, manifest.Path{"metadata", "namespace"})
		labels, _ := object.Field("metadata", "labels")
		fields, _ := labels.(map[string]any)
		for _, key := range sortedKeys(fields) {
			near(object, manifest.Path{"metadata", "labels", key})
		}
	}
	return related
}

var quotedWord = regexp.MustCompile(`'([^']*)'|"([^"]*)"`)

// wordsIn are the texts in a value, and what is quoted in those.
func wordsIn(value any) []string {
	var words []string
	switch value := value.(type) {
	case string:
		words = append(words, value)
		for _, quoted := range quotedWord.FindAllStringSubmatch(value, -1) {
			words = append(words, quoted[1]+quoted[2])
		}
	case []any:
		for _, item := range value {
			words = append(words, wordsIn(item)...)
		}
	case map[string]any:
		for _, key := range sortedKeys(value) {
			words = append(words, wordsIn(value[key])...)
		}
	}
	return words
}

func sortedKeys[T any](fields map[string]T) []string { return slices.Sorted(maps.Keys(fields)) }
