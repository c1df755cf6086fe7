// Package overlay turns a kustomization directory into the objects it
// describes, each with the places in files that wrote its fields. Nothing is
// fetched, run or written, and nothing outside the repository is read. It
// judges nothing: what cannot be built is a Problem with a place, and the
// rest of the overlay is built all the same.
package overlay

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/trace"
	"go.yaml.in/yaml/v3"
	k8sjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/kustomize/api/resmap"
	k8syaml "sigs.k8s.io/yaml"
)

// A Repository builds the overlays below one directory, and keeps what it
// found out about the kustomizations that they share. It is safe for
// concurrent use.
type Repository struct {
	root      string
	known     known
	built     sync.Map                        // directory to func() (*Built, error)
	overlays  func() ([]string, error)        // all root overlays
	mentioned func() (map[string]bool, error) // the files that any kustomization names
}

// Open names the directory root; nothing outside is read.
func Open(root string) *Repository {
	return &Repository{
		root:      root,
		overlays:  sync.OnceValues(func() ([]string, error) { return Find(root) }),
		mentioned: sync.OnceValues(func() (map[string]bool, error) { return readMentions(root) }),
	}
}

// Built is what a kustomization directory describes.
type Built struct {
	Dir      string
	Objects  []manifest.Object  // in build order
	Problems []manifest.Problem // what could not be built, at the line to edit
	Files    map[string][]byte  // every file read, by its path relative to root
	// Annotations are what its kustomizations say to labcheck.
	Annotations []manifest.Annotation

	json       [][]byte     // the objects as kustomize hands them on
	nodes      []*yaml.Node // the same, parsed
	plan       *plan.Plan
	repository *Repository
}

// YAML is what kubectl kustomize prints.
func (b *Built) YAML() ([]byte, error) {
	var out bytes.Buffer
	for _, object := range b.json {
		if out.Len() > 0 {
			out.WriteString("---\n")
		}
		text, err := k8syaml.JSONToYAML(object)
		if err != nil {
			return nil, err
		}
		out.Write(text)
	}
	return out.Bytes(), nil
}

// Build builds root/dir, as the only overlay of a Repository.
func Build(root, dir string) (*Built, error) { return Open(root).Build(dir) }

// Build builds dir, a path below the root, once. Content that keeps a part of
// it from being built is a Problem; an error means that nothing can be said
// about the content.
func (r *Repository) Build(dir string) (*Built, error) {
	once, _ := r.built.LoadOrStore(dir, sync.OnceValues(func() (*Built, error) { return r.build(dir) }))
	return once.(func() (*Built, error))()
}

func (r *Repository) build(dir string) (*Built, error) {
	repo, err := source.Open(r.root)
	if err != nil {
		return nil, err
	}
	defer repo.Close()
	return r.buildFrom(repo, dir)
}

func (r *Repository) buildFrom(repo source.Files, dir string) (*Built, error) {
	p, err := plan.Load(repo, dir)
	if err != nil {
		return nil, fmt.Errorf("planning %s: %w", dir, err)
	}
	built := &Built{Dir: dir, Files: p.Files, Annotations: annotations(p), plan: p, repository: r}
	if len(p.Kusts) > 0 {
		resources, err := build(p)
		if err != nil {
			return nil, fmt.Errorf("building %s: %w", dir, err)
		}
		if err := built.take(resources, p); err != nil {
			return nil, fmt.Errorf("building %s: %w", dir, err)
		}
	}
	built.locate(p)
	built.Problems = built.follow(p.Problems)
	return built, nil
}

// take keeps the objects kustomize has built.
func (b *Built) take(resources resmap.ResMap, p *plan.Plan) error {
	for _, res := range resources.Resources() {
		data, err := res.MarshalJSON()
		if err != nil {
			p.Problems = append(p.Problems, unprintable(p, res, err))
			continue
		}
		object, err := decode(data)
		if err != nil {
			return err
		}
		b.Objects = append(b.Objects, object)
		b.json = append(b.json, data)
		b.nodes = append(b.nodes, res.YNode())
	}
	return nil
}

func decode(data []byte) (manifest.Object, error) {
	var object manifest.Object
	if err := k8sjson.Unmarshal(data, &object.Fields); err != nil {
		return manifest.Object{}, err
	}
	object.Ref = manifest.Ref{
		APIVersion: object.Text("apiVersion"),
		Kind:       object.Text("kind"),
		Namespace:  object.Text("metadata", "namespace"),
		Name:       object.Text("metadata", "name"),
	}
	return object, nil
}

// locate gives every object its source: one trace for all of them, made when
// the first is asked.
func (b *Built) locate(p *plan.Plan) {
	objects := make([]map[string]any, len(b.Objects))
	for i, object := range b.Objects {
		objects[i] = object.Fields
	}
	tracer := trace.New(p, objects)
	for i := range b.Objects {
		b.Objects[i].Source = located{tracer, i}
	}
}

// follow relates what the leads of problems lead to, as far as that is known.
func (b *Built) follow(problems []manifest.Problem) []manifest.Problem {
	for i, problem := range problems {
		for _, lead := range problem.Leads {
			at := slices.IndexFunc(b.Objects, func(object manifest.Object) bool { return object.Ref == lead.Object })
			if at < 0 {
				continue
			}
			if pos := b.Objects[at].Locate(lead.Path...).Pos; pos.Line > 0 {
				problems[i].Related = slices.Concat(problems[i].Related, []manifest.Related{{Message: lead.Message, Pos: pos}})
			}
		}
		problems[i].Leads = nil
	}
	return problems
}

// located is the source of one object.
type located struct {
	tracer *trace.Tracer
	object int
}

func (l located) Locate(path manifest.Path) manifest.Blame { return l.tracer.Locate(l.object, path) }
