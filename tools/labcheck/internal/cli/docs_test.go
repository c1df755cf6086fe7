package cli_test

import (
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
)

func TestDocsAreCurrent(t *testing.T) {
	if code, stdout, stderr := labcheck(repository, "docs", "--check"); code != cli.Clean {
		t.Errorf("exit code %d; make docs\n%s%s", code, stdout, stderr)
	}
}
