package diagnosis

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	k8sjson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// here is a source that every object of an overlay has.
type here struct{}

func (here) Locate(manifest.Path) manifest.Blame { return manifest.Blame{Pos: manifest.Pos{File: "f"}} }

// objects reads YAML documents.
func objects(t *testing.T, text string, source manifest.Source) []manifest.Object {
	t.Helper()
	var all []manifest.Object
	for document := range strings.SplitSeq(text, "---\n") {
		data, err := yaml.YAMLToJSON([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		o := manifest.Object{Source: source}
		if err := k8sjson.Unmarshal(data, &o.Fields); err != nil || o.Fields == nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		o.Ref = manifest.Ref{APIVersion: o.Text("apiVersion"), Kind: o.Text("kind"), Namespace: "lab", Name: o.Text("metadata", "name")}
		if o.Kind == "Node" {
			o.Namespace = ""
		}
		all = append(all, o)
	}
	return all
}

const (
	web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, generation: 1}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - name: web
          image: nginx
          envFrom: [{secretRef: {name: login}}]
          readinessProbe: {httpGet: {path: /, port: 80}}
          resources: {requests: {cpu: 100m}}
`
	webService = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: http, protocol: TCP}]
`
	webStatus = `status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 0}
`
	webSet = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: web-1, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web}]}
spec: {replicas: 2}
`
	db = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, generation: 1}
spec:
  replicas: 3
  serviceName: db
  template:
    metadata: {labels: {app: db}}
    spec:
      initContainers: [{name: boot, image: db}]
      containers: [{name: db, image: db}]
      volumes: [{name: login, secret: {secretName: login}}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {resources: {requests: {storage: 1Gi}}}
`
	dbService = `
apiVersion: v1
kind: Service
metadata: {name: db}
spec:
  selector: {app: db}
  ports: [{port: 3306, targetPort: 3306, protocol: TCP}]
`
	dbStatus = `status: {observedGeneration: 1, replicas: 1, readyReplicas: 0, updateRevision: r2, currentRevision: r2}
`
	secret = `
apiVersion: v1
kind: Secret
metadata: {name: login}
`
	deadNode = `
apiVersion: v1
kind: Node
metadata: {name: node-1}
status:
  allocatable: {cpu: "2"}
  conditions: [{type: Ready, status: Unknown, reason: NodeStatusUnknown, message: Kubelet stopped posting node status.}]
`
)

