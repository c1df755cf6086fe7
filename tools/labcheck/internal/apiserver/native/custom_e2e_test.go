//go:build e2e

package native_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/apiserver/custom/published"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// TestRecordCustom asks a real API server about the sample of mutants that
// TestCustomAgreement replays, and records the answers: -update.
func TestRecordCustom(t *testing.T) {
	if !*update {
		t.Skip("not asked to record: -update")
	}
	c := connect(t)
	c.define(t)
	mutants := allCustomMutants(t, recordedCustom(t))
	verdicts, _ := c.askAll(t, mutants)
	writeVerdicts(t, customVerdictsFile, verdicts)
	compareVerdicts(t, mutants, judgeAll(t, mutants, customJudge(t)), verdicts, readDisagreements(t, customDisagreementsFile))
}

// TestEveryCustomMutant asks a real API server about all mutants of custom
// resources, and compares with what labcheck says.
func TestEveryCustomMutant(t *testing.T) {
	c := connect(t)
	c.define(t)
	mutants := allCustomMutants(t, every)
	verdicts, answers := c.askAll(t, mutants)
	ours := judgeAll(t, mutants, customJudge(t))
	compareVerdicts(t, mutants, ours, verdicts, readDisagreements(t, customDisagreementsFile))
	countSchema(t, mutants, answers)
	countCauses(t, mutants, answers, ours)
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

// define creates the namespace that mutants go to and their definitions, those
// of Argo CD and Flux as they are published, and deletes them in the end. A
// definition of Argo CD or Flux that the cluster has stays as it is.
func (c *cluster) define(t *testing.T) {
	t.Helper()
	c.namespace = "h6-custom"
	c.post(t, "/api/v1/namespaces", namespaceOf(c.namespace))
	definitions := ownDefinitions(t)
	for _, definition := range definitions {
		c.post(t, definitionsPath, definition)
	}
	others, err := published.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range others {
		fields, err := decodeJSON(other.JSON)
		if err != nil {
			t.Fatal(err)
		}
		definition := objectOf(fields)
		definitions = append(definitions, definition)
		if code, _, _ := c.do("GET", definitionsPath+"/"+definition.Name, nil); code == http.StatusNotFound {
			c.post(t, definitionsPath, definition)
		}
	}
	for _, definition := range definitions {
		c.awaitServed(t, definition)
	}
}

// awaitServed waits until the resources of a definition can be created.
func (c *cluster) awaitServed(t *testing.T, definition manifest.Object) {
	t.Helper()
	group, plural := definition.Text("spec", "group"), definition.Text("spec", "names", "plural")
	for range 100 {
		_, data, err := c.do("GET", "/apis/"+group+"/"+definition.Text("spec", "versions", "0", "name"), nil)
		if err == nil && bytes.Contains(data, []byte(`"name":"`+plural+`"`)) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%s is not served", definition.Name)
}
