package native

import "strings"

// hoisted are fields of a CustomResourceDefinition that the server's internal
// version holds at another place than v1 does, and names there in its errors.
// What all versions of a definition have alike is at the top of spec.
var hoisted = []struct{ internal, written string }{
	{"spec.validation", "spec.versions[0].schema"},
	{"spec.subresources", "spec.versions[0].subresources"},
	{"spec.additionalPrinterColumns", "spec.versions[0].additionalPrinterColumns"},
	{"spec.selectableFields", "spec.versions[0].selectableFields"},
	{"spec.conversion.webhookClientConfig", "spec.conversion.webhook.clientConfig"},
	{"spec.conversion.conversionReviewVersions", "spec.conversion.webhook.conversionReviewVersions"},
}

// asWritten returns the server's name of a field of a definition as v1 has it.
func asWritten(field string) string {
	for _, h := range hoisted {
		rest, ok := strings.CutPrefix(field, h.internal)
		if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return h.written + rest
		}
	}
	return field
}
