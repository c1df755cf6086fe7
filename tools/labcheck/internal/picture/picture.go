// Package picture draws how the objects of a build hang together: who reaches
// which Service, which Pods that leads to, and what those read and keep.
package picture

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/graph"
)

// A Picture is nodes and the edges between them, in the order of the build.
type Picture struct {
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
}

// A Node is an object, or a client.
type Node struct {
	ID    string   `json:"id"`
	Shape Shape    `json:"shape"`
	Lines []string `json:"lines"` // of its label
}

// An Edge leads from one node to another.
type Edge struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Label  string `json:"label,omitempty"`
	Dotted bool   `json:"dotted,omitempty"`
}

// A Shape says what a node is.
type Shape string

const (
	Client  Shape = "client"
	Address Shape = "address" // a Service, an Ingress, a route
	Runs    Shape = "runs"    // Pods
	Reads   Shape = "reads"   // a ConfigMap or a Secret
	Keeps   Shape = "keeps"   // a claim
)

// Of draws the objects of the build that g was made of.
func Of(g *graph.Graph) Picture {
	d := drawing{graph: g, seen: map[string]bool{}}
	d.addresses()
	for _, pods := range g.Pods {
		if pods.Object < g.Build {
			d.pods(pods)
		}
	}
	d.scalers()
	return d.Picture
}

type drawing struct {
	Picture
	graph *graph.Graph
	seen  map[string]bool
}

// node adds a node, once, and returns its ID.
func (d *drawing) node(id string, shape Shape, lines ...string) string {
	if !d.seen[id] {
		d.seen[id] = true
		d.Nodes = append(d.Nodes, Node{id, shape, slices.DeleteFunc(lines, func(line string) bool { return line == "" })})
	}
	return id
}

// edge adds an edge; a second one between the same nodes adds to the label.
func (d *drawing) edge(from, to, label string, dotted bool) {
	for i, edge := range d.Edges {
		if edge.From == from && edge.To == to {
			if label != "" && !slices.Contains(strings.Split(edge.Label, ", "), label) {
				d.Edges[i].Label = strings.TrimPrefix(edge.Label+", "+label, ", ")
			}
			return
		}
	}
	d.Edges = append(d.Edges, Edge{from, to, label, dotted})
}

// addresses draws the clients, what they reach, and which Pods that leads to.
func (d *drawing) addresses() {
	g := d.graph
	for _, ref := range g.References {
		from := g.Objects[ref.From]
		if ref.To.Kind != "Service" || from.Kind != "Ingress" && !strings.HasSuffix(from.Kind, "Route") {
			continue
		}
		for _, i := range g.Find(ref.To) {
			entrance := d.node(from.Ref.String(), Address, from.Kind+" "+from.Name)
			d.edge(d.node("outside", Client, "outside the cluster"), entrance, "", false)
			name, number, _ := graph.BackendPort(from, ref)
			d.edge(entrance, d.service(i), portLabel(name, number), false)
		}
	}
	for i, object := range g.Objects[:g.Build] {
		if object.Kind == "Service" && object.Group() == "" {
			d.reach(i)
		}
	}
}

func portLabel(name string, number int64) string {
	if name != "" {
		return ":" + name
	}
	if number != 0 {
		return fmt.Sprintf(":%d", number)
	}
	return ""
}

// service is the node of the Service at place i.
func (d *drawing) service(i int) string {
	service := d.graph.Objects[i]
	kind := service.Text("spec", "type")
	if service.Text("spec", "clusterIP") == "None" {
		kind = "headless"
	}
	return d.node(service.Ref.String(), Address, "Service "+service.Name, kind)
}

// reach draws who reaches the Service at place i, and which Pods it leads to.
func (d *drawing) reach(i int) {
	g, id := d.graph, d.service(i)
	service := g.Objects[i]
	where := "inside"
	if kind := service.Text("spec", "type"); kind == "LoadBalancer" || kind == "NodePort" {
		where = "outside"
	}
	client := d.node(where, Client, where+" the cluster")
	ports := graph.ServicePorts(service)
	if len(ports) == 0 { // headless: only its name is used
		d.edge(client, id, "", false)
	}
	for _, port := range ports {
		label := fmt.Sprintf(":%d", port.Number)
		if node, _ := service.Field(port.Path.With("nodePort")...); node != nil && node != int64(0) {
			label += fmt.Sprintf(", nodes :%d", node)
		}
		d.edge(client, id, label, false)
	}
	for _, s := range g.Selectors() {
		if s.From != i || s.Use != graph.Traffic {
			continue
		}
		for _, pods := range g.Selected(s) {
			d.edge(id, d.runs(pods), "", false)
			for _, port := range ports {
				d.edge(id, d.runs(pods), portLabel(graph.TargetOf(service, port)), false)
			}
		}
	}
}

// runs is the node of Pods: how many there are, of which containers.
func (d *drawing) runs(pods *graph.Pods) string {
	var containers []string
	for _, container := range pods.Containers() {
		label := container.Name
		for _, port := range container.Ports {
			label += fmt.Sprintf(" :%d", port.Number)
		}
		if container.Serves {
			containers = append(containers, label)
		}
	}
	many := ""
	switch {
	case pods.Ref.Kind == "Pod":
	case pods.Ref.Kind == "DaemonSet":
		many = "a Pod on every node"
	case pods.Replicas == 1:
		many = "1 Pod"
	case pods.Replicas >= 0:
		many = fmt.Sprintf("%d Pods", pods.Replicas)
	}
	return d.node(pods.Ref.String(), Runs, pods.Ref.Kind+" "+pods.Ref.Name, many, strings.Join(containers, ", "))
}

// pods draws what Pods read and keep.
func (d *drawing) pods(pods *graph.Pods) {
	g, id := d.graph, d.runs(pods)
	for _, ref := range g.References {
		if ref.From != pods.Object {
			continue
		}
		switch ref.To.Kind {
		case "ConfigMap", "Secret":
			d.edge(id, d.node(strings.ToLower(ref.To.Kind)+"/"+ref.To.Name, Reads, ref.To.Kind+" "+ref.To.Name), "", true)
		case "PersistentVolumeClaim":
			d.edge(id, d.node("claim/"+ref.To.Name, Keeps, "claim "+ref.To.Name), "", false)
		}
	}
	for i, name := range pods.Templates {
		size := g.Objects[pods.Object].Text("spec", "volumeClaimTemplates", fmt.Sprint(i), "spec", "resources", "requests", "storage")
		each := size
		if size != "" && pods.Replicas > 1 {
			each = fmt.Sprintf("%d × %s", pods.Replicas, size)
		}
		d.edge(id, d.node(pods.Ref.String()+"/"+name, Keeps, "claims "+name, each), "", false)
	}
}

// scalers draws what changes the number of Pods.
func (d *drawing) scalers() {
	for _, ref := range d.graph.References {
		scaler := d.graph.Objects[ref.From]
		if scaler.Kind != "HorizontalPodAutoscaler" {
			continue
		}
		for _, i := range d.graph.Find(ref.To) {
			id := d.node(scaler.Ref.String(), Address, "HorizontalPodAutoscaler "+scaler.Name)
			d.edge(id, d.graph.Objects[i].Ref.String(), "scales", true)
		}
	}
}
