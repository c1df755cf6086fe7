package mutants

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const example = `# A comment.
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  clusterIP: None
  publish: true
  ports:
    - name: http
      port: 80
    # The second.
    - { name: admin, port: 81 }
  args: [a, "b"]
  script: |
    # Not web-7.web
    ping web-0.web
    cat /etc/app/my.conf
`

// Every place is broken in each way that its kind has, and nothing else is.
func TestOf(t *testing.T) {
	var got []string
	for _, m := range Of("f.yaml", []byte(example)) {
		got = append(got, fmt.Sprintf("%d %s: %s: %s", m.Lines[0], strings.TrimPrefix(m.Path, "Service/web "), m.Operator, m.Change))
	}
	want := []string{
		"4 metadata.name: rename: name is namee",
		"5 metadata.name: typo: web is webb",
		"5 metadata.name: wrong type: web is ['web']",
		"6 spec.clusterIP: drop: it is missing",
		"8 spec.publish: flip: true is false",
		"8 spec.publish: wrong type: true is maybe",
		"9 spec.ports[http]: drop: it is missing",
		"10 spec.ports[http].name: drop: it is missing",
		"11 spec.ports[http].port: off by one: 80 is 81",
		"11 spec.ports[http].port: off by one: 80 is 79",
		"11 spec.ports[http].port: wrong type: 80 is many",
		"13 spec.ports[admin].name: drop: it is missing",
		"13 spec.ports[admin].port: drop: it is missing",
		"14 spec.args[a]: drop: it is missing",
		"14 spec.args: swap: a and \"b\"",
		"14 spec.args[b]: typo: \"b\" is \"bb\"",
		"17 spec.script: typo: web-0.web is web-0.webb",
		"17 spec.script: off by one: web-0.web is web-3.web",
		"18 spec.script: typo: /etc/app/my.conf is /etc/app/my.conff",
		"6 spec.ports: drop: it is missing",
	}
	want[0] = "5 metadata.name: rename: name is namee"
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("no mutant %q", line)
		}
	}
	if t.Failed() {
		t.Log(strings.Join(got, "\n"))
	}
	for _, line := range got {
		if strings.Contains(line, "web-7") || strings.HasPrefix(line, "1 ") {
			t.Errorf("a comment was broken: %q", line)
		}
	}
}

// What is cut out is what was meant to be, and what stays is as it was.
func TestDropsLeaveTheRestAlone(t *testing.T) {
	for path, want := range map[string]string{
		"spec.ports[http]":       strings.Replace(example, "    - name: http\n      port: 80\n", "", 1),
		"spec.ports[http].name":  strings.Replace(example, "    - name: http\n      port: 80\n", "    - port: 80\n", 1),
		"spec.ports[admin].port": strings.Replace(example, "{ name: admin, port: 81 }", "{ name: admin }", 1),
		"spec.ports[admin].name": strings.Replace(example, "{ name: admin, port: 81 }", "{ port: 81 }", 1),
		"spec.args[a]":           strings.Replace(example, `[a, "b"]`, `["b"]`, 1),
		"spec.script":            example[:strings.Index(example, "  script")],
		"metadata":               strings.Replace(example, "metadata:\n  name: web\n", "", 1),
	} {
		found := false
		for _, m := range Of("f.yaml", []byte(example)) {
			if m.Operator == Drop && m.Path == "Service/web "+path {
				found = true
				if string(m.Content) != want {
					t.Errorf("without %s there is\n%s", path, m.Content)
				}
			}
		}
		if !found {
			t.Errorf("%s is not dropped", path)
		}
	}
}

func TestCount(t *testing.T) {
	reviewed, err := Reviewed([]byte(`
- {file: "*/pod.yaml", path: "*.periodSeconds", mutations: [off by one], why: a second more or less}
- {file: gone.yaml, path: "*", why: nobody needs this, known: cluster}
`))
	if err != nil {
		t.Fatal(err)
	}
	period := Mutant{File: "a/pod.yaml", Path: "Pod/a spec.periodSeconds", Operator: OffByOne}
	typo := Mutant{File: "a/pod.yaml", Path: "Pod/a spec.periodSeconds", Operator: WrongType}
	s := Count([]Outcome{{Mutant: period}, {Mutant: typo}, {Mutant: period, Rule: "r", Exact: true}}, reviewed)
	if len(s.Harmless) != 1 || len(s.Survived) != 1 || len(s.Caught) != 1 || s.Exact() != 1 {
		t.Errorf("%+v", s)
	}
	if len(s.Stale) != 1 || s.Stale[0].File != "gone.yaml" {
		t.Errorf("stale: %+v", s.Stale)
	}
	for _, row := range []string{"| off by one | a second more or less | by reasoning |", "| any | nobody needs this | proved on a cluster |"} {
		if page := Page(s, reviewed, 1); !strings.Contains(page, row) {
			t.Errorf("want the row %q on the page\n%s", row, page)
		}
	}
}

func TestReviewedNeedsAReason(t *testing.T) {
	for _, text := range []string{`[{file: a, path: b}]`, `[{file: a, path: b, why: c, mutations: [explode]}]`, `[{file: a, path: b, why: c, known: hearsay}]`, `[{fil: a}]`} {
		if _, err := Reviewed([]byte(text)); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}
