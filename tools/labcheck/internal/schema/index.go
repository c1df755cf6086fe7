package schema

import (
	"embed"
	"fmt"
	"strings"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

//go:embed set
var set embed.FS

// common is the version of the schemas that allow nothing but what all
// versions allow. They do not allow all of it: see schemagen.
const common = "common"

// A variant is one schema of one kind, the same in all of its versions.
type variant struct {
	apiVersion, kind string
	versions         []string      // oldest first, then common
	cut              manifest.Path // to what it leaves to the schema of the part
	files            []string      // all it is made of, its own first
}

// version is the one under which kubeconform is to look for the schema.
func (v *variant) version() string { return v.versions[len(v.versions)-1] }

// location is where kubeconform finds the schema of a kind in the unpacked
// set. Group is the whole group, or the version of a kind that has no group.
const location = "{{ .Group }}_{{ .ResourceAPIVersion }}_{{ .ResourceKind }}_{{ .NormalizedKubernetesVersion }}.json"

// fileName is what location comes to for v.
func (v *variant) fileName() string {
	group, version, grouped := strings.Cut(v.apiVersion, "/")
	if !grouped {
		version = group
	}
	return fmt.Sprintf("%s_%s_%s_v%s.json", group, version, strings.ToLower(v.kind), v.version())
}

// An index knows what the embedded set holds.
type index struct {
	hash string // of all files
	text string
}

// embedded is the index of the embedded set.
var embedded = sync.OnceValue(func() index {
	content, err := set.ReadFile("set/index")
	if err != nil {
		panic(err) // this package does not compile without it
	}
	first, text, _ := strings.Cut(string(content), "\n")
	return index{hash: strings.TrimPrefix(first, "set "), text: text}
})

// find returns the variants of a kind, none if there is no such kind. It
// reads what the function index of schemagen wrote: one line per variant, with
// those of a kind together.
func (x index) find(apiVersion, kind string) []*variant {
	if strings.ContainsAny(apiVersion+kind, " \n") {
		return nil
	}
	begin := "\n" + apiVersion + " " + kind + " "
	var found []*variant
	for rest := x.text; ; {
		_, after, ok := strings.Cut(rest, begin)
		if !ok {
			return found
		}
		end := strings.IndexByte(after, '\n')
		found = append(found, parseVariant(apiVersion, kind, after[:end]))
		rest = after[end:]
	}
}

// parseVariant reads what the index says of a variant after its kind.
func parseVariant(apiVersion, kind, line string) *variant {
	fields := strings.Fields(line)
	v := &variant{apiVersion: apiVersion, kind: kind, versions: strings.Split(fields[0], ",")}
	if fields[1] != "-" {
		v.cut = strings.Split(fields[1], ".")
	}
	v.files = append([]string{v.fileName()}, fields[2:]...)
	return v
}
