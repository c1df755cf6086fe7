package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

func result() check.Result {
	finding := check.Finding{
		Rule: "policy-holds", Overlay: "overlays/kind", Path: "spec.replicas", Message: "want 3",
		Object: manifest.Ref{APIVersion: "apps/v1", Kind: "StatefulSet", Namespace: "lab", Name: "mysql"},
		Pos:    manifest.Pos{File: "sts.yaml", Line: 2, Column: 13},
	}
	other := finding
	other.Overlay = "overlays/minikube"
	return check.Result{
		Judged:   []check.Judged{{Overlay: "overlays/kind", Objects: 2, Notes: []string{"3 promises"}}, {Overlay: "overlays/minikube", Objects: 2}},
		Findings: []check.Finding{finding, other}, Rules: 6,
		Files: map[string][]byte{"sts.yaml": []byte("spec:\n  replicas: 2 # two\n")},
	}
}

func TestTextShowsAMistakeOnce(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, result(), false); err != nil {
		t.Fatal(err)
	}
	const want = `sts.yaml:2:13: statefulset/mysql: want 3 [policy-holds]
  |
2 |   replicas: 2 # two
  |             ^
    in overlays/kind, overlays/minikube

overlays/kind      2 objects  3 promises
overlays/minikube  2 objects
1 finding, 5 of 6 rules held in 2 overlays; to see why: labcheck explain policy-holds
`
	if out.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
	}
}

func TestColourOnlyDresses(t *testing.T) {
	var dressed, bare bytes.Buffer
	_ = Text(&dressed, result(), true)
	_ = Text(&bare, result(), false)
	undressed := dressed.String()
	for _, code := range []string{ansi.bold, ansi.red, ansi.green, ansi.dim, ansi.reset} {
		undressed = strings.ReplaceAll(undressed, code, "")
	}
	if undressed != bare.String() || dressed.String() == bare.String() {
		t.Errorf("got:\n%s\nwant the words of:\n%s", undressed, bare.String())
	}
}

func TestJSONHasNoNullList(t *testing.T) {
	for _, r := range []check.Result{{}, result()} {
		var out bytes.Buffer
		if err := JSON(&out, r); err != nil {
			t.Fatal(err)
		}
		var decoded map[string]any
		if err := json.Unmarshal(out.Bytes(), &decoded); err != nil {
			t.Fatal(err)
		}
		for _, list := range []string{"overlays", "findings", "skips", "waived"} {
			if _, ok := decoded[list].([]any); !ok {
				t.Errorf("%s is %v", list, decoded[list])
			}
		}
		if decoded["apiVersion"] != "labcheck/v1" || decoded["kind"] != "Report" {
			t.Errorf("header: %v %v", decoded["apiVersion"], decoded["kind"])
		}
	}
}

func TestTokenAt(t *testing.T) {
	for rest, want := range map[string]string{
		"2 # two": "2", `"a b" # c`: `"a b"`, "name: web": "name", "80, x": "80", "80]": "80", "spec:": "spec", "plain text": "plain text",
	} {
		if got := tokenAt(rest); got != want {
			t.Errorf("tokenAt(%q) = %q, want %q", rest, got, want)
		}
	}
}

func TestSkipsAreGroupedByReason(t *testing.T) {
	r := check.Result{Skips: []check.Skip{
		{Rule: "a", Overlay: "o", Reason: "not built"}, {Rule: "b", Overlay: "o", Reason: "no schema"}, {Rule: "c", Overlay: "o", Reason: "not built"},
	}}
	var out bytes.Buffer
	if err := Skips(&out, r); err != nil {
		t.Fatal(err)
	}
	const want = "not judged: o: a, c: not built\nnot judged: o: b: no schema\n"
	if out.String() != want {
		t.Errorf("got:\n%swant:\n%s", out.String(), want)
	}
}
