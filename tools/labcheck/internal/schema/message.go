package schema

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/spelling"
)

// printer writes the messages of the engine that have no better wording here.
var printer = message.NewPrinter(language.English)

// unknownField says that object has a field it must not have, and which one
// of known it may have been meant to be: one that it does not have yet.
func unknownField(name string, known []string, object any) string {
	present, _ := object.(map[string]any)
	absent := slices.DeleteFunc(slices.Clone(known), func(field string) bool {
		_, ok := present[field]
		return ok
	})
	return fmt.Sprintf("unknown field %q", name) + spelling.DidYouMean(name, absent)
}

// wrongType says that value is of no type in want, JSON schema types. Null is
// not mentioned: it is how the schemas say that a field may be left out.
func wrongType(want []string, value any) string {
	var names []string
	for _, name := range want {
		if name != "null" {
			names = append(names, typeNames[name])
		}
	}
	return fmt.Sprintf("must be %s, not %s", strings.Join(names, " or "), nameOf(value))
}

var typeNames = map[string]string{
	"array":   "a list",
	"boolean": "true or false",
	"integer": "an integer",
	"number":  "a number",
	"object":  "a mapping",
	"string":  "a string",
}

// nameOf names a value as far as it fits in a sentence.
func nameOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return "a string " + quote(v)
	case bool:
		return fmt.Sprint(v)
	}
	return "the number " + quote(value)
}

// notOneOf says that value is none of want.
func notOneOf(want []any, value any) string {
	var names []string
	for _, item := range want {
		if item != nil {
			names = append(names, quote(item))
		}
	}
	if len(names) == 1 {
		return fmt.Sprintf("must be %s, not %s", names[0], nameOf(value))
	}
	return fmt.Sprintf("must be one of %s, not %s", strings.Join(names, ", "), nameOf(value))
}

// wrongFormat says that a string is not of a JSON schema format.
func wrongFormat(format string, value any) string {
	if format == "date-time" {
		format = "date and time such as 2006-01-02T15:04:05Z"
	}
	return fmt.Sprintf("must be a %s, not %s", format, nameOf(value))
}

// quote writes a scalar as JSON, cut short where it is long.
func quote(value any) string {
	const most = 40
	if s, ok := value.(string); ok {
		if runes := []rune(s); len(runes) > most {
			value = string(slices.Concat(runes[:most], []rune("…")))
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}
