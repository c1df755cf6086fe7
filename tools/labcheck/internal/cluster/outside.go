package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// Knock asks at every door of the overlay from outside the cluster's Pods: on
// localhost through kubectl port-forward, at the cluster IP from the host
// network of every node, and at the external address. What it may not ask is a
// Miss.
func Knock(ctx context.Context, client *Client, declared []manifest.Object, s *check.Snapshot) ([]check.Answer, []check.Miss) {
	doors := diagnosis.Doors(declared, s)
	var lock sync.Mutex
	var all []check.Answer
	add := func(answers ...check.Answer) {
		lock.Lock()
		defer lock.Unlock()
		all = append(all, answers...)
	}
	missed := map[check.Way]error{}
	miss := func(way check.Way, err error) {
		lock.Lock()
		defer lock.Unlock()
		missed[way] = err
	}
	var wait sync.WaitGroup
	for _, door := range doors {
		wait.Go(func() {
			a, err := forward(ctx, client, door)
			if err != nil {
				miss(check.Forward, err)
			} else {
				add(a)
			}
		})
		for _, address := range door.External {
			wait.Go(func() { add(external(ctx, door, address)) })
		}
	}
	wait.Go(func() {
		answers, err := fromNodes(ctx, client, doors, s)
		if err != nil {
			miss(check.ClusterIP, err)
		}
		add(answers...)
	})
	wait.Wait()
	slices.SortFunc(all, compareAnswers)
	var misses []check.Miss
	for _, way := range ways {
		if err := missed[way]; err != nil {
			misses = append(misses, check.Miss{Resource: string(way), Reason: err.Error()})
		}
	}
	return all, misses
}

// ways are the ways in the order of the answers.
var ways = []check.Way{check.Forward, check.ClusterIP, check.NodePort, check.External}

func compareAnswers(a, b check.Answer) int {
	return cmp.Or(
		cmp.Compare(a.Service.Namespace, b.Service.Namespace), cmp.Compare(a.Service.Name, b.Service.Name), cmp.Compare(a.Port, b.Port),
		cmp.Compare(slices.Index(ways, a.Way), slices.Index(ways, b.Way)), cmp.Compare(a.Node, b.Node), cmp.Compare(a.Target, b.Target),
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
	_ = untilAnswered(ctx, &a, func() error {
		if door.HTTP {
			return getHTTP(ctx, &a, a.Target)
		}
		return dial(ctx, a.Target)
	})
	return a
}

// forward asks through kubectl port-forward, which ends with the first
// connection that is refused. What is asked is a port that happens to be free;
// what is noted is one to type. An error says why kubectl may not forward.
func forward(ctx context.Context, client *Client, door diagnosis.Door) (check.Answer, error) {
	a := answerOf(door, check.Forward)
	a.Target = target(door, "localhost", typedPort(door.Port))
	err := untilAnswered(ctx, &a, func() error { return forwardOnce(ctx, client, door, &a) })
	var failed *RunError
	if errors.As(err, &failed) && strings.Contains(failed.Output, "is forbidden") {
		return a, err
	}
	return a, nil
}

// forwardOnce forwards a port for one question.
func forwardOnce(ctx context.Context, client *Client, door diagnosis.Door, a *check.Answer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	local := newForwarding()
	command := client.command("--namespace", door.Service.Namespace, "port-forward", "service/"+door.Service.Name, fmt.Sprintf(":%d", door.Port))
	command.Stdout, command.Stderr = local, &local.said
	ended := make(chan error, 1)
	go func() { ended <- client.finish(ctx, command, &local.said) }()
	select {
	case err := <-ended:
		return cmp.Or(err, errors.New("kubectl port-forward ended"))
	case address := <-local.address:
		err := askLocal(ctx, address, door.HTTP, a)
		cancel()
		<-ended
		if err != nil && strings.Contains(local.said.String(), "connection refused") {
			return syscall.ECONNREFUSED // kubectl takes every connection, and closes it then
		}
		return err
	}
}

// askLocal asks at an address of localhost and, where HTTP is spoken, a second
// time, to see whether the answer is the same.
func askLocal(ctx context.Context, address string, http bool, a *check.Answer) error {
	if !http {
		return dial(ctx, address)
	}
	if err := getHTTP(ctx, a, "http://"+address); err != nil {
		return err
	}
	again := *a
	if err := getHTTP(ctx, &again, "http://"+address); err == nil && again.Digest != a.Digest {
		a.Digest = diagnosis.Varies
	}
	return nil
}

// typedPort is the port of localhost that a person forwards to port.
func typedPort(port int32) int32 {
	const above = 8000 // 80 becomes 8080, which needs no rights
	if port+above > 65535 {
		return port
	}
	return port + above
}

// tries is how often an answer is asked for, a second apart: a Service answers
// a moment after its endpoints are there.
const tries = 5

// untilAnswered asks until there is an answer, and notes in a why there is none.
func untilAnswered(ctx context.Context, a *check.Answer, ask func() error) error {
	var err error
	for try := range tries {
		if try > 0 && !pause(ctx, time.Second) {
			break
		}
		a.Failure = ""
		if err = ask(); err == nil {
			break
		}
		a.Failure = reason(err)
	}
	return err
}

// reason is why a connection failed, without addresses and ports.
func reason(err error) string {
	var op *net.OpError
	var request *url.Error
	switch {
	case isTimeout(err):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, io.EOF):
		return "the connection is closed at once"
	case errors.As(err, &op):
		return op.Err.Error()
	case errors.As(err, &request):
		return request.Err.Error()
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
