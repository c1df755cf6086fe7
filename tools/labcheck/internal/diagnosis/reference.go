package diagnosis

import (
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

func itoa(i int) string { return strconv.Itoa(i) }

// missingKey is what the kubelet says of a key that a Secret or ConfigMap lacks.
var missingKey = regexp.MustCompile(`couldn't find key (\S+) in (Secret|ConfigMap) [^/]+/(\S+)`)

// blamedBy is the field of container c that makes the kubelet say why.
func (p patient) blamedBy(c corev1.Container, why string) manifest.Path {
	base := p.home.container(c.Name)
	if strings.Contains(why, "runAsNonRoot") {
		return append(base, "securityContext", "runAsNonRoot")
	}
	source, object, wanted := "", "", ""
	if match := missingKey.FindStringSubmatch(why); match != nil {
		source, object, wanted = strings.ToLower(match[2]), match[3], match[1]
	} else if match := missing.FindStringSubmatch(why); match != nil {
		source, object = strings.ToLower(match[1]), match[2]
	} else {
		return append(base, "command")
	}
	for i, e := range c.EnvFrom {
		from := manifest.Path{"envFrom", itoa(i)}
		if e.SecretRef != nil && source == "secret" && e.SecretRef.Name == object {
			return append(append(base, from...), "secretRef", "name")
		}
		if e.ConfigMapRef != nil && source == "configmap" && e.ConfigMapRef.Name == object {
			return append(append(base, from...), "configMapRef", "name")
		}
	}
	for _, e := range c.Env {
		i := indexByName(p.home.object, append(base[:len(base):len(base)], "env"), e.Name)
		if e.ValueFrom == nil || i == "" {
			continue
		}
		from := append(base[:len(base):len(base)], "env", i, "valueFrom")
		if r := e.ValueFrom.SecretKeyRef; r != nil && source == "secret" && r.Name == object && (wanted == "" || r.Key == wanted) {
			return append(from, "secretKeyRef", field(wanted))
		}
		if r := e.ValueFrom.ConfigMapKeyRef; r != nil && source == "configmap" && r.Name == object && (wanted == "" || r.Key == wanted) {
			return append(from, "configMapKeyRef", field(wanted))
		}
	}
	return base
}

// lostKey is the place in the overlay of a key that the kubelet does not find,
// where the overlay has it: then the cluster has lost it.
func (p patient) lostKey(why string) (manifest.Object, manifest.Path, bool) {
	match := missingKey.FindStringSubmatch(why)
	if match == nil {
		return manifest.Object{}, nil, false
	}
	for _, o := range p.overlay {
		if o.Group() != "" || o.Kind != match[2] || o.Name != match[3] {
			continue
		}
		for _, part := range []string{"data", "stringData", "binaryData"} {
			if _, ok := o.Field(part, match[1]); ok {
				return o, manifest.Path{part, match[1]}, true
			}
		}
	}
	return manifest.Object{}, nil, false
}

// field is the field that refers to what is missing: a key, or the object.
func field(key string) string {
	if key != "" {
		return "key"
	}
	return "name"
}
