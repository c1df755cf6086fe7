package drill_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/cli"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/drill"
)

const repository = "../../../.."

func drills(t *testing.T) []drill.Drill {
	t.Helper()
	all, err := drill.All(repository)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d drills: %v", len(all), err)
	}
	return all
}

// What a drill has broken is found in its recording: by the rule of its page,
// and by no other.
func TestRecordingsAreFound(t *testing.T) {
	for _, d := range drills(t) {
		t.Run(d.Name, func(t *testing.T) {
			dir, err := drill.Unpack(repository, d.Name)
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			wantFound(t, d, verify(t, dir, "--root", ".", "--from", drill.Snapshot))
		})
	}
}

// Every recording has a page.
func TestRecordingsAreShown(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository, drill.File("*")))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		if !slices.ContainsFunc(drills(t), func(d drill.Drill) bool { return d.Name == name }) {
			t.Errorf("%s is the recording of no page in %s", drill.File(name), drill.Pages)
		}
	}
}

// No value of a Secret is in a Snapshot.
func TestRecordingsHoldNoSecret(t *testing.T) {
	const component = "components/lab-secret/kustomization.yaml"
	for _, d := range drills(t) {
		dir, err := drill.Unpack(repository, d.Name)
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		values := regexp.MustCompile(`-password=(\S+)`).FindAllStringSubmatch(read(t, dir, component), -1)
		if len(values) == 0 {
			t.Errorf("%s: %s has no password", d.Name, component)
		}
		for _, value := range values {
			if strings.Contains(read(t, dir, drill.Snapshot), value[1]) {
				t.Errorf("%s: the Snapshot has a value of Secret mysql", d.Name)
			}
		}
	}
}

func read(t *testing.T, dir, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// A verdict is what labcheck verify says of a lab.
type verdict struct {
	Code     int
	Findings []struct {
		Rule, Message string
		Object        struct{ Kind, Name string }
	}
	Complaints string
}

// verify judges the lab in dir.
func verify(t *testing.T, dir string, args ...string) verdict {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Main(append([]string{"verify", drill.Overlay, "-o", "json"}, args...), cli.World{Dir: dir, Stdout: &stdout, Stderr: &stderr})
	v := verdict{Code: code, Complaints: stderr.String()}
	if err := json.Unmarshal(stdout.Bytes(), &v); err != nil {
		t.Fatalf("labcheck verify: exit code %d: %v\n%s", code, err, stderr.String())
	}
	return v
}

// wantFound holds that what d breaks is found, and nothing else.
func wantFound(t *testing.T, d drill.Drill, v verdict) {
	t.Helper()
	if len(v.Findings) == 0 {
		t.Fatalf("want a finding of %s, there is none\n%s", d.Rule, v.Complaints)
	}
	for i, f := range v.Findings {
		if i > 0 || f.Rule != d.Rule {
			t.Errorf("want one finding, of %s, and got %s/%s: %s [%s]", d.Rule, f.Object.Kind, f.Object.Name, f.Message, f.Rule)
		}
	}
}
