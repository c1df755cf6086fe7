package diagnosis

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// A rollout is what the kinds that run Pods have in common.
type rollout struct {
	object, live manifest.Object
	short        []manifest.Ref // what is to create Pods and has not
	pods         []*corev1.Pod
	want         int32
	done         bool
	ordered      bool // one Pod after the other
	says         string
}

func (v *view) deployment(o, live manifest.Object) found {
	d := typed[appsv1.Deployment](live)
	s := d.Status
	r := rollout{object: o, live: live, want: replicas(d.Spec.Replicas)}
	r.done = s.ObservedGeneration == d.Generation && s.UpdatedReplicas == r.want && s.AvailableReplicas == r.want && s.Replicas == r.want
	r.says = fmt.Sprintf("%d of %d Pods are available, %d of the newest revision", s.AvailableReplicas, r.want, s.UpdatedReplicas)
	for _, set := range v.owned(live.Ref, "ReplicaSet") {
		pods := v.podsOf(set.Ref)
		if int32(len(pods)) < replicas(typed[appsv1.ReplicaSet](set).Spec.Replicas) {
			r.short = append(r.short, set.Ref)
		}
		r.pods = append(r.pods, pods...)
	}
	if d.Spec.Paused && !r.done {
		return stuck(&Cause{Kind: Rollout, Object: o, Path: manifest.Path{"spec", "paused"}, Seen: []manifest.Ref{live.Ref}, Message: "the Deployment is paused: it makes no Pod of its newest revision"})
	}
	return v.rollout(r)
}

func (v *view) statefulSet(o, live manifest.Object) found {
	d := typed[appsv1.StatefulSet](live)
	s := d.Status
	r := rollout{object: o, live: live, want: replicas(d.Spec.Replicas)}
	r.pods, r.short = v.makes(live.Ref, r.want)
	r.ordered = d.Spec.PodManagementPolicy != appsv1.ParallelPodManagement
	slices.SortFunc(r.pods, func(a, b *corev1.Pod) int { return ordinal(a) - ordinal(b) })
	newest := s.UpdatedReplicas == r.want && s.CurrentRevision == s.UpdateRevision
	if u := d.Spec.UpdateStrategy; u.Type == appsv1.OnDeleteStatefulSetStrategyType || u.RollingUpdate != nil && u.RollingUpdate.Partition != nil && *u.RollingUpdate.Partition > 0 {
		newest = true
	}
	r.done = s.ObservedGeneration == d.Generation && s.ReadyReplicas == r.want && s.Replicas == r.want && newest
	r.says = fmt.Sprintf("%d of %d Pods are Ready, %d of the newest revision", s.ReadyReplicas, r.want, s.UpdatedReplicas)
	if f, ok := v.leftBehind(r, s.UpdateRevision); ok {
		return f
	}
	return v.rollout(r)
}

// leftBehind finds a Pod of an older revision that is not Ready: a StatefulSet
// in order waits for it for ever, also when the newest revision would work.
func (v *view) leftBehind(r rollout, revision string) (found, bool) {
	for _, p := range r.pods {
		if !r.ordered || isReady(p) || p.DeletionTimestamp != nil || revision == "" || p.Labels[appsv1.StatefulSetRevisionLabel] == revision {
			continue
		}
		f := v.pod(p)
		if f.state != Stuck || slices.ContainsFunc(f.causes, func(c *Cause) bool { return c.Kind == Node }) {
			continue
		}
		return stuck(&Cause{
			Kind: Rollout, Object: r.object, Seen: []manifest.Ref{podRef(p)}, Observed: []string{f.says},
			Message: fmt.Sprintf("Pod %s is broken and of an older revision, and a StatefulSet waits for such a Pod for ever: delete it", p.Name),
		}), true
	}
	return found{}, false
}

func (v *view) daemonSet(o, live manifest.Object) found {
	d := typed[appsv1.DaemonSet](live)
	s := d.Status
	pods, short := v.makes(live.Ref, s.DesiredNumberScheduled)
	return v.rollout(rollout{
		object: o, live: live, short: short, pods: pods,
		done: s.ObservedGeneration == d.Generation && s.UpdatedNumberScheduled == s.DesiredNumberScheduled && s.NumberAvailable == s.DesiredNumberScheduled,
		says: fmt.Sprintf("%d of %d nodes have an available Pod, %d of the newest revision", s.NumberAvailable, s.DesiredNumberScheduled, s.UpdatedNumberScheduled),
	})
}

