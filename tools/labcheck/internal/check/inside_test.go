package check

import (
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

func TestInside(t *testing.T) {
	const script = "set -e\nping web\n"
	for name, c := range map[string]struct {
		file   string
		pos    manifest.Pos
		text   string
		offset int
		want   manifest.Pos
	}{
		"literal block":     {"command:\n  - |\n    set -e\n    ping web\n", manifest.Pos{Line: 2, Column: 5}, script, 12, manifest.Pos{Line: 4, Column: 10}},
		"generator's file":  {script, manifest.Pos{Line: 1, Column: 1}, script, 12, manifest.Pos{Line: 2, Column: 6}},
		"one line":          {"a: ping web\n", manifest.Pos{Line: 1, Column: 4}, "ping web", 5, manifest.Pos{Line: 1, Column: 9}},
		"quoted":            {"a: 'ping web'\n", manifest.Pos{Line: 1, Column: 4}, "ping web", 5, manifest.Pos{Line: 1, Column: 10}},
		"folded":            {"a: >-\n  ping\n  web\n", manifest.Pos{Line: 1, Column: 4}, "ping web", 5, manifest.Pos{Line: 3, Column: 3}},
		"folded, otherwise": {"a: >-\n  ping\n\n  web\n", manifest.Pos{Line: 1, Column: 4}, "ping\nweb", 5, manifest.Pos{Line: 1, Column: 4}},
		"beyond the file":   {"", manifest.Pos{Line: 9, Column: 1}, "web", 0, manifest.Pos{Line: 9, Column: 1}},
		"place not known":   {"web", manifest.Pos{}, "web", 0, manifest.Pos{}},
		"same text before":  {"{a: web, b: web}", manifest.Pos{Line: 1, Column: 13}, "web", 0, manifest.Pos{Line: 1, Column: 13}},
		"an escaped text":   {`a: "x\ty web"`, manifest.Pos{Line: 1, Column: 4}, "x\ty web", 4, manifest.Pos{Line: 1, Column: 4}},
		"an empty line":     {"a: |\n\n  web\n", manifest.Pos{Line: 1, Column: 4}, "\nweb\n", 1, manifest.Pos{Line: 3, Column: 3}},
		"text of no length": {"a: ''", manifest.Pos{Line: 1, Column: 4}, "", 0, manifest.Pos{Line: 1, Column: 4}},
	} {
		if got := inside([]byte(c.file), c.pos, c.text, c.offset); got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}
