package cli

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/docs"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
)

// runDocs writes the generated documentation of labcheck's own repository, or
// with --check says which of it is not current.
func runDocs(args []string, w World) (int, error) {
	flags := pflag.NewFlagSet("docs", pflag.ContinueOnError)
	checkOnly := flags.Bool("check", false, "write nothing, and fail if a file is not current")
	if err := parse(flags, args, w); err != nil {
		return 0, err
	}
	root, err := findRoot(w.Dir, "", nil)
	if err != nil {
		return 0, err
	}
	files, err := docs.Make(root, rules.All, func(dir string, args ...string) (string, int) {
		var out bytes.Buffer
		code := Main(args, World{Dir: dir, Stdout: &out, Stderr: &out})
		return out.String(), code
	})
	if err != nil {
		return 0, err
	}
	code := Clean
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(root, name)
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, files[name]) {
			continue
		}
		if *checkOnly {
			fmt.Fprintf(w.Stdout, "%s is not current: labcheck docs writes it\n", name)
			code = Findings
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return 0, err
		}
		fmt.Fprintf(w.Stdout, "%s written\n", name)
	}
	return code, nil
}
