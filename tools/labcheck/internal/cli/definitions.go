package cli

import (
	"os"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/crds"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// readDefinitions reads the CustomResourceDefinitions below the directories
// that --crds names, each of which must have some.
func readDefinitions(dir string, names []string) ([]manifest.Object, error) {
	var all []manifest.Object
	for _, name := range names {
		path := absolute(dir, name)
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			return nil, usagef("--crds %s is not a directory", name)
		}
		definitions, err := crds.Read(path, name)
		if err != nil {
			return nil, unreadable(err)
		}
		if len(definitions) == 0 {
			return nil, usagef("--crds %s holds no CustomResourceDefinition", name)
		}
		all = append(all, definitions...)
	}
	return all, nil
}
