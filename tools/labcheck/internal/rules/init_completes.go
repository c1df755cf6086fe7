package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// InitCompletes reports init containers that do not end.
var InitCompletes = &check.Rule{
	ID:    "init-completes",
	Title: "Every init container comes to its end",
	Doc:   page("init_completes.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Init, "pods"),
}
