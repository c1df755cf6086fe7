// Package engine runs kustomize on files in memory: what is not among them
// does not exist, and nothing can be written. It decides nothing about what
// the files say.
package engine

import (
	"fmt"
	"path"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// schemas guards the OpenAPI schemas kyaml holds for the whole process: a
// build that brings its own runs alone, the others share them.
var schemas sync.RWMutex

// Run builds dir of repo as kubectl kustomize does. ownSchema says that one
// of its kustomizations has an openapi field. A panic of kustomize is an
// error.
func Run(repo *source.Memory, dir string, ownSchema bool) (objects resmap.ResMap, err error) {
	if ownSchema {
		schemas.Lock()
		defer schemas.Unlock()
		openapi.ResetOpenAPI()
		defer openapi.ResetOpenAPI()
	} else {
		schemas.RLock()
		defer schemas.RUnlock()
	}
	defer func() {
		if cause := recover(); cause != nil {
			objects, err = nil, fmt.Errorf("kustomize cannot work with this: %v", cause)
		}
	}()
	return krusty.MakeKustomizer(options()).Run(files{repo}, path.Join(Top, dir))
}

// options are those of the kustomize command line: the order of objects is
// the legacy one unless a kustomization says otherwise.
func options() *krusty.Options {
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	return options
}
