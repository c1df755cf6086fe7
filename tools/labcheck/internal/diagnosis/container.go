package diagnosis

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// notRunning says why a container does not run.
func (p patient) notRunning(c corev1.Container, s corev1.ContainerStatus) found {
	if ended := s.State.Terminated; ended != nil {
		cause := p.exit(c, ended)
		if p.pod.Spec.RestartPolicy == corev1.RestartPolicyNever {
			return stuck(cause)
		}
		return progressing([]*Cause{cause}, "%s", cause.Message)
	}
	waiting := s.State.Waiting
	if waiting == nil {
		return p.uncreated()
	}
	switch waiting.Reason {
	case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		return stuck(p.imagePull(c, waiting))
	case "CrashLoopBackOff":
		return stuck(p.exit(c, s.LastTerminationState.Terminated))
	case "ContainerCreating", "PodInitializing":
		return p.uncreated()
	}
	why := p.oneLine(podSuffix.ReplaceAllString(waiting.Message, ""))
	if c := p.absent(why); c != nil {
		return stuck(c)
	}
	cause := p.cause(Start, p.blamedBy(c, why), nil, "container %q cannot be started: %s", c.Name, cmp.Or(why, waiting.Reason))
	if o, path, ok := p.lostKey(why); ok {
		cause.Object, cause.Path = o, path
	}
	return stuck(cause)
}

// podSuffix is what the kubelet adds to name the Pod.
var podSuffix = regexp.MustCompile(` \(pod: .*\)$`)

// exit says why a container ends again and again.
func (p patient) exit(c corev1.Container, last *corev1.ContainerStateTerminated) *Cause {
	words := p.lastWords(c.Name)
	if probe := p.killedBy(c.Name); probe != "" {
		return p.probeCause(c.Name, probe)
	}
	switch {
	case last == nil:
		return p.cause(Exit, p.home.container(c.Name), words, "container %q ends again and again", c.Name)
	case last.Reason == "OOMKilled":
		return p.cause(Exit, p.home.container(c.Name, "resources", "limits", "memory"), words,
			"container %q is killed because it needs more memory than its limit of %s", c.Name, c.Resources.Limits.Memory())
	case last.Reason == "StartError" || last.Reason == "ContainerCannotRun":
		return p.cause(Start, p.home.container(c.Name, "command"), nil, "container %q cannot be started: %s", c.Name, p.oneLine(last.Message))
	}
	return p.cause(Exit, p.home.container(c.Name), words, "container %q ends with exit code %d%s", c.Name, last.ExitCode, saying(p.logOf(p.pod, c.Name)))
}

var killed = regexp.MustCompile(`^Container (\S+) failed (liveness|startup) probe`)

// killedBy is the probe for which the kubelet last killed the container, or "".
func (p patient) killedBy(container string) string {
	for _, e := range p.events(podKey(p.pod), "Killing") {
		if match := killed.FindStringSubmatch(e.Message); match != nil && match[1] == container {
			return match[2]
		}
	}
	return ""
}

// unready says why a container that runs is not ready.
func (p patient) unready(c corev1.Container, s corev1.ContainerStatus) found {
	probe, starts := "readiness", s.Started == nil || !*s.Started
	if starts {
		probe = "startup"
	}
	last := s.LastTerminationState.Terminated
	crashed := last != nil && last.ExitCode != 0
	switch {
	case crashed && starts: // what was said of its startup may be of an earlier one
	case p.probeSays(c.Name, probe) != "":
		cause := p.probeCause(c.Name, probe)
		return progressing([]*Cause{cause}, "%s", cause.Message)
	}
	if crashed {
		return progressing([]*Cause{p.exit(c, last)}, "container %s was restarted", c.Name)
	}
	return progressing(nil, "container %s is not ready yet", c.Name)
}

// probeSays is the last failure of a probe of a container, or "".
func (p patient) probeSays(container, probe string) string {
	part := fmt.Sprintf("{%s}", container)
	for _, e := range p.events(podKey(p.pod), "Unhealthy") {
		kind, why, ok := strings.Cut(e.Message, ":")
		if ok && strings.HasSuffix(e.Part, part) && strings.HasPrefix(strings.ToLower(kind), probe) {
			return p.oneLine(why)
		}
	}
	return ""
}

