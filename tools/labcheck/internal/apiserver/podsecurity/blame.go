package podsecurity

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// fields are what each check looks at, by the reason it gives: below the
// Pod's spec and below a container.
var fields = map[string]struct{ pod, container string }{
	"allowPrivilegeEscalation != false": {container: "securityContext.allowPrivilegeEscalation"},
	"forbidden AppArmor profile":        {pod: "securityContext.appArmorProfile.type", container: "securityContext.appArmorProfile.type"},
	"forbidden AppArmor profiles":       {pod: "securityContext.appArmorProfile.type", container: "securityContext.appArmorProfile.type"},
	"forbidden sysctls":                 {},
	"host namespaces":                   {},
	"hostPath volumes":                  {},
	"hostPort":                          {},
	"hostProcess":                       {pod: "securityContext.windowsOptions.hostProcess", container: "securityContext.windowsOptions.hostProcess"},
	"non-default capabilities":          {container: "securityContext.capabilities.add"},
	"privileged":                        {container: "securityContext.privileged"},
	"probe or lifecycle host":           {},
	"procMount":                         {container: "securityContext.procMount"},
	"restricted volume types":           {},
	"runAsNonRoot != true":              {pod: "securityContext.runAsNonRoot", container: "securityContext.runAsNonRoot"},
	"runAsUser=0":                       {pod: "securityContext.runAsUser", container: "securityContext.runAsUser"},
	"seLinuxOptions":                    {pod: "securityContext.seLinuxOptions", container: "securityContext.seLinuxOptions"},
	"seccompProfile":                    {pod: "securityContext.seccompProfile.type", container: "securityContext.seccompProfile.type"},
	"unrestricted capabilities":         {},
}

// blame returns the fields that fail the check which gives reason, at least
// one. The check itself is asked about parts of the Pod: a part that fails
// alone is to blame.
func (p pod) blame(level api.LevelVersion, reason string) []manifest.Path {
	fails := func(spec corev1.PodSpec) bool { return p.fails(level, reason, spec) }
	paths := p.blameHost(fails)
	paths = append(paths, p.blameVolumes(fails)...)
	paths = append(paths, p.blameSysctls(fails)...)
	podFails := fails(corev1.PodSpec{SecurityContext: p.Spec.SecurityContext, OS: p.Spec.OS})
	if field := dotted(fields[reason].pod); podFails && field != nil {
		paths = append(paths, p.at(field...))
	}
	inContainers := p.blameContainers(fails, dotted(fields[reason].container), podFails)
	paths = append(paths, inContainers...)
	if field := dotted(fields[reason].pod); !podFails && len(inContainers) > 0 && field != nil {
		if len(p.blameContainers(fails, dotted(fields[reason].container), true)) == 0 {
			paths = append(paths, p.at(field...)) // what is set there would do for all of them
		}
	}
	if len(paths) == 0 {
		return []manifest.Path{p.at()}
	}
	return paths
}

// fails asks whether spec, with the annotations of p, fails the check.
func (p pod) fails(level api.LevelVersion, reason string, spec corev1.PodSpec) bool {
	for _, result := range evaluator().EvaluatePod(level, &p.ObjectMeta, &spec) {
		if !result.Allowed && strings.TrimSuffix(result.ForbiddenReason, "s") == strings.TrimSuffix(reason, "s") {
			return true
		}
	}
	return false
}

func (p pod) blameHost(fails func(corev1.PodSpec) bool) []manifest.Path {
	var paths []manifest.Path
	for _, part := range []struct {
		name string
		spec corev1.PodSpec
	}{
		{"hostNetwork", corev1.PodSpec{HostNetwork: p.Spec.HostNetwork}},
		{"hostPID", corev1.PodSpec{HostPID: p.Spec.HostPID}},
		{"hostIPC", corev1.PodSpec{HostIPC: p.Spec.HostIPC}},
	} {
		if fails(part.spec) {
			paths = append(paths, p.at(part.name))
		}
	}
	return paths
}

