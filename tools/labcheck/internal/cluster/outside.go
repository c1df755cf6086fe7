package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Knock asks at every door of the overlay from outside the cluster's Pods: on
// localhost through kubectl port-forward, at the cluster IP from the host
// network of every node, and at the external address. The answers are added to
// s, and what could not be asked is a Miss.
func Knock(ctx context.Context, client *Client, declared []manifest.Object, s *check.Snapshot) error {
	doors := diagnosis.Doors(declared, s)
	var lock sync.Mutex
	add := func(answers ...check.Answer) {
		lock.Lock()
		defer lock.Unlock()
		s.Answers = append(s.Answers, answers...)
	}
	var wait sync.WaitGroup
	for _, door := range doors {
		wait.Go(func() { add(forward(ctx, client, door)) })
		for _, address := range door.External {
			wait.Go(func() { add(external(ctx, door, address)) })
		}
	}
	var missed error
	wait.Go(func() {
		var answers []check.Answer
		answers, missed = fromNodes(ctx, client, doors, s)
		add(answers...)
	})
	wait.Wait()
	slices.SortFunc(s.Answers, compareAnswers)
	if missed != nil && ctx.Err() == nil {
		s.Misses = append(s.Misses, check.Miss{Resource: string(check.ClusterIP), Reason: missed.Error()})
	}
	return ctx.Err()
}

func compareAnswers(a, b check.Answer) int {
	return slices.Compare(
		[]string{a.Service.Namespace, a.Service.Name, fmt.Sprintf("%05d", a.Port), string(a.Way), a.Node, a.Target},
		[]string{b.Service.Namespace, b.Service.Name, fmt.Sprintf("%05d", b.Port), string(b.Way), b.Node, b.Target},
	)
}

func answerOf(door diagnosis.Door, way check.Way) check.Answer {
	return check.Answer{Service: door.Service, Port: int64(door.Port), Way: way}
}

// target is where a client finds a door at host.
func target(door diagnosis.Door, host string, port int32) string {
	if door.HTTP && port == 80 {
		return "http://" + bracketed(host)
	}
	address := net.JoinHostPort(host, strconv.Itoa(int(port)))
	if door.HTTP {
		return "http://" + address
	}
	return address
}

func bracketed(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}

// external asks at an address that a load balancer gave.
func external(ctx context.Context, door diagnosis.Door, host string) check.Answer {
	a := answerOf(door, check.External)
	a.Target = target(door, host, door.Port)
	ask(ctx, &a, a.Target, door.HTTP)
	return a
}

// forward asks through kubectl port-forward. What is asked is a port that
// happens to be free; what is noted is one to type.
func forward(ctx context.Context, client *Client, door diagnosis.Door) check.Answer {
	a := answerOf(door, check.Forward)
	a.Target = target(door, "localhost", door.Port+8000)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	local := newForwarding()
	command := client.command("--namespace", door.Service.Namespace, "port-forward", "service/"+door.Service.Name, fmt.Sprintf(":%d", door.Port))
	command.Stdout, command.Stderr = local, &local.said
	ended := make(chan error, 1)
	go func() { ended <- client.finish(ctx, command, &local.said) }()
	select {
	case address := <-local.address:
		ask(ctx, &a, map[bool]string{true: "http://"}[door.HTTP]+address, door.HTTP)
		cancel()
		<-ended
	case err := <-ended:
		a.Failure = "kubectl port-forward ended"
		if err != nil {
			a.Failure = err.Error()
		}
	}
	return a
}

// tries is how often an answer is asked for, a second apart: a Service answers
// a moment after its endpoints are there.
const tries = 5

// ask notes in a what comes back from the target.
func ask(ctx context.Context, a *check.Answer, target string, http bool) {
	for try := range tries {
		if try > 0 {
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
		var err error
		if http {
			err = getHTTP(ctx, a, target)
		} else {
			err = dial(ctx, target)
		}
		if a.Failure = ""; err == nil {
			return
		}
		a.Failure = reason(err)
	}
}

// reason is why a connection failed, without addresses and ports.
func reason(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return "no answer in time"
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