func (p patient) probeCause(container, probe string) *Cause {
	why := p.probeSays(container, probe)
	if why != "" {
		why = ": " + why
	}
	return p.cause(Probe, p.home.container(container, probe+"Probe"), p.lastWords(container), "the %s probe of container %q fails%s", probe, container, why)
}

// imagePull says why an image cannot be had.
func (p patient) imagePull(c corev1.Container, waiting *corev1.ContainerStateWaiting) *Cause {
	why := p.oneLine(pullNoise.ReplaceAllString(waiting.Message, ""))
	return p.cause(Image, p.home.container(c.Name, "image"), []string{why}, "image %q cannot be pulled: %s", c.Image, pullReason(waiting.Reason, why))
}

// pullNoise is what the kubelet says before the reason, in turns.
var pullNoise = regexp.MustCompile(`^(Back-off pulling image "[^"]*"(: )?|ErrImagePull: |rpc error: code = \w+ desc = )+`)

// pullReason says in a few words what a container runtime means.
func pullReason(reason, why string) string {
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(strings.ToLower(why), word) {
				return true
			}
		}
		return false
	}
	switch {
	case reason == "InvalidImageName":
		return "the name is not valid"
	case reason == "ErrImageNeverPull":
		return "the node does not have it, and imagePullPolicy is Never"
	case says("toomanyrequests", "rate limit"):
		return "the registry allows no more pulls for now"
	case says("not found", "manifest unknown"):
		return "the registry has no such image or tag"
	case says("denied", "unauthorized", "authorization failed", "authentication required"):
		return "the registry refuses access: the image does not exist, or needs imagePullSecrets"
	case says("no such host", "timeout", "connection refused", "unreachable", "deadline exceeded"):
		return "the registry cannot be reached"
	}
	return "the node does not get it"
}

// uncreated says why the kubelet has not created the containers.
func (p patient) uncreated() found {
	for _, e := range p.events(podKey(p.pod), "FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox") {
		if p.isThereNow(e.Message) {
			break
		}
		if c := p.absent(e.Message); c != nil {
			return stuck(c)
		}
		why := tokenVolume.ReplaceAllString(p.oneLine(e.Message), "$1")
		cause := p.cause(Start, p.home.spec, nil, "the containers cannot be created: %s", why)
		if match := mount.FindStringSubmatch(why); match != nil {
			cause = p.cause(Start, p.volume(match[1]), nil, "volume %q cannot be mounted: %s", match[1], match[2])
		}
		if _, missed := p.missed(why); missed {
			return stuck(cause)
		}
		return progressing([]*Cause{cause}, "%s", cause.Message) // a node may need a second try
	}
	return progressing(nil, "its containers are being created")
}

var (
	// tokenVolume is the name of the volume of a service account's token.
	tokenVolume = regexp.MustCompile(`(kube-api-access)-[a-z0-9]{5}`)
	mount       = regexp.MustCompile(`^MountVolume\.\w+ failed for volume "([^"]+)" ?: (.*)$`)
	missing     = regexp.MustCompile(`(?i)\b(secret|configmap) "([^"]+)" not found`)
)

// missed is the object that a message says is missing.
func (p patient) missed(message string) (key, bool) {
	match := missing.FindStringSubmatch(message)
	if match == nil {
		return key{}, false
	}
	kind := "Secret"
	if strings.EqualFold(match[1], "configmap") {
		kind = "ConfigMap"
	}
	return key{"", kind, p.pod.Namespace, match[2]}, true
}

// isThereNow reports whether what a message misses has come since: the kubelet
// tries again after up to two minutes.
func (p patient) isThereNow(message string) bool {
	k, _ := p.missed(message)
	_, there := p.live[k]
	return there
}

// absent is the cause where a message misses an object of the overlay, which
// is not in the cluster.
func (p patient) absent(message string) *Cause {
	k, ok := p.missed(message)
	if !ok {
		return nil
	}
	for _, o := range p.overlay {
		if at := keyOf(o.Ref); at == k || at == (key{"", k.kind, "", k.name}) {
			if f := p.account(o); len(f.causes) > 0 {
				return f.causes[0]
			}
		}
	}
	return nil
}

// volume is the path of a volume of the Pod.
func (p patient) volume(name string) manifest.Path {
	if i := indexByName(p.home.object, p.home.at("volumes"), name); i != "" {
		return p.home.at("volumes", i)
	}
	return p.home.at("volumes")
}
