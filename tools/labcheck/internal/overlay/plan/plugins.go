package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/engine"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
	"go.yaml.in/yaml/v3"
)

// plugin plans an entry of generators, transformers or validators: a file, a
// kustomization or the text of plugin configurations.
func (p *Plan) plugin(kust *Kust, entry *yaml.Node, stack []string) (bool, error) {
	if entry.Kind != yaml.ScalarNode {
		return true, nil
	}
	at := func(*yaml.Node) manifest.Pos { return p.At(kust.File, entry) }
	if IsInline(entry.Value) {
		if !p.text(entryList{kust: kust, at: at}, entry) {
			return false, nil
		}
		text, ok, err := p.configuration(entryList{kust: kust, at: at}, []byte(entry.Value))
		entry.Value = string(text)
		return ok, err
	}
	resolved, kind, problem, err := p.confine(kust.Dir, entry.Value)
	if err != nil {
		return false, err
	}
	ok := true
	switch {
	case problem != "":
	case kind == source.Dir:
		if problem, err = p.visit(resolved, use{}, stack); problem == "" && err == nil {
			kust.takes(p.byDir[resolved])
			ok, problem, err = p.builtConfiguration(kust, resolved, entry)
		}
	default:
		if problem, err = p.loadFor(kust, resolved, entry.Value, true); problem == "" && err == nil {
			at = func(node *yaml.Node) manifest.Pos { return p.At(resolved, node) }
			p.configs[resolved], ok, err = p.configuration(entryList{kust: kust, at: at}, p.Files[resolved])
		}
	}
	if problem != "" && problem != known {
		p.report(p.At(kust.File, entry), problem)
	}
	entry.Value = local(entry.Value)
	return ok && problem == "", err
}

// configuration plans the paths in plugin configurations and returns them as
// kustomize may see them, with as little changed as can be. It reports what must not be followed.
func (p *Plan) configuration(list entryList, text []byte) ([]byte, bool, error) {
	var out bytes.Buffer
	rewrote := p.rewrote
	decoder, encoder := yaml.NewDecoder(bytes.NewReader(text)), yaml.NewEncoder(&out)
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.report(list.at(nil), Sentence(err))
			return text, false, nil
		}
		fields, err := Expand(&doc)
		if err != nil || fields.Kind != yaml.MappingNode {
			continue
		}
		if problem := refusePlugin(fields); problem != "" {
			p.report(list.at(fields), problem)
			return text, false, nil
		}
		before := len(p.Problems)
		if err := p.pluginFiles(list, fields); err != nil {
			return text, false, err
		}
		if len(p.Problems) > before {
			return text, false, nil
		}
		if err := encoder.Encode(fields); err != nil {
			return text, false, fmt.Errorf("rewriting plugin configuration: %w", err)
		}
	}
	if p.rewrote == rewrote {
		return text, true, nil
	}
	return out.Bytes(), true, encoder.Close()
}

// pluginFiles plans the files a builtin plugin names.
func (p *Plan) pluginFiles(list entryList, fields *yaml.Node) error {
	if err := p.files(list, fields); err != nil {
		return err
	}
	if err := p.dataFiles(list, fields); err != nil {
		return err
	}
	for _, field := range []string{"patch", "patches", "jsonOp"} {
		if text, ok := Lookup(fields, field); ok && text.Kind == yaml.ScalarNode && !p.text(list, text) {
			return nil
		}
	}
	return p.fileField(list, fields, "path", yamlFile)
}

// refusePlugin says why kustomize must not load a plugin, if it must not:
// anything but a builtin is a program to run.
func refusePlugin(fields *yaml.Node) string {
	apiVersion, _ := Lookup(fields, "apiVersion")
	kind, _ := Lookup(fields, "kind")
	metadata, _ := Lookup(fields, "metadata")
	annotations, _ := Lookup(metadata, "annotations")
	_, function := Lookup(annotations, "config.kubernetes.io/function")
	_, oldFunction := Lookup(annotations, "config.k8s.io/function")
	switch {
	case function || oldFunction || apiVersion == nil || apiVersion.Value != "builtin":
		return "a plugin that is not built into kustomize is not run: it is a program"
	case kind != nil && kind.Value == "HelmChartInflationGenerator":
		return "a Helm chart is not built: it takes a download and a process"
	}
	return ""
}

// unhide is where, in memory only, a kustomization lies that shows what
// another makes, and with it what is marked as not to be shown: kustomize
// makes plugins of that as well.
const unhide = "labcheck-plugins"

// builtConfiguration builds the kustomization of plugin configurations in
// dir, and plans what they name. From then on nobody may change what was
// built, as paths that a build made cannot be rewritten.
func (p *Plan) builtConfiguration(kust *Kust, dir string, entry *yaml.Node) (ok bool, problem string, err error) {
	memory, err := p.Memory()
	if err != nil {
		return false, "", err
	}
	shown := "resources: [../" + dir + "]\ncommonAnnotations: {config.kubernetes.io/local-config: \"false\"}\n"
	objects, err := engine.Run(memory.With(unhide+"/"+FileNames[0], []byte(shown)), unhide, p.OwnSchema)
	if err != nil {
		return false, "its plugin configurations cannot be built: " + Sentence(err), nil
	}
	text, err := objects.AsYaml()
	if err != nil {
		return false, "its plugin configurations cannot be built: " + Sentence(err), nil
	}
	p.byDir[dir].seal()
	at := func(*yaml.Node) manifest.Pos { return p.At(kust.File, entry) }
	_, ok, err = p.configuration(entryList{kust: kust, at: at}, text)
	return ok, "", err
}

func (k *Kust) seal() {
	k.Sealed = true
	for _, used := range k.uses {
		used.seal()
	}
}
