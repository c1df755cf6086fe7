package dead

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/resmap"
)

// maxBuilds bounds the builds spent on one kustomization.
const maxBuilds = 300

var errTooMany = fmt.Errorf("it takes more than %d builds", maxBuilds)

// A scope is the build in which pieces are judged: that of the kustomization
// that holds them, or, for a component, of one that uses it, up to there.
type scope struct {
	plan   *plan.Plan
	user   *plan.Kust
	fields *yaml.Node // of user, as far as they count
	texts  []*text    // those that pieces may be taken out of
	whole  [][]byte   // the objects with every piece in its place
	builds int
}

// upTo is the scope of a component: of the fields of user only those that
// come before it, and the component itself. A scope of user's own pieces has
// component nil and all fields.
func upTo(p *plan.Plan, user, component *plan.Kust) *scope {
	s := &scope{plan: p, user: user, fields: user.Fields}
	if component == nil {
		return s
	}
	s.fields = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for i := 0; i+1 < len(user.Fields.Content); i += 2 {
		key, value := user.Fields.Content[i], user.Fields.Content[i+1]
		switch key.Value {
		case "components":
			value = s.before(value, component)
		case "apiVersion", "kind", "resources", "bases", "generators", "configMapGenerator", "secretGenerator", "generatorOptions",
			"crds", "configurations", "openapi":
		default:
			continue
		}
		s.fields.Content = append(s.fields.Content, key, value)
	}
	return s
}

// before is a list of components up to the one that is, or uses, component.
func (s *scope) before(list *yaml.Node, component *plan.Kust) *yaml.Node {
	cut := *list
	for i, entry := range list.Content {
		if used := s.plan.Used(s.user, entry.Value); used != nil && slices.Contains(withComponents(s.plan, used), component) {
			cut.Content = list.Content[:i+1]
			break
		}
	}
	return &cut
}

// run builds the scope as it is now.
func (s *scope) run() (resmap.ResMap, error) {
	if s.builds++; s.builds > maxBuilds {
		return nil, errTooMany
	}
	files := s.plan.Inputs()
	for _, text := range s.texts {
		if err := text.write(files); err != nil {
			return nil, err
		}
	}
	for _, kust := range s.plan.Kusts {
		fields := kust.Fields
		if kust == s.user {
			fields = s.fields
		}
		data, err := plan.Encode(fields)
		if err != nil {
			return nil, fmt.Errorf("rewriting %s: %w", kust.File, err)
		}
		files[kust.File] = data
	}
	return engine.Run(source.InMemory(files, s.plan.Links), s.user.Dir, s.plan.OwnSchema)
}

// write puts a text that pieces were taken out of where kustomize will read
// it.
func (t *text) write(files map[string][]byte) error {
	if t.file == "" && t.outer == nil {
		return nil
	}
	if t.touched == 0 {
		t.restore()
		return nil
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	for _, doc := range t.docs {
		doc.Style &^= yaml.FlowStyle // what begins with [ kustomize takes for JSON
		if err := encoder.Encode(doc); err != nil {
			return fmt.Errorf("writing a patch without a piece of it: %w", err)
		}
	}
	if t.outer != nil {
		t.outer.Value = out.String()
	} else {
		files[t.file] = out.Bytes()
	}
	return nil
}

// start builds the scope with every piece in its place, once.
func (s *scope) start() error {
	if s.whole != nil {
		return nil
	}
	objects, err := s.run()
	if err == nil {
		s.whole, err = content(objects)
	}
	return err
}

// same says whether the objects are what they were at the start. A build that
// fails is not the same.
func (s *scope) same() (bool, error) {
	objects, err := s.run()
	if errors.Is(err, errTooMany) {
		return false, err
	}
	if err != nil {
		return false, nil
	}
	now, err := content(objects)
	return err == nil && slices.EqualFunc(s.whole, now, bytes.Equal), nil
}

func content(objects resmap.ResMap) ([][]byte, error) {
	var all [][]byte
	for _, object := range objects.Resources() {
		data, err := object.MarshalJSON()
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}