func (p pod) blameVolumes(fails func(corev1.PodSpec) bool) []manifest.Path {
	var paths []manifest.Path
	for i, volume := range p.Spec.Volumes {
		if fails(corev1.PodSpec{Volumes: []corev1.Volume{volume}}) {
			paths = append(paths, p.at("volumes", strconv.Itoa(i)))
		}
	}
	return paths
}

func (p pod) blameSysctls(fails func(corev1.PodSpec) bool) []manifest.Path {
	if p.Spec.SecurityContext == nil {
		return nil
	}
	var paths []manifest.Path
	for i, sysctl := range p.Spec.SecurityContext.Sysctls {
		if fails(corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{sysctl}}}) {
			paths = append(paths, p.at("securityContext", "sysctls", strconv.Itoa(i), "name"))
		}
	}
	return paths
}

// blameContainers asks about each container in the security context of the
// Pod, or, where that fails already, in one that sets what can be inherited.
func (p pod) blameContainers(fails func(corev1.PodSpec) bool, below manifest.Path, podFails bool) []manifest.Path {
	context := p.Spec.SecurityContext
	if podFails {
		yes := true
		context = &corev1.PodSecurityContext{
			RunAsNonRoot:   &yes,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
	}
	var paths []manifest.Path
	blame := func(container corev1.Container, path ...string) {
		alone := func(container corev1.Container) bool {
			return fails(corev1.PodSpec{
				SecurityContext: context, OS: p.Spec.OS, HostUsers: p.Spec.HostUsers,
				Containers: []corev1.Container{container},
			})
		}
		if !alone(container) {
			return
		}
		field := below
		if field == nil {
			field = narrow(container, alone)
		}
		paths = append(paths, p.at(slices.Concat(path, field)...))
	}
	for i, container := range p.Spec.InitContainers {
		blame(container, "initContainers", strconv.Itoa(i))
	}
	for i, container := range p.Spec.Containers {
		blame(container, "containers", strconv.Itoa(i))
	}
	for i, container := range p.Spec.EphemeralContainers {
		blame(corev1.Container(container.EphemeralContainerCommon), "ephemeralContainers", strconv.Itoa(i))
	}
	return paths
}

// narrow finds the field of a container that fails a check which looks at
// several. Where even an empty container fails, capabilities must be dropped.
func narrow(container corev1.Container, fails func(corev1.Container) bool) manifest.Path {
	if fails(corev1.Container{}) {
		return narrowCapabilities(container, fails)
	}
	for i, port := range container.Ports {
		if fails(corev1.Container{Ports: []corev1.ContainerPort{port}}) {
			return manifest.Path{"ports", strconv.Itoa(i), "hostPort"}
		}
	}
	for _, part := range []struct {
		name      string
		container corev1.Container
	}{
		{"livenessProbe", corev1.Container{LivenessProbe: container.LivenessProbe}},
		{"readinessProbe", corev1.Container{ReadinessProbe: container.ReadinessProbe}},
		{"startupProbe", corev1.Container{StartupProbe: container.StartupProbe}},
		{"lifecycle", corev1.Container{Lifecycle: container.Lifecycle}},
	} {
		if fails(part.container) {
			return manifest.Path{part.name}
		}
	}
	return nil
}

func narrowCapabilities(container corev1.Container, fails func(corev1.Container) bool) manifest.Path {
	if context := container.SecurityContext; context != nil && context.Capabilities != nil {
		dropped := &corev1.Capabilities{Add: context.Capabilities.Add, Drop: []corev1.Capability{"ALL"}}
		if fails(corev1.Container{SecurityContext: &corev1.SecurityContext{Capabilities: dropped}}) {
			return manifest.Path{"securityContext", "capabilities", "add"}
		}
	}
	return manifest.Path{"securityContext", "capabilities", "drop"}
}

// at is a path below the Pod's spec.
func (p pod) at(steps ...string) manifest.Path {
	return slices.Concat(p.path, manifest.Path{"spec"}, steps)
}

func dotted(path string) manifest.Path {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}
