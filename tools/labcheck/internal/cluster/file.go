package cluster

import (
	"bytes"
	"encoding/json"
	"fmt"

	k8sjson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// A file is a Snapshot as it is saved: labcheck/v1, in JSON, the same bytes
// for the same Snapshot.
type file struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Context    string         `json:"context"`
	Namespace  string         `json:"namespace"`
	Objects    []fields       `json:"objects"`
	Events     []check.Event  `json:"events,omitempty"`
	Logs       []check.Log    `json:"logs,omitempty"`
	Trials     []check.Trial  `json:"trials,omitempty"`
	Answers    []check.Answer `json:"answers,omitempty"`
	Misses     []check.Miss   `json:"misses,omitempty"`
}

const (
	fileVersion = "labcheck/v1"
	fileKind    = "Snapshot"
)

// Encode writes a Snapshot as a file.
func Encode(s *check.Snapshot) ([]byte, error) {
	f := file{APIVersion: fileVersion, Kind: fileKind, Context: s.Context, Namespace: s.Namespace, Events: s.Events, Logs: s.Logs, Trials: s.Trials, Answers: s.Answers, Misses: s.Misses}
	for _, o := range s.Objects {
		f.Objects = append(f.Objects, o.Fields)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(f)
	return out.Bytes(), err
}

// Decode reads a Snapshot from a file.
func Decode(data []byte) (*check.Snapshot, error) {
	var f file
	if err := k8sjson.Unmarshal(data, &f); err != nil {
		return nil, fmt.Errorf("it is no Snapshot: %w", err)
	}
	if f.APIVersion != fileVersion || f.Kind != fileKind {
		return nil, fmt.Errorf("it is no Snapshot of %s: it says apiVersion %q and kind %q", fileVersion, f.APIVersion, f.Kind)
	}
	s := &check.Snapshot{Context: f.Context, Namespace: f.Namespace, Events: f.Events, Logs: f.Logs, Trials: f.Trials, Answers: f.Answers, Misses: f.Misses}
	for _, content := range f.Objects {
		s.Objects = append(s.Objects, objectOf(content))
	}
	return s, nil
}
