package native_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/native"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/podsecurity"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

var scrambles = flag.Int("scrambles", 3000, "how many objects to scramble")

// TestScrambledObjectsPanicNowhere moves values of the corpus to places where
// nobody would write them.
func TestScrambledObjectsPanicNowhere(t *testing.T) {
	objects := readCorpus(t)
	var values []any
	for _, o := range objects {
		walk(o.Fields, nil, func(_ manifest.Path, value any) { values = append(values, value) })
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range *scrambles {
		o := objects[random.IntN(len(objects))]
		for range 1 + random.IntN(4) {
			o = scrambled(o, values[random.IntN(len(values))], random)
		}
		if _, err := native.Validate(o); err != nil {
			text, _ := json.Marshal(o.Fields)
			t.Errorf("%v: %s", err, text)
		}
		podsecurity.Judge([]manifest.Object{restricted, o})
	}
}

// scrambled is o with value at one random place.
func scrambled(o manifest.Object, value any, random *rand.Rand) manifest.Object {
	var paths []manifest.Path
	walk(o.Fields, nil, func(path manifest.Path, _ any) { paths = append(paths, path) })
	if len(paths) == 0 {
		return o
	}
	path := paths[random.IntN(len(paths))]
	o.Fields = applied(o.Fields, path, change{value: value}).(map[string]any)
	return o
}