// pod is a Pod of owner, with a spec and a status in YAML.
func pod(name, owner, labels, spec, status string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata: {name: %s, namespace: lab, labels: %s, ownerReferences: [{apiVersion: apps/v1, %s}]}
spec: %s
status: %s
`, name, labels, owner, spec, status)
}

func webPod(name, status string) string {
	return pod(name, "kind: ReplicaSet, name: web-1", "{app: web}",
		"{nodeName: node-1, containers: [{name: web, image: nginx, envFrom: [{secretRef: {name: login}}], resources: {requests: {cpu: 100m}}}]}", status)
}

func dbPod(name, revision, status string) string {
	return pod(name, "kind: StatefulSet, name: db", "{app: db, controller-revision-hash: "+revision+"}",
		"{nodeName: node-2, initContainers: [{name: boot, image: db}], containers: [{name: db, image: db}], volumes: [{name: data, persistentVolumeClaim: {claimName: data-db-0}}]}", status)
}

func waiting(container, reason, message string) string {
	return fmt.Sprintf("{containerStatuses: [{name: %s, state: {waiting: {reason: %s, message: %q}}}]}", container, reason, message)
}

func event(kind, name, reason, message string) check.Event {
	api := map[string]string{"ReplicaSet": "apps/v1", "StatefulSet": "apps/v1"}[kind]
	if api == "" {
		api = "v1"
	}
	return check.Event{Object: manifest.Ref{APIVersion: api, Kind: kind, Namespace: "lab", Name: name}, Reason: reason, Message: message, Part: "spec.containers{web}"}
}

func dbEvent(pod, message string) check.Event {
	e := event("Pod", pod, "Unhealthy", message)
	e.Part = "spec.containers{db}"
	return e
}

// Every chain of waiting ends at one cause, which names all that waits for it.
func TestOneCauseMutesWhatFollows(t *testing.T) {
	readinessFails := "{conditions: [{type: Ready, status: 'False'}], containerStatuses: [{name: web, started: true, state: {running: {}}}]}"
	for name, c := range map[string]struct {
		declared, live []string
		events         []check.Event
		logs           []check.Log
		kind           Kind
		want           string // kind/name path: message
		follows        string
	}{
		"an image": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", waiting("web", "ImagePullBackOff", `Back-off pulling image "nginx": ErrImagePull: x: not found`)), webPod("web-1-b", waiting("web", "ErrImagePull", "x: not found"))},
			kind:     Image, want: `deployment/web spec.template.spec.containers[0].image: image "nginx" cannot be pulled: the registry has no such image or tag`, follows: "service/web",
		},
		"a Secret of nobody": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", waiting("web", "CreateContainerConfigError", `secret "login" not found`))},
			kind:     Start, want: `deployment/web spec.template.spec.containers[0].envFrom[0].secretRef.name: container "web" cannot be started: secret "login" not found`, follows: "service/web",
		},
		"a Secret of the overlay": {
			declared: []string{web, webService, secret, db},
			live: []string{web + webStatus, webService, webSet, webPod("web-1-a", waiting("web", "CreateContainerConfigError", `secret "login" not found`)),
				db + dbStatus, dbPod("db-0", "r2", "{initContainerStatuses: [{name: boot, state: {waiting: {reason: PodInitializing}}}]}")},
			events: []check.Event{event("Pod", "db-0", "FailedMount", `MountVolume.SetUp failed for volume "login" : secret "login" not found`)},
			kind:   Absent, want: `secret/login : secret/login is not in the cluster`, follows: "deployment/web, service/web, statefulset/db",
		},
		"a node": {
			declared: []string{web, webService},
			live:     []string{deadNode, web + webStatus, webService, webSet, webPod("web-1-a", "{conditions: [{type: Ready, status: 'False'}]}"), webPod("web-1-b", "{conditions: [{type: Ready, status: 'False'}]}")},
			kind:     Node, want: `node/node-1 : the node is not Ready: kubelet stopped posting node status`, follows: "deployment/web, service/web",
		},
		"a node that a Pod would fit on": {
			declared: []string{web},
			live: []string{deadNode, web + webStatus, webSet, strings.Replace(webPod("web-1-a",
				"{conditions: [{type: PodScheduled, status: 'False', message: '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s).'}]}"), "nodeName: node-1, ", "", 1)},
			kind: Node, want: `node/node-1 : the node is not Ready: kubelet stopped posting node status`, follows: "deployment/web",
		},
		"no room": {
			declared: []string{web, webService},
			live: []string{web + webStatus, webService, webSet, strings.Replace(webPod("web-1-a",
				"{conditions: [{type: PodScheduled, status: 'False', message: '0/1 nodes are available: 1 Insufficient cpu. preemption: none.'}]}"), "nodeName: node-1, ", "", 1)},
			kind: Scheduling, want: `deployment/web spec.template.spec.containers[0].resources.requests.cpu: no node has 100m of cpu free, which container "web" requests`, follows: "service/web",
		},
		"a quota": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet},
			events:   []check.Event{event("ReplicaSet", "web-1", "FailedCreate", `Error creating: pods "web-1-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0`)},
			kind:     Creation, want: `deployment/web spec.replicas: quota small leaves no room for another Pod, which asks for pods=1`, follows: "service/web",
		},
		"a quota, while the Pods before go on": {
			declared: []string{web},
			live: []string{web + "status: {observedGeneration: 1, replicas: 2, updatedReplicas: 0, availableReplicas: 2}\n", webSet, strings.NewReplacer("web-1", "web-2", "replicas: 2", "replicas: 1").Replace(webSet),
				webPod("web-1-a", "{conditions: [{type: Ready, status: 'True'}]}"), webPod("web-1-b", "{conditions: [{type: Ready, status: 'True'}]}")},
			events: []check.Event{event("ReplicaSet", "web-2", "FailedCreate", `Error creating: pods "web-2-x" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=1`)},
			kind:   Creation, want: `deployment/web spec.replicas: quota small leaves no room for another Pod, which asks for pods=1`,
		},
		"Pod Security": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet},
			events:   []check.Event{event("ReplicaSet", "web-1", "FailedCreate", `Error creating: pods "web-1-x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)`)},
			kind:     Creation, follows: "service/web",
			want: `deployment/web spec.template.spec.containers[0].securityContext: the namespace enforces Pod Security "restricted:latest", and the Pod violates it: runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)`,
		},
		"a probe": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", readinessFails)},
			events:   []check.Event{event("Pod", "web-1-a", "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404")},
			kind:     Probe, want: `deployment/web spec.template.spec.containers[0].readinessProbe: the readiness probe of container "web" fails: HTTP probe failed with statuscode: 404`, follows: "service/web",
		},
		"a liveness probe": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", "{containerStatuses: [{name: web, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137}}}]}")},
			events: []check.Event{event("Pod", "web-1-a", "Unhealthy", "Liveness probe failed: no answer"),
				event("Pod", "web-1-a", "Killing", "Container web failed liveness probe, will be restarted")},
			kind: Probe, want: `deployment/web spec.template.spec.containers[0].livenessProbe: the liveness probe of container "web" fails: no answer`, follows: "service/web",
		},
		"a crash": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", "{containerStatuses: [{name: web, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3}}}]}")},
			logs:     []check.Log{{Namespace: "lab", Pod: "web-1-a", Container: "web", Lines: []string{"starting", "no database"}}},
			kind:     Exit, want: `deployment/web spec.template.spec.containers[0]: container "web" ends with exit code 3: no database`, follows: "service/web",
		},
		"a crash, and the start after it": {
			declared: []string{web, webService},
			live:     []string{web + webStatus, webService, webSet, webPod("web-1-a", "{containerStatuses: [{name: web, started: false, state: {running: {}}, lastState: {terminated: {exitCode: 3}}}]}")},
			events:   []check.Event{event("Pod", "web-1-a", "Unhealthy", "Startup probe failed: not yet")},
			logs:     []check.Log{{Namespace: "lab", Pod: "web-1-a", Container: "web", Lines: []string{"no database"}}},
			kind:     Exit, want: `deployment/web spec.template.spec.containers[0]: container "web" ends with exit code 3: no database`, follows: "service/web",
		},
		"the first of a set, for which the others wait": {
			declared: []string{db, dbService},
			live: []string{db + dbStatus, dbService, dbPod("db-0", "r2", "{initContainerStatuses: [{name: boot, state: {running: {}}}]}"),
				dbPod("db-1", "r2", "{initContainerStatuses: [{name: boot, state: {terminated: {exitCode: 0}}}], containerStatuses: [{name: db, started: true, state: {running: {}}}]}")},
			events: []check.Event{dbEvent("db-1", "Readiness probe failed: no primary")},
			kind:   Init, want: `statefulset/db spec.template.spec.initContainers[0]: init container "boot" does not end`, follows: "service/db",
		},
		"an init container, in order": {
			declared: []string{db},
			live: []string{db + dbStatus, dbPod("db-0", "r2", "{initContainerStatuses: [{name: boot, state: {running: {}}}]}"),
				dbPod("db-1", "r2", waiting("db", "ImagePullBackOff", "not found"))},
			logs: []check.Log{{Namespace: "lab", Pod: "db-0", Container: "boot", Lines: []string{"waiting for a primary"}}},
			kind: Init, want: `statefulset/db spec.template.spec.initContainers[0]: init container "boot" does not end: waiting for a primary`,
		},
		"a claim": {
			declared: []string{db},
			live: []string{db + dbStatus, strings.Replace(dbPod("db-0", "r2", "{conditions: [{type: PodScheduled, status: 'False', message: 'pod has unbound immediate PersistentVolumeClaims.'}]}"), "nodeName: node-2, ", "", 1),
				"\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data-db-0}\nspec: {storageClassName: fast, resources: {requests: {storage: 1Gi}}}\nstatus: {phase: Pending}\n"},
			events: []check.Event{event("PersistentVolumeClaim", "data-db-0", "ProvisioningFailed", `storageclass "fast" not found`)},
			kind:   Claim, want: `statefulset/db spec.volumeClaimTemplates[0].spec.storageClassName: storage class "fast" gives no volume: storageclass "fast" not found`,
		},
		"a Pod of an older revision": {
			declared: []string{db},
			live:     []string{db + dbStatus, dbPod("db-0", "r1", "{initContainerStatuses: [{name: boot, state: {waiting: {reason: ImagePullBackOff}}}]}")},
			kind:     Rollout, want: `statefulset/db : Pod db-0 is broken and of an older revision, and a StatefulSet waits for such a Pod for ever: delete it`,
		},
		"a selector": {
			declared: []string{web, strings.Replace(webService, "app: web", "app: wbe", 1)},
			live:     []string{web + "status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}", strings.Replace(webService, "app: web", "app: wbe", 1)},
			kind:     Endpoints, want: `service/web spec.selector: the Service selects no Pod: none has the labels app=wbe`,
		},
		"no replicas": {
			declared: []string{web, webService},
			live:     []string{strings.Replace(web, "replicas: 2", "replicas: 0", 1) + "status: {observedGeneration: 1}", webService},
			kind:     Endpoints, want: `deployment/web spec.replicas: the Service has no Pod behind it, because deployment/web is to run none`, follows: "service/web",
		},
		"a named port": {
			declared: []string{web, webService},
			live: []string{web + "status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}", webService, webSet,
				webPod("web-1-a", "{conditions: [{type: Ready, status: 'True'}]}")},
			kind: Endpoints, want: `service/web spec.ports[0].targetPort: no container of the selected Pods has a port named "http"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &check.Snapshot{Namespace: "lab", Events: c.events, Logs: c.logs, Objects: objects(t, strings.Join(c.live, "---\n"), nil)}
			d := Of(objects(t, strings.Join(c.declared, "---\n"), here{}), s)
			if len(d.Causes) != 1 {
				for _, cause := range d.Causes {
					t.Errorf("%v %s %s: %s", cause.Kind, cause.Object.Ref, cause.Path, cause.Message)
				}
				t.Fatalf("%d causes, want 1", len(d.Causes))
			}
			cause := d.Causes[0]
			if got := fmt.Sprintf("%s %s: %s", cause.Object.Ref, cause.Path, cause.Message); got != c.want || cause.Kind != c.kind {
				t.Errorf("got kind %v\n%s\nwant kind %v\n%s", cause.Kind, got, c.kind, c.want)
			}
			var follows []string
			for _, ref := range cause.Follows {
				follows = append(follows, ref.String())
			}
			if got := strings.Join(follows, ", "); got != c.follows {
				t.Errorf("follows: %q, want %q", got, c.follows)
			}
		})
	}
}

// Two Pods that fail alike show one cause.
func TestPodsThatFailAlikeHaveOneCause(t *testing.T) {
	live := []string{web + webStatus, webSet, webPod("web-1-a", waiting("web", "ErrImagePull", "x: not found")), webPod("web-1-b", waiting("web", "ImagePullBackOff", "x: not found"))}
	d := Of(objects(t, web, here{}), &check.Snapshot{Namespace: "lab", Objects: objects(t, strings.Join(live, "---\n"), nil)})
	if len(d.Causes) != 1 || len(d.Causes[0].Seen) != 2 {
		t.Errorf("causes: %+v", d.Causes)
	}
}

// Nothing is reported of what is as it should be, and what is on its way is
// waited for.
func TestStates(t *testing.T) {
	for name, c := range map[string]struct {
		declared, live string
		misses         []check.Miss
		want           State
	}{
		"done":             {web, web + "status: {observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2}\n", nil, Current},
		"not seen yet":     {web, web + "status: {observedGeneration: 0, replicas: 2, updatedReplicas: 2, availableReplicas: 2}\n", nil, Progressing},
		"an old Pod left":  {web, web + "status: {observedGeneration: 1, replicas: 3, updatedReplicas: 2, availableReplicas: 2}\n", nil, Progressing},
		"starting":         {web, web + webStatus + "---\n" + webSet + "---\n" + webPod("web-1-a", waiting("web", "ContainerCreating", "")), nil, Progressing},
		"absent":           {secret, webSet, nil, Stuck},
		"may not be read":  {secret, webSet, []check.Miss{{Resource: "secrets", Reason: "forbidden"}}, Unknown},
		"there is no more": {secret, secret, nil, Current},
	} {
		t.Run(name, func(t *testing.T) {
			d := Of(objects(t, c.declared, here{}), &check.Snapshot{Namespace: "lab", Objects: objects(t, c.live, nil), Misses: c.misses})
			if got := d.Accounts[0].State; got != c.want {
				t.Errorf("state %v (%s), want %v", got, d.Accounts[0].Says, c.want)
			}
			if c.want == Current && len(d.Causes) > 0 {
				t.Errorf("causes: %+v", d.Causes[0])
			}
			if d.Settled() == (c.want == Progressing) {
				t.Errorf("settled: %v", d.Settled())
			}
		})
	}
}

func TestDoors(t *testing.T) {
	endpoints := `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, ownerReferences: [{apiVersion: v1, kind: Service, name: web}]}
