package plan

import (
	"fmt"
	"maps"
	"path"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// Memory is what kustomize gets to see.
func (p *Plan) Memory() (*source.Memory, error) {
	files := p.Inputs()
	for _, kust := range p.Kusts {
		data, err := Encode(kust.Fields)
		if err != nil {
			return nil, fmt.Errorf("rewriting %s: %w", kust.File, err)
		}
		files[kust.File] = data
	}
	return source.InMemory(files, p.Links), nil
}

// Inputs are all files but the kustomizations as kustomize gets to see them.
func (p *Plan) Inputs() map[string][]byte {
	files := maps.Clone(p.Files)
	maps.Copy(files, p.configs)
	return files
}

// Input is the file that an entry of kust names, if it names one.
func (p *Plan) Input(kust *Kust, entry string) (file string, ok bool) {
	file = path.Join(kust.Dir, entry)
	if target, linked := p.Links[file]; linked {
		file = target
	}
	_, ok = p.Files[file]
	return file, ok
}

// Used is the kustomization that an entry of kust names, nil if it names none.
func (p *Plan) Used(kust *Kust, entry string) *Kust {
	dir := path.Join(kust.Dir, entry)
	if target, linked := p.Links[dir]; linked {
		dir = target
	}
	return p.byDir[dir]
}

// In is the kustomization in dir, nil if the build needs none there.
func (p *Plan) In(dir string) *Kust { return p.byDir[dir] }

// Encode writes the fields of a kustomization; one without any is written as
// one that asks for nothing, which kustomize accepts.
func Encode(fields *yaml.Node) ([]byte, error) {
	data, err := yaml.Marshal(fields)
	if err != nil {
		return nil, err
	}
	if len(fields.Content) == 0 {
		data = nil
	}
	if _, ok := Lookup(fields, "resources"); !ok {
		data = append(data, "resources: []\n"...)
	}
	return data, nil
}
