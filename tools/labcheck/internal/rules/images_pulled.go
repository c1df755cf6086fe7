package rules

import (
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
)

// ImagesPulled reports images that a node cannot get.
var ImagesPulled = &check.Rule{
	ID:    "images-pulled",
	Title: "Every image can be pulled by the node that runs it",
	Doc:   page("images_pulled.md"),
	Needs: check.Live,
	Check: causes(diagnosis.Image, "pods"),
}
