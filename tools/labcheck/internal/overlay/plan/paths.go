package plan

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/source"
)

// remote matches what kustomize would fetch with HTTP or git, and what people
// write who believe that it would.
var remote = regexp.MustCompile(`(?i)^(https?:|[a-z][a-z0-9+.-]*://|git::|[a-z][a-z0-9-]*@|(www\.)?(github|gitlab|bitbucket)\.(com|org)[/:]|gh:)|[?&](ref|version|submodules|timeout)=`)

// confine says what is wrong with a path as it is written in a kustomization
// of dir, and where in the repository it leads.
func (p *Plan) confine(dir, text string) (resolved string, kind source.Kind, problem string, err error) {
	switch {
	case text == "":
		return "", source.Missing, "an empty path", nil
	case remote.MatchString(text):
		return "", source.Missing, fmt.Sprintf("%q%s", text, isRemote), nil
	case path.IsAbs(text) || strings.Contains(text, `\`) || strings.ContainsRune(text, 0):
		return "", source.Missing, fmt.Sprintf("%q is not a relative path with slashes", text), nil
	}
	resolved, kind, err = p.resolve(path.Join(dir, text))
	switch {
	case aboutContent(err):
		return "", source.Missing, fmt.Sprintf("%q %v", text, err), nil
	case err != nil:
		return "", source.Missing, "", err
	case kind == source.Missing:
		return "", kind, fmt.Sprintf("%q does not exist", text), nil
	}
	return resolved, kind, "", nil
}

// local writes a path so that kustomize can take it for nothing but a path.
func local(text string) string {
	if strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../") || text == "." || text == ".." {
		return text
	}
	return "./" + text
}

const isRemote = " is remote: a build must not depend on the network"

// Remote reports whether an entry of the kustomizations is left out because it
// is not in the repository.
func (p *Plan) Remote() bool {
	return slices.ContainsFunc(p.Problems, func(problem manifest.Problem) bool { return strings.HasSuffix(problem.Message, isRemote) })
}
