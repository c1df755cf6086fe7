package plan

import (
	"fmt"
	"path"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// Peeked is what a kustomization file says of itself and of others, without
// reading those.
type Peeked struct {
	Component bool
	Uses      []string // paths in the repository
}

// Peek reads the kustomization file of dir; nil says that there is none. One
// that cannot be parsed says nothing.
func Peek(repo source.Files, dir string) (*Peeked, error) {
	for _, name := range FileNames {
		resolved, kind, err := repo.Resolve(path.Join(dir, name))
		if err != nil && !aboutContent(err) {
			return nil, fmt.Errorf("reading kustomization: %w", err)
		}
		if kind != source.File {
			continue
		}
		data, err := repo.Read(resolved)
		if err != nil && !aboutContent(err) {
			return nil, fmt.Errorf("reading kustomization: %w", err)
		}
		if _, over := overLimit(data); over != "" {
			data = nil
		}
		return peek(repo, dir, data), nil
	}
	return nil, nil
}

func peek(repo source.Files, dir string, data []byte) *Peeked {
	var fields struct {
		Kind                                 string
		Resources, Bases, Components         []string
		Generators, Transformers, Validators []string
	}
	_ = yaml.Unmarshal(data, &fields) // what can be read of it is enough
	peeked := &Peeked{Component: fields.Kind == ComponentKind}
	for _, entries := range [][]string{
		fields.Resources, fields.Bases, fields.Components,
		fields.Generators, fields.Transformers, fields.Validators,
	} {
		for _, entry := range entries {
			if resolved, kind, err := repo.Resolve(path.Join(dir, entry)); err == nil && kind == source.Dir {
				peeked.Uses = append(peeked.Uses, resolved)
			}
		}
	}
	return peeked
}
