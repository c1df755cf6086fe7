package check

import (
	"regexp"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A Snapshot is what a cluster showed of one overlay: plain data, which can be
// saved and judged again without the cluster. No value of a Secret is in it.
type Snapshot struct {
	Context string // the kubectl context that was asked
	// Kubeconfig is the file that has the context, where it was named; it is not saved.
	Kubeconfig string
	Namespace  string // where kubectl puts an object that names no namespace
	// Objects are those of the overlay, as far as they are there, and what
	// came of them: Pods, ReplicaSets, claims, volumes, endpoints; and nodes.
	// Times and what else differs in every run are left out. A Secret has its
	// keys, without values.
	Objects []manifest.Object
	Events  []Event // about those objects, oldest first
	Logs    []Log   // of the containers that do not run as they should
	Trials  []Trial // of the probe Jobs, in the order of their build
	Answers []Answer
	Misses  []Miss // what could not be read or done
}

// Find returns the live object that an overlay calls r, in whatever version
// of its kind.
func (s *Snapshot) Find(r manifest.Ref) (manifest.Object, bool) {
	for _, o := range s.Objects {
		same := o.Kind == r.Kind && o.Name == r.Name && o.Group() == r.Group()
		if same && (o.Namespace == r.Namespace || r.Namespace == "" && o.Namespace == s.Namespace) {
			return o, true
		}
	}
	return manifest.Object{}, false
}

// OfKind are the live objects of a kind.
func (s *Snapshot) OfKind(kind string) []manifest.Object {
	var found []manifest.Object
	for _, o := range s.Objects {
		if o.Kind == kind {
			found = append(found, o)
		}
	}
	return found
}

// Missed is why a resource could not be read, or "".
func (s *Snapshot) Missed(resource string) string {
	for _, m := range s.Misses {
		if m.Resource == resource {
			return m.Reason
		}
	}
	return ""
}

// Kubectl is the command that asks the same cluster, to type.
func (s *Snapshot) Kubectl(args ...string) string {
	words := []string{"kubectl", "--context", s.Context}
	if s.Kubeconfig != "" {
		words = append(words, "--kubeconfig", s.Kubeconfig)
	}
	return ShellLine(append(words, args...)...)
}

var needsNoQuotes = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// ShellLine is a command as one may paste it into a shell.
func ShellLine(words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = word
		if !needsNoQuotes.MatchString(word) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// An Event is what a component of the cluster said about an object.
type Event struct {
	Object  manifest.Ref `json:"object"`
	Part    string       `json:"part,omitempty"` // of the object, such as spec.containers{web}
	Reason  string       `json:"reason"`         // such as FailedMount
	Message string       `json:"message"`
}

// A Log is the end of what a container has written.
type Log struct {
	Namespace string   `json:"namespace"`
	Pod       string   `json:"pod"`
	Container string   `json:"container"`
	Lines     []string `json:"lines"`
}

// A Trial is a probe Job that was run in the cluster.
type Trial struct {
	Job    manifest.Ref `json:"job"` // as it is built
	Passed bool         `json:"passed"`
	Says   string       `json:"says"` // its one sentence, or why there is none
}

// A Way leads from outside to a port of a Service.
type Way string

const (
	Forward   Way = "port-forward" // localhost, through kubectl port-forward
	ClusterIP Way = "cluster-ip"   // the cluster IP, from the host network of a node
	NodePort  Way = "node-port"    // the node port, from the host network of that node
	External  Way = "external"     // the address that a load balancer gave, from here
)

// An Answer is what came back on one way to one port of a Service.
type Answer struct {
	Service manifest.Ref `json:"service"`
	Port    int64        `json:"port"`
	Way     Way          `json:"way"`
	Node    string       `json:"node,omitempty"`
	// Image has the client that was run on the node.
	Image string `json:"image,omitempty"`
	// Target is a URL where HTTP was spoken, else address:port.
	Target string `json:"target"`
	Status int    `json:"status,omitempty"` // of HTTP
	Bytes  int    `json:"bytes,omitempty"`  // of the body
	Digest string `json:"digest,omitempty"` // of the body
	// Failure says why there was no answer.
	Failure string `json:"failure,omitempty"`
}

// A Miss is something that the cluster did not let be read.
type Miss struct {
	Resource string `json:"resource"` // such as nodes or secrets
	Reason   string `json:"reason"`
}

// Evidence is what a live rule has seen that lets it hold, and the command
// that shows it to a person.
type Evidence struct {
	Rule    string       `json:"rule"`
	Overlay string       `json:"overlay"`
	Object  manifest.Ref `json:"object"`
	Seen    string       `json:"seen"`
	Command string       `json:"command"`
}
