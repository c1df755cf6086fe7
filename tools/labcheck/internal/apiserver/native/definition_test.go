package native

import "testing"

func TestAsWritten(t *testing.T) {
	for field, want := range map[string]string{
		"spec.validation.openAPIV3Schema.type":         "spec.versions[0].schema.openAPIV3Schema.type",
		"spec.validations":                             "spec.validations",
		"spec.additionalPrinterColumns[1].type":        "spec.versions[0].additionalPrinterColumns[1].type",
		"spec.conversion.webhookClientConfig.url":      "spec.conversion.webhook.clientConfig.url",
		"spec.versions[1].schema.openAPIV3Schema.type": "spec.versions[1].schema.openAPIV3Schema.type",
	} {
		if got := asWritten(field); got != want {
			t.Errorf("asWritten(%s) = %s, want %s", field, got, want)
		}
	}
}
