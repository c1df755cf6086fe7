package schema

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const goodPod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a}]}}"

func freshCache(t *testing.T) (schemas string) {
	t.Helper()
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	return filepath.Join(cache, "labcheck", "schemas")
}

func TestConcurrentUse(t *testing.T) {
	freshCache(t)
	j := newJudge()
	good := goodObjects(t)
	bad := object(t, "{apiVersion: v1, kind: Pod, spec: {containers: [], schedulingGroup: {}}}")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for _, o := range good {
				if found, err := j.validate(o, Versions); err != nil || len(found) > 0 {
					t.Errorf("%s: got %v, %v", o.Ref, found, err)
				}
			}
			found, err := j.validate(bad, Versions)
			if want := "spec.schedulingGroup: unknown field \"schedulingGroup\" [1.34 1.35]\n"; err != nil || render(found) != want {
				t.Errorf("got %v and\n%swant\n%s", err, render(found), want)
			}
		})
	}
	group.Wait()
}

func TestUnpackByManyProcesses(t *testing.T) {
	schemas := freshCache(t)
	// What a process that was killed while it unpacked has left behind.
	if err := os.MkdirAll(filepath.Join(schemas, ".filling-1"), 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), unpackOnly+"=1")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		group.Go(func() {
			dir, err := unpack()
			if err != nil {
				t.Error(err)
			} else if err := verifyAll(dir); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	entries, err := os.ReadDir(schemas)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 {
		t.Errorf("%s holds %v, want the set and what was there before", schemas, entries)
	}
}

func TestTampered(t *testing.T) {
	variants := embedded().find("v1", "Pod")
	ofAll := variants[len(variants)-1]
	for _, test := range []struct {
		name   string
		tamper func(path string) error
		want   string
	}{
		{"changed", func(path string) error { return os.WriteFile(path, []byte("{}"), 0o644) }, "was changed"},
		{"no JSON", func(path string) error { return os.WriteFile(path, []byte("{"), 0o644) }, "was changed"},
		{"missing", os.Remove, "cannot be read"},
	} {
		for _, name := range []string{
			ofAll.files[0], // found by kubeconform
			ofAll.files[1], // referred to
			embedded().find("part", "PodSpec")[0].files[1], // needed for the part only
		} {
			t.Run(test.name+" "+name, func(t *testing.T) {
				freshCache(t)
				dir, err := unpack()
				if err != nil {
					t.Fatal(err)
				}
				if err := test.tamper(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
				// Wrong in all versions, so that all schemas are used.
				pod := object(t, "{apiVersion: v1, kind: Pod, spec: {containers: [], x: y}}")
				found, err := newJudge().validate(pod, Versions)
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), dir) {
					t.Errorf("got %v, %v, want an error with %q and %s", found, err, test.want, dir)
				}
				if errors.Is(err, ErrNoSchema) {
					t.Error("the error is ErrNoSchema, which means that there is no such kind")
				}
			})
		}
	}
}

func TestCacheCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, cache := range map[string]string{
		"a file in place of the directory": file,
		"relative":                         "cache",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", cache)
			found, err := newJudge().validate(object(t, goodPod), Versions)
			if err == nil || !strings.Contains(err.Error(), "unpacking the schemas") || errors.Is(err, ErrNoSchema) {
				t.Errorf("got %v, %v, want an error about unpacking", found, err)
			}
		})
	}
	t.Run("a file in place of the set", func(t *testing.T) {
		schemas := freshCache(t)
		if err := os.MkdirAll(schemas, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(schemas, embedded().hash), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := newJudge().validate(object(t, goodPod), Versions); err == nil {
			t.Error("got no error")
		}
	})
}