func (v *view) job(o, live manifest.Object) found {
	d := typed[batchv1.Job](live)
	for _, c := range d.Status.Conditions {
		if c.Status == corev1.ConditionTrue && (c.Type == batchv1.JobComplete || c.Type == batchv1.JobSuspended) {
			return current("%s", strings.ToLower(string(c.Type)))
		}
		if c.Status == corev1.ConditionTrue && c.Type == batchv1.JobFailed {
			return stuck(&Cause{Kind: Rollout, Object: o, Message: "the Job has failed: " + c.Message, Seen: []manifest.Ref{live.Ref}})
		}
	}
	pods, short := v.makes(live.Ref, replicas(d.Spec.Parallelism))
	return v.rollout(rollout{object: o, live: live, short: short, pods: pods, says: "the Job is not complete"})
}

// makes are the Pods of what makes Pods itself, and that where they are less
// than it wants.
func (v *view) makes(maker manifest.Ref, want int32) (pods []*corev1.Pod, short []manifest.Ref) {
	pods = v.podsOf(maker)
	if int32(len(pods)) < want {
		short = []manifest.Ref{maker}
	}
	return pods, short
}

// rollout says how far a workload is: as far as its Pods.
func (v *view) rollout(r rollout) found {
	if r.done {
		return current("%s", r.says)
	}
	if c := v.refused(r); c != nil {
		return stuck(c)
	}
	f := found{state: Progressing, says: r.says}
	waits, blocked := false, false
	for _, p := range r.pods {
		pod := v.pod(p)
		if pod.state == Current {
			continue
		}
		f.causes = append(f.causes, pod.causes...)
		f.says = fmt.Sprintf("%s; %s: %s", r.says, p.Name, pod.says)
		waits, blocked = waits || pod.state == Progressing, blocked || pod.state == Stuck
		if r.ordered {
			break
		}
	}
	if blocked && !waits {
		f.state = Stuck
	}
	return f
}

var (
	quota       = regexp.MustCompile(`exceeded quota: ([^,]+), requested: (.*?), used:`)
	podSecurity = regexp.MustCompile(`violates PodSecurity "([^"]+)": (.*)$`)
	podName     = regexp.MustCompile(`^.*pods "[^"]*" is forbidden: `)
	noAccount   = regexp.MustCompile(`serviceaccount "([^"]+)" not found`)
	container   = regexp.MustCompile(`containers? "([^"]+)"`)
)

// refused is the cause where the API server takes no Pod of the workload.
func (v *view) refused(r rollout) *Cause {
	for _, maker := range r.short {
		for _, e := range v.events(keyOf(maker), "FailedCreate") {
			return r.refusal(e.Message)
		}
	}
	return nil
}

func (r rollout) refusal(message string) *Cause {
	h := home{r.object, podSpec(r.object.Kind)}
	message = strings.TrimPrefix(message, "Error creating: ")
	why := podName.ReplaceAllString(message, "")
	c := &Cause{Kind: Creation, Object: r.object, Path: h.spec, Seen: []manifest.Ref{r.live.Ref}, Observed: []string{"API server: " + why}}
	switch {
	case quota.MatchString(why):
		match := quota.FindStringSubmatch(why)
		c.Path = manifest.Path{"spec", "replicas"}
		c.Message = fmt.Sprintf("quota %s leaves no room for another Pod, which asks for %s", match[1], match[2])
	case podSecurity.MatchString(why):
		match := podSecurity.FindStringSubmatch(why)
		if name := container.FindStringSubmatch(match[2]); name != nil {
			c.Path = h.container(name[1], "securityContext")
		}
		c.Message = fmt.Sprintf("the namespace enforces Pod Security %q, and the Pod violates it: %s", match[1], match[2])
	case noAccount.MatchString(why):
		c.Path = h.at("serviceAccountName")
		c.Message = fmt.Sprintf("the service account %q does not exist", noAccount.FindStringSubmatch(why)[1])
	default:
		c.Message = "no Pod may be created: " + why
	}
	return c
}

func replicas(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// ordinal is the number of a StatefulSet's Pod.
func ordinal(p *corev1.Pod) int {
	n, _ := strconv.Atoi(p.Name[strings.LastIndexByte(p.Name, '-')+1:])
	return n
}
