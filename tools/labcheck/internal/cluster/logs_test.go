package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Of a container that starts again, the run that ended says why.
func TestLogOfWhatEnded(t *testing.T) {
	pod := func(status string) string {
		return `{"items":[{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"lab"},"spec":{"nodeName":"n","containers":[{"name":"web","image":"i"}]},"status":{"containerStatuses":[` + status + `]}}]}`
	}
	for status, previous := range map[string]bool{
		`{"name":"web","started":false,"state":{"running":{}},"lastState":{"terminated":{"exitCode":2}}}`:                            true,
		`{"name":"web","started":true,"state":{"running":{}},"lastState":{"terminated":{"exitCode":2}}}`:                             false,
		`{"name":"web","started":false,"state":{"running":{}}}`:                                                                      false,
		`{"name":"web","state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"exitCode":2}},"started":false}`: false,
	} {
		kubectl := &fake{answers: append(basics, answer{contains: "logs web", stdout: "a line\n"}, answer{contains: "get ", stdout: pod(status)})}
		s, err := Observe(t.Context(), &Client{Runner: kubectl}, []manifest.Object{object("v1", "Pod", "web")}, patience(0))
		asked := kubectl.commands("logs web")
		if err != nil || len(asked) == 0 || strings.Contains(asked[0], "--previous") != previous {
			t.Errorf("%s: %v: asked %q, want the run before: %v", status, err, asked, previous)
		} else if len(s.Logs) == 0 || !slices.Equal(s.Logs[0].Lines, []string{"a line"}) {
			t.Errorf("%s: logs %v", status, s.Logs)
		}
	}
}
