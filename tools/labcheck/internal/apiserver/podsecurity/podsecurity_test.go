package podsecurity

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// parse returns the objects of YAML documents.
func parse(t *testing.T, text string) []manifest.Object {
	t.Helper()
	var objects []manifest.Object
	for document := range strings.SplitSeq(text, "\n---\n") {
		var fields map[string]any
		data, err := yaml.YAMLToJSON([]byte(document))
		if err == nil {
			err = json.Unmarshal(data, &fields)
		}
		if err != nil {
			t.Fatal(err)
		}
		o := manifest.Object{Fields: fields}
		o.Ref = manifest.Ref{
			APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"),
			Namespace: o.Text("metadata", "namespace"), Name: o.Text("metadata", "name"),
		}
		objects = append(objects, o)
	}
	return objects
}

const labels = `
apiVersion: v1
kind: Namespace
metadata:
  name: default
  labels:
`

func enforcing(level, version string) string {
	return labels + "    pod-security.kubernetes.io/enforce: " + level + "\n    pod-security.kubernetes.io/enforce-version: " + version
}

// TestFixtures holds the Pods that the library itself is tested with against
// the level and version they are made for. Each that fails must be blamed at a
// field that is more than the whole Pod.
func TestFixtures(t *testing.T) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "test/testdata/*/v1.3[4-7]/*/*.yaml"))
	if err != nil || len(files) < 500 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		parts := strings.Split(filepath.ToSlash(file), "/")
		level, version, outcome := parts[len(parts)-4], parts[len(parts)-3], parts[len(parts)-2]
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		judgement := Judge(parse(t, enforcing(level, version)+"\n---\n"+string(data)))
		name := strings.Join(parts[len(parts)-4:], "/")
		if judgement.Judged != 1 || len(judgement.Unjudged) != 0 {
			t.Errorf("%s: judged %d, not %d", name, judgement.Judged, len(judgement.Unjudged))
		}
		if fails := len(judgement.Violations) > 0; fails != (outcome == "fail") {
			t.Errorf("%s: %v", name, judgement.Violations)
		}
		for _, violation := range judgement.Violations {
			if len(violation.Path) < 2 || violation.Level != level || violation.Version != version || violation.Mode != Enforce {
				t.Errorf("%s: %s at %s, %s:%s %s", name, violation.Message, violation.Path, violation.Level, violation.Version, violation.Mode)
			}
		}
	}
}

const workloads = `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  securityContext: {runAsUser: 0, seccompProfile: {type: RuntimeDefault}, sysctls: [{name: kernel.msgmax, value: "1"}]}
  volumes: [{name: ok, emptyDir: {}}, {name: host, hostPath: {path: /}}]
  initContainers:
  - name: first
    image: nginx
    securityContext: {allowPrivilegeEscalation: false, runAsNonRoot: true, capabilities: {drop: [ALL]}}
  containers:
  - name: a
    image: nginx
    ports: [{containerPort: 80}]
    securityContext: {allowPrivilegeEscalation: false, privileged: true, capabilities: {drop: [ALL], add: [SYS_ADMIN]}}
  - name: b
    image: nginx
    securityContext: {runAsNonRoot: true, seccompProfile: {type: Unconfined}, capabilities: {drop: [ALL]}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "@daily"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          hostPID: true
          containers: [{name: main, image: busybox}]
`

func TestWhereAndHow(t *testing.T) {
	judgement := Judge(parse(t, enforcing("restricted", "latest")+"\n---\n"+workloads))
	var got []string
	for _, v := range judgement.Violations {
		line := v.Object.Kind + " " + v.Path.String()
		for _, other := range v.Others {
			line += " " + other.String()
		}
		got = append(got, line)
	}
	want := []string{
		"Pod spec.hostNetwork",
		"Pod spec.containers[0].ports[0].hostPort",
		"Pod spec.containers[0].securityContext.privileged",
		"Pod spec.securityContext.sysctls[0].name",
		"Pod spec.containers[1].securityContext.allowPrivilegeEscalation",
		"Pod spec.containers[0].securityContext.capabilities.add",
		"Pod spec.volumes[1]",
		"Pod spec.containers[0].securityContext.runAsNonRoot spec.securityContext.runAsNonRoot",
		"Pod spec.securityContext.runAsUser",
		"Pod spec.containers[1].securityContext.seccompProfile.type",
		"CronJob spec.jobTemplate.spec.template.spec.hostPID",
		"CronJob spec.jobTemplate.spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation",
		"CronJob spec.jobTemplate.spec.template.spec.containers[0].securityContext.capabilities.drop",
		"CronJob spec.jobTemplate.spec.template.spec.containers[0].securityContext.runAsNonRoot spec.jobTemplate.spec.template.spec.securityContext.runAsNonRoot",
		"CronJob spec.jobTemplate.spec.template.spec.containers[0].securityContext.seccompProfile.type spec.jobTemplate.spec.template.spec.securityContext.seccompProfile.type",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
	message := judgement.Violations[len(judgement.Violations)-5].Message
	if message != `would violate PodSecurity "restricted:latest": host namespaces (hostPID=true)` {
		t.Errorf("got %s", message)
	}
}

func TestModesAreSaidOnce(t *testing.T) {
	namespace := labels + `    pod-security.kubernetes.io/enforce: baseline
    pod-security.kubernetes.io/warn: restricted
    pod-security.kubernetes.io/audit: restricted`
	judgement := Judge(parse(t, namespace+`
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
  containers: [{name: a, image: nginx, securityContext: {capabilities: {drop: [ALL]}}}]`))
	var got []string
	for _, v := range judgement.Violations {
		got = append(got, string(v.Mode)+" "+v.Message)
	}
	want := []string{
		`enforce violates PodSecurity "baseline:latest": host namespaces (hostPID=true)`,
		`warn would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false)`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestNothingToJudgeBy(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: other}\nspec: {hostPID: true, containers: [{name: a, image: nginx}]}"
	judgement := Judge(parse(t, enforcing("baseline", "latest")+"\n---\n"+pod))
	if len(judgement.Violations) != 0 || len(judgement.Unjudged) != 1 || judgement.Judged != 0 {
		t.Errorf("got %+v", judgement)
	}
	judgement = Judge(parse(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n---\n"+pod))
	if len(judgement.Violations) != 0 || len(judgement.Unjudged) != 0 || judgement.Judged != 0 {
		t.Errorf("got %+v", judgement)
	}
}

func TestLabelsThatMakeNoSense(t *testing.T) {
	judgement := Judge(parse(t, enforcing("strict", `"1.37"`)))
	var got []string
	for _, v := range judgement.Violations {
		got = append(got, v.Path.String()+": "+v.Message)
	}
	want := []string{
		`metadata.labels["pod-security.kubernetes.io/enforce"]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
		`metadata.labels["pod-security.kubernetes.io/enforce-version"]: Invalid value: "1.37": must be "latest" or "v1.x"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
