package creation

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// PathOf reads the text of a field path, such as
// spec.template.spec.containers[0].ports[0].containerPort or
// metadata.labels[foo/bar]. A key may hold dots and brackets, so the text
// alone is ambiguous; a key that fields has at that place wins, the longest
// first.
func PathOf(fields any, text string) manifest.Path {
	var path manifest.Path
	value := fields
	for text != "" && text != "<nil>" {
		step, rest := nextStep(value, text)
		path = append(path, step)
		value, _ = manifest.Lookup(value, step)
		text = rest
	}
	return path
}

// nextStep cuts the first step off text.
func nextStep(value any, text string) (step, rest string) {
	if inner, ok := strings.CutPrefix(text, "["); ok {
		return bracketed(value, inner)
	}
	text = strings.TrimPrefix(text, ".")
	if key, ok := knownKey(value, text, ""); ok {
		return key, text[len(key):]
	}
	if end := strings.IndexAny(text, ".["); end > 0 {
		return text[:end], text[end:]
	}
	return text, ""
}

// bracketed cuts a step off text that was opened by a bracket.
func bracketed(value any, text string) (step, rest string) {
	if key, ok := knownKey(value, text, "]"); ok {
		return key, text[len(key)+1:]
	}
	if end := strings.IndexByte(text, ']'); end >= 0 {
		return text[:end], text[end+1:]
	}
	return text, ""
}

// knownKey returns the longest key of value that text starts with and that
// ends there, at close or at the next step.
func knownKey(value any, text, close string) (string, bool) {
	object, _ := value.(map[string]any)
	longest, found := "", false
	for key := range object {
		after, ok := strings.CutPrefix(text, key)
		if !ok || len(key) < len(longest) {
			continue
		}
		after, ok = strings.CutPrefix(after, close)
		if ok && (after == "" || after[0] == '.' || after[0] == '[') {
			longest, found = key, true
		}
	}
	return longest, found
}

// written is the path as it is in fields: the server validates the Pods of a
// StatefulSet with a volume for each claim template before their own volumes
// (k8s.io/kubernetes/pkg/apis/apps/validation), and counts those too.
func written(fields map[string]any, path manifest.Path) manifest.Path {
	volumes := manifest.Path{"spec", "template", "spec", "volumes"}
	value, _ := manifest.Lookup(fields, "spec", "volumeClaimTemplates")
	templates, _ := value.([]any)
	if len(templates) == 0 || !path.Within(volumes) || len(path) == len(volumes) {
		return path
	}
	named := map[any]bool{}
	for _, template := range templates {
		name, _ := manifest.Lookup(template, "metadata", "name")
		named[name] = true
	}
	at, err := strconv.Atoi(path[len(volumes)])
	value, _ = manifest.Lookup(fields, volumes...)
	own, _ := value.([]any)
	for i, volume := range own {
		if name, _ := manifest.Lookup(volume, "name"); named[name] {
			continue // the claim takes its place
		}
		if at == len(named) && err == nil {
			return slices.Concat(volumes, manifest.Path{strconv.Itoa(i)}, path[len(volumes)+1:])
		}
		at--
	}
	return path
}

// refined leads on to the entry that is wrong where the server blames a whole
// mapping of texts, such as metadata.labels, for one key or value in it.
func refined(fields any, path manifest.Path, bad any) manifest.Path {
	path = throughItems(fields, path, bad)
	value, _ := manifest.Lookup(fields, path...)
	entries, ok := value.(map[string]any)
	text, isText := bad.(string)
	if !ok || !isText {
		return path
	}
	if _, found := entries[text]; found {
		return append(path, text)
	}
	var keys []string
	for key, entry := range entries {
		if entry == text {
			keys = append(keys, key)
		}
	}
	if len(keys) == 1 {
		return append(path, keys[0])
	}
	return path
}

// throughItems is the path to the item that holds bad where the server's path
// leaves out which one it is, as in volumes[0].downwardAPI.fieldRef.fieldPath.
func throughItems(fields any, path manifest.Path, bad any) manifest.Path {
	at := slices.Index(path, "downwardAPI") + 1
	items, _ := manifest.Lookup(fields, path[:at].With("items")...)
	list, _ := items.([]any)
	for i, item := range list {
		if value, ok := manifest.Lookup(item, path[at:]...); ok && at > 0 && value == bad {
			return slices.Concat(path[:at], manifest.Path{"items", strconv.Itoa(i)}, path[at:])
		}
	}
	return path
}
