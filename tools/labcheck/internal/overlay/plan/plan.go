// Package plan reads what a build of one kustomization directory will need,
// before kustomize does: every file, once. What kustomize must not see (a
// remote reference, a path that leads out of the repository, a plugin) it
// takes out of the kustomizations in memory and reports with its line; paths
// that stay are written so that kustomize cannot take them for a URL. It
// builds nothing.
package plan

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// FileNames are the names kustomize gives a kustomization file.
var FileNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// ComponentKind is the kind of a kustomization that only others can use.
const ComponentKind = "Component"

// A Plan is what a build of Dir needs.
type Plan struct {
	Dir      string
	Kusts    []*Kust           // in the order they were first used; Dir's own is first
	Files    map[string][]byte // every file read, as it is in the repository
	Links    map[string]string // where paths through symbolic links lead
	Problems []manifest.Problem
	// Deprecated are fields that kustomize reads, but will not for ever.
	Deprecated []manifest.Problem
	// OwnSchema says that a kustomization has an openapi field.
	OwnSchema bool

	repo     source.Files
	byDir    map[string]*Kust
	configs  map[string][]byte // plugin configurations as kustomize will see them
	fileSize int               // of all files read
	rewrote  int               // how many paths were written anew
	tooMany  bool              // kustomizations: reported
}

// A Kust is one kustomization file as kustomize will see it. Its nodes keep
// the lines and columns they have in the file.
type Kust struct {
	Dir       string
	File      string
	Fields    *yaml.Node // a mapping
	Component bool
	// Sealed says that it makes plugin configurations, which were found to
	// lead nowhere: it must be built as it is or not at all.
	Sealed bool

	uses   []*Kust
	builds int // how many kustomizations a build of it goes through
}

// takes notes that a build of a kustomization goes through another.
func (k *Kust) takes(other *Kust) {
	k.uses = append(k.uses, other)
	k.builds += other.builds
}

// Limits of one build.
const (
	maxBytes  = 64 << 20 // of all files read
	maxBuilds = 2000     // kustomizations, each counted as often as it is used
)

// Load plans a build of dir. The error is one of reading, not of content.
func Load(repo source.Files, dir string) (*Plan, error) {
	p := &Plan{
		Dir: path.Clean(dir), repo: repo,
		Files: map[string][]byte{}, Links: map[string]string{},
		byDir: map[string]*Kust{}, configs: map[string][]byte{},
	}
	problem, err := p.start()
	if err != nil {
		return nil, err
	}
	if problem != "" {
		p.report(manifest.Pos{File: p.Dir}, problem)
	}
	return p, nil
}

func (p *Plan) start() (problem string, err error) {
	resolved, kind, err := p.resolve(p.Dir)
	if err != nil || kind != source.Dir {
		return "no such directory in the repository", err
	}
	return p.visit(resolved, use{}, nil)
}

// use is how one kustomization uses another.
type use struct {
	component bool
}

// visit plans the kustomization in dir. stack holds the directories that lead
// there. What it returns is wrong with the use of dir, not with its content.
func (p *Plan) visit(dir string, use use, stack []string) (problem string, err error) {
	for _, above := range stack {
		if above == dir || dir == "." || strings.HasPrefix(above, dir+"/") {
			return fmt.Sprintf("cycle: %s is, or holds, a kustomization that leads here", dir), nil
		}
	}
	kust := p.byDir[dir]
	if kust == nil {
		if kust, problem, err = p.read(dir); err != nil || problem != "" {
			return problem, err
		}
		p.byDir[dir] = kust
		p.Kusts = append(p.Kusts, kust)
		if err := p.entries(kust, append(slices.Clone(stack), dir)); err != nil {
			return "", err
		}
	}
	return p.fit(kust, use, len(stack) == 0), nil
}

// known is wrong with a use, but was reported for another one.
const known = "known"

// fit says what is wrong with the way a kustomization is used.
func (p *Plan) fit(kust *Kust, use use, top bool) string {
	switch {
	case kust.Component && !use.component && !top:
		return kust.Dir + " is a Component: list it under components"
	case !kust.Component && use.component:
		return kust.Dir + " is no Component: list it under resources"
	case kust.builds > maxBuilds && p.tooMany:
		return known
	case kust.builds > maxBuilds:
		p.tooMany = true
		return fmt.Sprintf("a build of %s goes through more than %d kustomizations", kust.Dir, maxBuilds)
	}
	return ""
}

