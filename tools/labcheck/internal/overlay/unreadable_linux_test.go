package overlay

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

const nobody = 65534

// A file that may not be read is an error and no Problem: it says nothing
// about content. Root may read everything, so there the thread that builds
// reads as nobody.
func TestUnreadable(t *testing.T) {
	files := map[string]string{"kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap}
	open, closed := tree(t, files), tree(t, files)
	mode(t, filepath.Join(closed, "cm.yaml"), 0)
	if os.Geteuid() == 0 {
		for _, dir := range []string{filepath.Dir(open), open, closed} {
			mode(t, dir, 0o755)
		}
		runtime.LockOSThread() // never unlocked: the thread ends with the test
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = syscall.Setfsuid(0) }) // so that the trees can be removed
	}
	if built, err := Build(open, "."); err != nil || len(built.Problems) > 0 {
		t.Errorf("readable: %v, want no error and no problem", err)
	}
	if built, err := Build(closed, "."); err == nil {
		t.Errorf("unreadable: problems %v, want an error", built.Problems)
	}
}

func mode(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}
