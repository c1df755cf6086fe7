package docs

import (
	"fmt"
	"os"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drill"
)

func (m maker) drillTable() (string, error) {
	drills, err := drill.All(m.root)
	var table strings.Builder
	table.WriteString("| drill | found by |\n|---|---|\n")
	for _, d := range drills {
		fmt.Fprintf(&table, "| [%s](%s.md) | [`%s`](../rules/%s.md) |\n", d.Title, d.Name, d.Rule, d.Rule)
	}
	return table.String(), err
}

// drill is what labcheck verify says of the recording of a drill, without
// what it has seen that holds, which stands before the first empty line.
func (m maker) drill(recipe string) (string, error) {
	_, args, _ := strings.Cut(recipe, " ")
	name, flags, _ := strings.Cut(args, " ")
	dir, err := drill.Unpack(m.root, name)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	output, _ := m.run(dir, "verify", drill.Overlay, "--root", ".", "--from", drill.Snapshot)
	_, wrong, _ := strings.Cut(output, "\n\n")
	command := strings.TrimSpace("labcheck verify " + drill.Overlay + " " + flags)
	return fmt.Sprintf("```console\n$ %s\n…\n\n%s```\n", command, wrong), nil
}
