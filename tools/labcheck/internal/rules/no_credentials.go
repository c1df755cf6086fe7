package rules

import (
	"encoding/base64"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// NoCredentials reports credentials that everybody has who can read the repository.
var NoCredentials = &check.Rule{
	ID:    "no-credentials",
	Title: "No credential is written in the repository",
	Doc:   page("no_credentials.md"),
	Check: func(p *check.Pass) {
		for _, o := range p.Objects {
			switch {
			case o.Group() == "" && o.Kind == "Secret":
				judgeSecret(p, o)
			case !custom.IsDefinition(o):
				judgeTexts(p, o)
			}
		}
	},
}

// judgeSecret reports a Secret that has values which are worth hiding.
func judgeSecret(p *check.Pass, o manifest.Object) {
	var keys []string
	for _, part := range []string{"data", "stringData"} {
		values, _ := o.Fields[part].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			text, _ := values[key].(string)
			if decoded, err := base64.StdEncoding.DecodeString(text); part == "data" && err == nil {
				text = string(decoded)
			}
			if !isPublic(key) && !elsewhere.MatchString(strings.TrimSpace(text)) {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) > 0 {
		p.Report(o, manifest.Path{"metadata", "name"},
			fmt.Sprintf("the Secret is written in the repository with the values of %s: whoever can read it has them, in its history too", strings.Join(keys, ", ")))
	}
}

// isPublic reports whether a key by its name holds no credential: a user, a
// database, an address.
func isPublic(key string) bool { return publicKey.MatchString(key) }

var publicKey = regexp.MustCompile(`(?i)^(.*[-_.])?(user|username|user[-_]name|login|db|database|host|hostname|port)$`)

// elsewhere is a value that stands for a credential which is not there: none,
// one that SOPS has encrypted, a reference that a tool resolves (1Password,
// vals, the Vault plugin of Argo CD, a template), a reminder to fill it in.
var elsewhere = regexp.MustCompile(`(?is)^(|ENC\[.*|op://.*|ref\+.*|vault:.*|<.*>|\$\{[^}]*\}|\{\{.*\}\}|your[-_ ].*|change[-_ ]?me.*|replace[-_ ]?me.*|placeholder.*|todo|x{3,}|\*+)$`)

// tokens are texts that are credentials by their form, as those who issue them
// describe it.
var tokens = []struct {
	what string
	form *regexp.Regexp
}{
	{"a private key", regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----`)},
	{"an AWS access key", regexp.MustCompile(`\bAKIA[0-9A-Z]{16}\b`)},
	{"a GitHub token", regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36}\b`)},
	{"a GitLab token", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20}`)},
	{"a Slack token", regexp.MustCompile(`\bxox[abprs]-[0-9A-Za-z-]{10,}`)},
	{"a Google API key", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}`)},
}

// passwordName is the name of a variable whose value is a credential.
var passwordName = regexp.MustCompile(`(?i)(^|_)(password|passwd|passphrase|api_?key|access_?key|secret_?key|private_?key|(auth|access|api|bearer)_?token)$`)

// noPassword is what such a variable has where its value is none: a switch, a
// reference to another variable, a path.
var noPassword = regexp.MustCompile(`(?i)^(|true|false|yes|no|on|off|[0-9]|/.*|.*\$[({].*)$`)

// judgeTexts reports tokens anywhere in an object, and literal values of
// variables that are passwords by their name.
func judgeTexts(p *check.Pass, o manifest.Object) {
	eachText(o.Fields, nil, func(path manifest.Path, text string) {
		for _, token := range tokens {
			if token.form.MatchString(text) {
				p.Report(o, path, fmt.Sprintf("%s is written in the repository: whoever can read it has it, in its history too", token.what))
				return
			}
		}
		if len(path) < 3 || path[len(path)-1] != "value" || path[len(path)-3] != "env" || noPassword.MatchString(text) {
			return
		}
		if name := o.Text(path[:len(path)-1].With("name")...); passwordName.MatchString(name) {
			p.Report(o, path, fmt.Sprintf("the value of %s is written in the repository; take it from a Secret with valueFrom.secretKeyRef", name))
		}
	})
}
