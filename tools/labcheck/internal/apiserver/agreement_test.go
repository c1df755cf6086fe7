package apiserver

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	admissionv1 "k8s.io/api/admissionregistration/v1"
)

// A record is what a real API server said; agreement_e2e_test.go writes it.
type record struct {
	Server string `json:"server"`
	// Warned holds, by object, the warnings and denials of its creation.
	Warned map[string][]string `json:"warned"`
	// Denied lists the objects that may not be created.
	Denied []string `json:"denied"`
	// Refused holds, by object of refused.yaml, why it may not be created.
	Refused map[string]string `json:"refused"`
	// Types holds, by policy of types.yaml and expression, the warning in its status.
	Types map[string]map[string]string `json:"types"`
}

const recordFile = "testdata/agreement/record.json"

func readRecord(t *testing.T) record {
	t.Helper()
	data, err := os.ReadFile(recordFile)
	if err != nil {
		t.Fatal(err)
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func testObjects(t testing.TB, file string) []manifest.Object {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata/agreement", file))
	if err != nil {
		t.Fatal(err)
	}
	return build(t, string(data))
}

// printed are our verdicts on each object, as the server words them where it
// says anything: of what is for the audit log only, it says nothing.
func printed(j Judgement) map[string][]string {
	texts := map[string][]string{}
	for _, v := range j.Violations {
		id := v.Object.Ref.String()
		text := "ValidatingAdmissionPolicy '" + v.Policy.Name + "' with binding '" + v.Binding.Name + "': " + v.Message
		if (v.Denies || warns(v.Binding)) && !slices.Contains(texts[id], text) { // the server says the same only once
			texts[id] = append(texts[id], text)
		}
	}
	for _, all := range texts {
		slices.Sort(all)
	}
	return texts
}

func warns(binding manifest.Object) bool {
	actions, _ := binding.Field("spec", "validationActions")
	return slices.Contains(actions.([]any), any(string(admissionv1.Warn)))
}

// denied are the objects that are denied, by a policy or because a policy is
// not configured, in which case it denies what its name is made of.
func denied(j Judgement, objects []manifest.Object) []string {
	var refused []string
	for _, o := range objects {
		broken := func(v Violation) bool { return v.Denies && v.Object.Ref == o.Ref }
		if slices.ContainsFunc(j.Violations, broken) || slices.ContainsFunc(j.Faults, func(f Fault) bool { return unconfigured(f, o) }) {
			refused = append(refused, o.Ref.String())
		}
	}
	return refused
}

// unconfigured tells whether f is the mistake in the policy that the
// Deployment o is there for.
func unconfigured(f Fault, o manifest.Object) bool {
	return strings.HasPrefix(f.Message, "failed to configure policy: ") && f.Object.Name == "h4-param-"+o.Name
}

func TestAgreesWithServer(t *testing.T) {
	want := readRecord(t)
	objects := testObjects(t, "objects.yaml")
	j := judge(t, slices.Concat(testObjects(t, "params.yaml"), testObjects(t, "policies.yaml"), objects)...)
	got := printed(j)
	for _, f := range j.Faults {
		for _, o := range objects {
			if unconfigured(f, o) {
				got[o.Ref.String()] = append(got[o.Ref.String()], "ValidatingAdmissionPolicy '"+f.Object.Name+"': "+f.Message)
			}
		}
		if !f.Skipped && !strings.HasPrefix(f.Message, "failed to configure policy: ") && !strings.HasPrefix(f.Message, "the expression does not type-check") {
			t.Errorf("the server takes %s, we find at %s: %s", f.Object.Ref, f.Path, f.Message)
		}
	}
	messages, policies := 0, map[string]bool{}
	for _, o := range objects {
		id := o.Ref.String()
		for _, text := range want.Warned[id] {
			if !slices.Contains(got[id], text) {
				t.Errorf("%s: the server says, we do not:\n\t%s", id, text)
			}
			messages++
			policies[strings.Split(text, "'")[1]] = true
		}
		for _, text := range got[id] {
			if !slices.Contains(want.Warned[id], text) {
				t.Errorf("%s: we say, the server does not:\n\t%s", id, text)
			}
		}
	}
	if got := denied(j, objects); !slices.Equal(got, want.Denied) {
		t.Errorf("we deny %v, the server %v", got, want.Denied)
	}
	t.Logf("%d messages of %d policies on %d objects, %d evaluations, %d denied", messages, len(policies), len(objects), j.Evaluated, len(want.Denied))
}

func TestRefusesWhatTheServerRefuses(t *testing.T) {
	want := readRecord(t).Refused
	objects := testObjects(t, "refused.yaml")
	j := judge(t, objects...)
	found := map[string]string{}
	for _, f := range j.Faults {
		if strings.Contains(f.Message, "no binding of the build") {
			continue
		}
		found[f.Object.Ref.String()] += f.Path.String() + ": " + f.Message + "; "
	}
	for _, o := range objects {
		id := o.Ref.String()
		if (want[id] == "") != (found[id] == "") {
			t.Errorf("%s: the server says %q, we say %q", id, want[id], found[id])
		}
		t.Logf("%s: %s", id, found[id])
	}
}

// known are the policies of types.yaml that we judge otherwise than the
// server, and why.
var knownTypes = map[string]string{
	"h4-type-quantity": "to the server a quantity has no type, so that it knows no field of resources that holds quantities",
}

func TestTypeChecksLikeServer(t *testing.T) {
	want := readRecord(t).Types
	params := testObjects(t, "params.yaml")
	c := newCluster(params, custom.Declared(params))
	wrong, right := 0, 0
	for _, o := range testObjects(t, "types.yaml") {
		p, problems, err := readPolicy(o)
		if err != nil || problems != nil {
			t.Fatalf("%s: %v %v", o.Ref, problems, err)
		}
		found, err := c.typeCheck(p.spec)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, problem := range found {
			got[problem.path.String()] = strings.TrimPrefix(problem.message, "the expression does not type-check: ")
		}
		agreed := true
		for i, v := range p.spec.Validations {
			for _, name := range []string{"expression", "messageExpression"} {
				path := item("validations", i, name).String()
				server := inOneLine(want[o.Name][path])
				agreed = agreed && got[path] == server
				if got[path] != server && knownTypes[o.Name] == "" {
					t.Errorf("%s %s, of %s:\n\tthe server says %q\n\twe say         %q", o.Name, path, v.Expression, server, got[path])
				}
				if server != "" {
					wrong++
				} else if name == "expression" {
					right++
				}
			}
		}
		if agreed && knownTypes[o.Name] != "" {
			t.Errorf("%s is listed as judged otherwise, and is not", o.Name)
		}
	}
	t.Logf("%d expressions with warnings, %d without", wrong, right)
}

// serverTypeName is a type that the server makes up for a kind: it adds a
// number to the name.
var serverTypeName = regexp.MustCompile(`\b([A-Z][A-Za-z]+)[0-9]{2,}\b`)

var serverIssue = regexp.MustCompile(`^(?:(.*Kind=\w+): )?ERROR: <input>:(\d+):(\d+): (.*)$`)

// inOneLine words a warning of the server's as we do: without the expression.
func inOneLine(warning string) string {
	var kinds []string
	for line := range strings.Lines(warning) {
		m := serverIssue.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		issue := fmt.Sprintf("%s (line %s, column %s)", m[4], m[2], m[3])
		if m[1] != "" {
			issue = m[1] + ": " + issue
		}
		kinds = append(kinds, issue)
	}
	return strings.Join(kinds, "; ")
}