// read parses the kustomization file of dir.
func (p *Plan) read(dir string) (kust *Kust, problem string, err error) {
	var files []string
	for _, name := range FileNames {
		resolved, kind, err := p.resolve(path.Join(dir, name))
		if err != nil && !aboutContent(err) {
			return nil, "", err
		}
		if kind == source.File && below(resolved, dir) {
			files = append(files, path.Join(dir, name))
		}
	}
	switch len(files) {
	case 0:
		return nil, "no kustomization file in " + dir, nil
	case 1:
		kust, err := p.parse(dir, files[0])
		return kust, "", err
	}
	return nil, fmt.Sprintf("more than one kustomization file in %s: %s", dir, strings.Join(files, ", ")), nil
}

// parse reads a kustomization file. One that cannot be used is a Problem and
// stands for one that asks for nothing.
func (p *Plan) parse(dir, file string) (*Kust, error) {
	kust := &Kust{Dir: dir, File: file, Fields: &yaml.Node{Kind: yaml.MappingNode}, builds: 1}
	data, problem, err := p.load(file, true)
	if err != nil {
		return nil, err
	}
	if problem != nil {
		p.Problems = append(p.Problems, *problem)
		return kust, nil
	}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&doc); err != nil {
		if doc.IsZero() && len(bytes.TrimSpace(data)) == 0 {
			err = errors.New("the kustomization is empty")
		}
		p.report(SyntaxPos(file, data, err), Sentence(err))
		return kust, nil
	}
	fields, err := Expand(&doc)
	if err != nil || fields.Kind != yaml.MappingNode {
		p.report(p.At(file, fields), "the kustomization is not a mapping of fields")
		return kust, nil
	}
	kust.Fields = fields
	if kind, ok := Lookup(fields, "kind"); ok {
		kust.Component = kind.Value == ComponentKind
	}
	p.fields(kust)
	return kust, nil
}

// load reads a file once. With asYAML it is held against the limits of what
// kustomize can parse in time.
func (p *Plan) load(name string, asYAML bool) ([]byte, *manifest.Problem, error) {
	data, ok := p.Files[name]
	if !ok {
		resolved, kind, err := p.resolve(name)
		if err == nil && kind == source.File {
			data, err = p.repo.Read(resolved)
		}
		switch {
		case aboutContent(err):
			return nil, &manifest.Problem{Pos: manifest.Pos{File: name}, Message: "the file " + err.Error()}, nil
		case err != nil:
			return nil, nil, err
		}
		if p.fileSize += len(data); p.fileSize > maxBytes {
			message := fmt.Sprintf("with this file the overlay is larger than %d MiB", maxBytes>>20)
			return nil, &manifest.Problem{Pos: manifest.Pos{File: name}, Message: message}, nil
		}
		p.Files[resolved] = data
	}
	if asYAML {
		if line, problem := overLimit(data); problem != "" {
			return nil, &manifest.Problem{Pos: manifest.Pos{File: name, Line: line}, Message: problem}, nil
		}
	}
	return data, nil, nil
}

// resolve follows symbolic links and remembers those that matter.
func (p *Plan) resolve(name string) (string, source.Kind, error) {
	resolved, kind, err := p.repo.Resolve(name)
	if clean := path.Clean(name); err == nil && kind != source.Missing && clean != resolved {
		p.Links[clean] = resolved
	}
	return resolved, kind, err
}

// aboutContent tells what the repository says from what keeps it from being
// read.
func aboutContent(err error) bool {
	return errors.Is(err, source.ErrOutside) || errors.Is(err, source.ErrTooLarge) || errors.Is(err, source.ErrLoop)
}

// below says whether the file name lies in dir or deeper.
func below(name, dir string) bool { return dir == "." || strings.HasPrefix(name, dir+"/") }

func (p *Plan) report(pos manifest.Pos, message string) {
	p.Problems = append(p.Problems, manifest.Problem{Pos: pos, Message: message})
}

// At is the place of a node of a file that was read.
func (p *Plan) At(file string, node *yaml.Node) manifest.Pos {
	return NodePos(file, p.Files[file], node)
}
