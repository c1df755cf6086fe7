package cli_test

import (
	"flag"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/rules"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata/script")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"labcheck": func() { os.Exit(cli.Main(os.Args[1:], cli.System())) },
	})
}

// Each script is one behaviour of the command line: arguments in, exact
// output and exit code out.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			cache, err := os.UserCacheDir()
			env.Setenv("XDG_CACHE_HOME", cache)
			offline := slices.DeleteFunc(slices.Clone(rules.All), func(r *check.Rule) bool { return r.Needs == check.Live })
			env.Setenv("RULES", strconv.Itoa(len(offline)))
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits CODE COMMAND... runs a command that must end with CODE.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		_, code, _ = cutLast(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("exit code %s, want %s (%v)", code, args[0], err)
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
