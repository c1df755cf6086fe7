package cluster

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// script asks for each argument, a URL or host:port, and writes for each one
// line: ok, status, bytes and digest of the body, or no and why.
const script = `
http() {
  if command -v curl >/dev/null; then status=$(curl -sS --max-time 5 -o /out/body -w '%{http_code}' "$1" 2>/out/why)
  elif command -v wget >/dev/null; then wget -q -T 5 -O /out/body "$1" 2>/out/why && status=200
  else bash -c '
    address=${1#http://}; host=${address%:*}; port=${address##*:}; [ "$host" = "$port" ] && port=80
    exec 3<>/dev/tcp/$host/$port && printf "GET / HTTP/1.0\r\nHost: %s\r\n\r\n" "$host" >&3 && cat <&3 >/out/raw' - "$1" 2>/out/why &&
    status=$(head -n 1 /out/raw | cut -d " " -f 2) && sed '1,/^\r*$/d' /out/raw > /out/body
  fi && [ "$status" -lt 500 ] && echo "ok $status $(wc -c < /out/body) $(sha256sum /out/body | cut -c 1-16)"
}
tcp() {
  if command -v bash >/dev/null; then timeout 5 bash -c ': <>/dev/tcp/${1%:*}/${1##*:}' - "$1" 2>/out/why
  else nc -z -w 5 "${1%:*}" "${1##*:}" 2>/out/why
  fi && echo ok 0 0 -
}
for target in "$@"; do
  for try in 1 2 3 4 5; do
    status=
    case $target in http://*) said=$(http "$target");; *) said=$(tcp "$target");; esac && break
    said="no ${status:+status $status }$(tail -n 1 /out/why | cut -c 1-80)"
    sleep 1
  done
  echo "$said" >> /dev/termination-log
done
`

func namespaceFor(name, run string) fields {
	return fields{"apiVersion": "v1", "kind": "Namespace", "metadata": fields{
		"name": name, "labels": fields{runLabel: run, "pod-security.kubernetes.io/enforce": "privileged"},
	}}
}

// nodePod makes the calls on the host network of a node.
func nodePod(node, namespace, image string, calls []call) fields {
	command := []any{"sh", "-c", script, "labcheck"}
	for _, c := range calls {
		command = append(command, c.answer.Target)
	}
	return fields{"apiVersion": "v1", "kind": "Pod",
		"metadata": fields{"name": node, "namespace": namespace},
		"spec": fields{
			"nodeName": node, "hostNetwork": true, "restartPolicy": "Never", "automountServiceAccountToken": false,
			"activeDeadlineSeconds": int64(nodeTime.Seconds()), "terminationGracePeriodSeconds": 0,
			"tolerations":     []any{fields{"operator": "Exists"}},
			"securityContext": fields{"runAsUser": 65534, "runAsGroup": 65534},
			"volumes":         []any{fields{"name": "out", "emptyDir": fields{}}},
			"containers": []any{fields{
				"name": "client", "image": image, "imagePullPolicy": "IfNotPresent", "command": command,
				"volumeMounts": []any{fields{"name": "out", "mountPath": "/out"}},
			}},
		},
	}
}

// readAnswers notes what the Pod of a node has written, line by line.
func readAnswers(calls []call, says string) []check.Answer {
	lines := strings.Split(says, "\n")
	var answers []check.Answer
	for i, c := range calls {
		a := c.answer
		words := []string{"no"}
		if i < len(lines) && lines[i] != "" {
			words = strings.Fields(lines[i])
		}
		if len(words) >= 4 && words[0] == "ok" {
			a.Status, _ = strconv.Atoi(words[1])
			a.Bytes, _ = strconv.Atoi(words[2])
			if c.http {
				a.Digest = words[3]
			}
		} else {
			a.Failure = cmp.Or(strings.Join(words[1:], " "), "no answer")
		}
		answers = append(answers, a)
	}
	return answers
}