ports: [{name: "", port: 80}]
endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}}]
`
	for name, c := range map[string]struct {
		service string
		want    []Door
	}{
		"cluster IP": {"{selector: {app: web}, clusterIP: 10.1.0.1, ports: [{port: 80, targetPort: 80, protocol: TCP}]}", []Door{{Port: 80, ClusterIP: "10.1.0.1", HTTP: true}}},
		"headless":   {"{selector: {app: web}, clusterIP: None, ports: [{port: 80, protocol: TCP}]}", []Door{{Port: 80, HTTP: true}}},
		"no HTTP":    {"{selector: {app: web}, clusterIP: 10.1.0.1, ports: [{port: 3306, targetPort: 3306, protocol: TCP}]}", []Door{{Port: 3306, ClusterIP: "10.1.0.1"}}},
		"UDP":        {"{selector: {app: web}, clusterIP: 10.1.0.1, ports: [{port: 53, protocol: UDP}]}", nil},
		"node port":  {"{selector: {app: web}, clusterIP: 10.1.0.1, ports: [{port: 80, nodePort: 30080, protocol: TCP}]}", []Door{{Port: 80, NodePort: 30080, ClusterIP: "10.1.0.1", HTTP: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			service := "\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: lab}\nspec: " + c.service + "\n"
			live := []string{service, endpoints, strings.Replace(webPod("web-1-a", "{conditions: [{type: Ready, status: 'True'}]}"), "image: nginx,", "image: nginx, readinessProbe: {httpGet: {path: /, port: 80}},", 1)}
			doors := Doors(objects(t, service, here{}), &check.Snapshot{Namespace: "lab", Objects: objects(t, strings.Join(live, "---\n"), nil)})
			for i := range doors {
				doors[i].Service = manifest.Ref{}
			}
			if !slices.EqualFunc(doors, c.want, func(a, b Door) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
				t.Errorf("got %+v, want %+v", doors, c.want)
			}
		})
	}
}
