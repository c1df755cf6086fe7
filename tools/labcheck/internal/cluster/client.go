package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

const (
	askTimeout = 5 * time.Second
	// maxBody is how much of a body is read, in bytes.
	maxBody = 8 << 20
)

// getHTTP notes what a GET of url returns. A status of 500 and above is no answer.
func getHTTP(ctx context.Context, a *check.Answer, url string) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true}, // no proxy: the way itself is asked about
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody))
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	a.Status, a.Bytes, a.Digest = response.StatusCode, len(body), digest(body)
	return nil
}

// digestLength is how much of a SHA-256, in hexadecimal digits, tells two bodies apart.
const digestLength = 16

func digest(body []byte) string {
	return fmt.Sprintf("%x", sha256.Sum256(body))[:digestLength]
}

// dial connects to address, and waits a moment to see that the other side does
// not hang up: a port-forward takes every connection.
func dial(ctx context.Context, address string) error {
	dialer := net.Dialer{Timeout: askTimeout}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer connection.Close()
	_ = connection.SetReadDeadline(time.Now().Add(time.Second))
	_, err = connection.Read(make([]byte, 1))
	if err != nil && !isTimeout(err) {
		return err
	}
	return nil
}

// A forwarding reads what kubectl port-forward prints.
type forwarding struct {
	address chan string // of localhost, once it listens
	said    bytes.Buffer
	out     bytes.Buffer
}

func newForwarding() *forwarding { return &forwarding{address: make(chan string, 1)} }

var listens = regexp.MustCompile(`Forwarding from (127\.0\.0\.1:\d+)`)

func (f *forwarding) Write(data []byte) (int, error) {
	f.out.Write(data)
	if match := listens.FindSubmatch(f.out.Bytes()); match != nil {
		select {
		case f.address <- string(match[1]):
		default:
		}
	}
	return len(data), nil
}
