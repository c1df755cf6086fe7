package custom

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

//go:generate go run ./crdgen

//go:embed set
var set embed.FS

// embedded are the definitions of the set that were asked for, by kind. They
// serve the whole process: a schema is read and compiled once.
var embedded sync.Map

// Embedded returns the definition of a kind that Argo CD or Flux brings, in
// the version that crdgen pins, or nil.
func Embedded(kind schema.GroupKind) *Definition {
	if d, ok := embedded.Load(kind); ok {
		return d.(*Definition)
	}
	line, ok := indexed(kind)
	if !ok {
		return nil
	}
	d, _ := embedded.LoadOrStore(kind, readIndex(kind, line))
	return d.(*Definition)
}

// index is what crdgen writes: one line for each kind.
var index = sync.OnceValue(func() string {
	text, err := set.ReadFile("set/index")
	if err != nil {
		panic(err) // this package does not compile without it
	}
	return "\n" + string(text)
})

// indexed returns what the index says of a kind after its group and kind.
func indexed(kind schema.GroupKind) (string, bool) {
	if strings.ContainsAny(kind.Group+kind.Kind, " \n") {
		return "", false
	}
	_, after, ok := strings.Cut(index(), "\n"+kind.Group+" "+kind.Kind+" ")
	line, _, _ := strings.Cut(after, "\n")
	return line, ok
}

// readIndex reads a line of the index: plural, scope and served versions.
func readIndex(kind schema.GroupKind, line string) *Definition {
	fields := strings.Fields(line)
	d := &Definition{
		Name:       fields[0] + "." + kind.Group,
		Kind:       kind,
		Plural:     fields[0],
		Namespaced: fields[1] == string(apiextensionsv1.NamespaceScoped),
	}
	for version := range strings.SplitSeq(fields[2], ",") {
		name := fmt.Sprintf("set/%s_%s.json.gz", d.Name, version)
		d.serve(version, func() (*apiextensionsv1.CustomResourceDefinitionVersion, error) { return unpack(name) })
	}
	return d
}

// unpack reads one version of a definition from the set.
func unpack(name string) (*apiextensionsv1.CustomResourceDefinitionVersion, error) {
	packed, err := set.ReadFile(name)
	if err != nil {
		return nil, err
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, err
	}
	var version apiextensionsv1.CustomResourceDefinitionVersion
	return &version, json.Unmarshal(text, &version)
}
