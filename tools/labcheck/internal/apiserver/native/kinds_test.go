package native

import (
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Every kind of the table must be in a scheme: table leaves out what is not.
func TestEveryKindIsKnown(t *testing.T) {
	for version, kindsOf := range strategies() {
		for name := range kindsOf {
			o := manifest.Object{Ref: manifest.Ref{APIVersion: version, Kind: name}}
			if _, ok := kinds()[typeOf(o)]; !ok {
				t.Errorf("no scheme knows %s of %s", name, version)
			}
		}
	}
}
