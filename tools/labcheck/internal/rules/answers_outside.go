package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// AnswersOutside reports Services that do not answer from outside, or not the
// same on every way.
var AnswersOutside = &check.Rule{
	ID:    "answers-outside",
	Title: "Every Service answers the same at localhost, from every node and at its external address",
	Doc:   page("answers_outside.md"),
	Needs: check.Live,
	Check: answersOutside,
}

func answersOutside(p *check.Pass) {
	if reason := p.Live.Missed(string(check.Forward)); reason != "" {
		p.Skip("localhost through kubectl port-forward: %s", reason)
	}
	if reason := p.Live.Missed(string(check.ClusterIP)); reason != "" {
		p.Skip("the cluster IP from the nodes: %s", reason)
	}
	causes(diagnosis.Answer)(p)
	for _, o := range p.Objects {
		live, ok := p.Live.Find(o.Ref)
		if !ok || o.Kind != "Service" || o.Group() != "" {
			continue
		}
		for _, answers := range diagnosis.AnswersOf(p.Live, live.Ref) {
			seeAnswers(p, o.Ref, answers)
		}
	}
}

// seeAnswers notes what a port has answered, way by way.
func seeAnswers(p *check.Pass, service manifest.Ref, answers []check.Answer) {
	for len(answers) > 0 {
		first := answers[0]
		var nodes []string
		same := 0
		for same < len(answers) && answers[same].Way == first.Way && answers[same].Failure == "" && (first.Node != "" || same == 0) {
			nodes = append(nodes, answers[same].Node)
			same++
		}
		if same == 0 {
			answers = answers[1:]
			continue
		}
		shown := first
		if first.Node != "" {
			shown.Node = strings.Join(nodes, ", ")
		}
		p.See(service, fmt.Sprintf("port %d at %s: %s", first.Port, diagnosis.Describe(shown), diagnosis.Result(first)), askAgain(p.Live, first))
		answers = answers[same:]
	}
}

// askAgain is the command that asks for an answer once more.
func askAgain(s *check.Snapshot, a check.Answer) string {
	client := []string{"curl", a.Target}
	port := a.Target[strings.LastIndexByte(a.Target, ':')+1:]
	if a.Status == 0 {
		client = []string{"nc", "-vz", strings.TrimSuffix(a.Target, ":"+port), port}
	}
	ask := check.ShellLine(client...)
	switch a.Way {
	case check.Forward:
		local := port + ":" + strconv.FormatInt(a.Port, 10)
		forward := s.Kubectl("-n", a.Service.Namespace, "port-forward", "service/"+a.Service.Name, local)
		return forward + " & sleep 2; " + ask + "; kill $!"
	case check.ClusterIP, check.NodePort:
		if a.Status == 0 {
			client = []string{"bash", "-c", ": <>/dev/tcp/" + strings.ReplaceAll(a.Target, ":", "/")}
		}
		return s.Kubectl(append([]string{"debug", "node/" + a.Node, "-i", "--image=" + a.Image, "--"}, client...)...)
	}
	return ask
}
