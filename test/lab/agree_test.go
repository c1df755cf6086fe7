package lab

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(repository, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The image is built on the nginx that the lab runs, and labelled with the tag
// that the lab asks for.
func TestDockerfileAgreesWithTheImages(t *testing.T) {
	dockerfile := read(t, "images/custom-nginx/Dockerfile")
	tag := tags(t, "base/kustomization.yaml")
	for _, want := range []string{"FROM nginx:" + tag["nginx"] + "\n", `image.version="` + tag["custom-nginx"] + `"`} {
		if !strings.Contains(dockerfile, want) {
			t.Errorf("images/custom-nginx/Dockerfile does not say %q, as base/kustomization.yaml does", want)
		}
	}
}

// The probes run the images of the lab, in the same versions.
func TestProbesRunTheImagesOfTheLab(t *testing.T) {
	lab := tags(t, "base/kustomization.yaml")
	probes := tags(t, "probes/kustomization.yaml")
	for name, tag := range probes {
		if lab[name] != tag {
			t.Errorf("probes/kustomization.yaml runs %s:%s, base/kustomization.yaml has the tag %q", name, tag, lab[name])
		}
	}
	if len(probes) == 0 {
		t.Error("probes/kustomization.yaml names no tag")
	}
}

// tags are the image tags that a kustomization file sets, by the image's name.
func tags(t *testing.T, file string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^  - name: (\S+)\n    newTag: "?([^"\n]+)"?$`).FindAllStringSubmatch(read(t, file), -1) {
		found[match[1]] = match[2]
	}
	return found
}

// The variation without a ConfigMap has the same settings as the ConfigMap's
// files, without their comments.
func TestVariationHasTheSameSettings(t *testing.T) {
	found := 0
	for _, object := range build(t, "overlays/without-configmap") {
		if object["kind"] != "StatefulSet" {
			continue
		}
		template := object["spec"].(map[string]any)["template"].(map[string]any)
		annotations := template["metadata"].(map[string]any)["annotations"].(map[string]any)
		for _, name := range []string{"common.cnf", "primary.cnf", "replica.cnf"} {
			found++
			if want := settings(read(t, "base/mysql/config/"+name)); annotations[name] != want {
				t.Errorf("annotation %s of components/mysql-without-configmap is\n%s\nbut base/mysql/config/%s says\n%s", name, annotations[name], name, want)
			}
		}
	}
	if found != 3 {
		t.Errorf("compared %d files, want 3", found)
	}
}

func settings(file string) string {
	var kept strings.Builder
	for line := range strings.Lines(file) {
		if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
