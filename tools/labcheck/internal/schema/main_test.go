package schema

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// unpackOnly makes the test binary unpack and exit: another process.
const unpackOnly = "SCHEMA_TEST_UNPACK_ONLY"

// TestMain keeps the tests off the cache of the user who runs them.
func TestMain(m *testing.M) {
	if os.Getenv(unpackOnly) != "" {
		dir, err := unpack()
		if err == nil {
			err = verifyAll(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	cache, err := os.MkdirTemp("", "labcheck-schema-test-*")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CACHE_HOME", cache)
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// verifyAll verifies every file of the unpacked set.
func verifyAll(dir string) error {
	entries, err := set.ReadDir("set")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := verify(dir, []string{entry.Name()}); err != nil {
			return err
		}
	}
	return nil
}

// object reads one object as a built overlay would hold it.
func object(t testing.TB, text string) manifest.Object {
	t.Helper()
	content, err := yaml.YAMLToJSONStrict([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(content, &fields); err != nil { // whole numbers are int64
		t.Fatal(err)
	}
	return wrap(fields)
}

func wrap(fields map[string]any) manifest.Object {
	apiVersion, _ := fields["apiVersion"].(string)
	kind, _ := fields["kind"].(string)
	name, _ := manifest.Lookup(fields, "metadata", "name")
	return manifest.Object{Ref: manifest.Ref{APIVersion: apiVersion, Kind: kind, Name: fmt.Sprint(name)}, Fields: fields}
}

// render writes violations one a line, with their versions unless it is all.
func render(violations []Violation) string {
	var b strings.Builder
	for _, v := range violations {
		fmt.Fprintf(&b, "%s: %s", v.Path, v.Message)
		if len(v.Versions) != len(Versions) {
			fmt.Fprintf(&b, " %v", v.Versions)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
