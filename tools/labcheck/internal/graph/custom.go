package graph

import "slices"

// API groups of the custom resources that are known.
const (
	gatewayGroup   = "gateway.networking.k8s.io"
	fluxKustomize  = "kustomize.toolkit.fluxcd.io"
	fluxHelm       = "helm.toolkit.fluxcd.io"
	fluxSource     = "source.toolkit.fluxcd.io"
	fluxNotify     = "notification.toolkit.fluxcd.io"
	argoGroup      = "argoproj.io"
	certManager    = "cert-manager.io"
	externalSecret = "external-secrets.io"
)

var (
	toSecret  = reading{kind: "Secret", name: "name", namespace: "namespace", key: "key"}
	toService = reading{kind: "Service", name: "name", namespace: "namespace", typed: true}
	toGateway = reading{group: gatewayGroup, kind: "Gateway", name: "name", namespace: "namespace", typed: true}
	toSource  = reading{group: fluxSource, name: "name", namespace: "namespace", typed: true}
	toValues  = reading{name: "name", key: "valuesKey", typed: true}
	toScaled  = reading{group: "apps", kind: "Deployment", name: "name", typed: true}
	byName    = reading{kind: "Secret"}
)

// custom are the fields of custom resources, and of the built-in kinds that
// have no type in k8s.io/api, that name objects: by group and kind, then by
// path.
var custom = map[[2]string]map[string]reading{
	{gatewayGroup, "Gateway"}: {
		"spec.gatewayClassName":                  {group: gatewayGroup, kind: "GatewayClass"},
		"spec.listeners[].tls.certificateRefs[]": {kind: "Secret", name: "name", namespace: "namespace", typed: true},
	},
	{gatewayGroup, "HTTPRoute"}: httpRoute,
	{gatewayGroup, "GRPCRoute"}: httpRoute,
	{gatewayGroup, "TLSRoute"}:  route,
	{gatewayGroup, "TCPRoute"}:  route,
	{gatewayGroup, "UDPRoute"}:  route,

	{fluxKustomize, "Kustomization"}: {
		"spec.sourceRef":                  toSource,
		"spec.dependsOn[]":                {group: fluxKustomize, kind: "Kustomization", name: "name", namespace: "namespace"},
		"spec.postBuild.substituteFrom[]": {name: "name", typed: true},
		"spec.decryption.secretRef":       toSecret,
		"spec.kubeConfig.secretRef":       toSecret,
		"spec.serviceAccountName":         {kind: "ServiceAccount"},
	},
	{fluxHelm, "HelmRelease"}: {
		"spec.chart.spec.sourceRef": toSource,
		"spec.chartRef":             toSource,
		"spec.dependsOn[]":          {group: fluxHelm, kind: "HelmRelease", name: "name", namespace: "namespace"},
		"spec.valuesFrom[]":         toValues,
		"spec.kubeConfig.secretRef": toSecret,
		"spec.serviceAccountName":   {kind: "ServiceAccount"},
	},
	{fluxSource, "GitRepository"}:  source,
	{fluxSource, "OCIRepository"}:  source,
	{fluxSource, "HelmRepository"}: source,
	{fluxSource, "Bucket"}:         source,
	{fluxSource, "HelmChart"}:      {"spec.sourceRef": toSource},
	{fluxNotify, "Provider"}:       source,
	{fluxNotify, "Receiver"}:       source,
	{fluxNotify, "Alert"}:          {"spec.providerRef": {group: fluxNotify, kind: "Provider", name: "name"}},

	{argoGroup, "Application"}: {"spec.project": {group: argoGroup, kind: "AppProject"}},
	{argoGroup, "Rollout"}: {
		"spec.workloadRef":                       toScaled,
		"spec.strategy.canary.canaryService":     {kind: "Service"},
		"spec.strategy.canary.stableService":     {kind: "Service"},
		"spec.strategy.blueGreen.activeService":  {kind: "Service"},
		"spec.strategy.blueGreen.previewService": {kind: "Service"},
	},

	{certManager, "Certificate"}: {
		"spec.issuerRef": {group: certManager, kind: "Issuer", name: "name", typed: true},
	},
	{externalSecret, "ExternalSecret"}: {
		"spec.secretStoreRef": {group: externalSecret, kind: "SecretStore", name: "name", typed: true},
	},
	{"keda.sh", "ScaledObject"}:                     {"spec.scaleTargetRef": toScaled},
	{"autoscaling.k8s.io", "VerticalPodAutoscaler"}: {"spec.targetRef": toScaled},
	{"traefik.io", "IngressRoute"}: {
		"spec.routes[].services[]": toService,
		"spec.tls.secretName":      byName,
	},
	{"monitoring.coreos.com", "ServiceMonitor"}: {
		"spec.endpoints[].bearerTokenSecret":         toSecret,
		"spec.endpoints[].basicAuth.username":        toSecret,
		"spec.endpoints[].basicAuth.password":        toSecret,
		"spec.endpoints[].authorization.credentials": toSecret,
	},

	{"apiregistration.k8s.io", "APIService"}: {"spec.service": {kind: "Service", name: "name", namespace: "namespace"}},
	{"apiextensions.k8s.io", "CustomResourceDefinition"}: {
		"spec.conversion.webhook.clientConfig.service": {kind: "Service", name: "name", namespace: "namespace"},
	},
}

var (
	route = map[string]reading{
		"spec.parentRefs[]":          toGateway,
		"spec.rules[].backendRefs[]": toService,
	}
	httpRoute = map[string]reading{
		"spec.parentRefs[]":                                             toGateway,
		"spec.rules[].backendRefs[]":                                    toService,
		"spec.rules[].filters[].requestMirror.backendRef":               toService,
		"spec.rules[].backendRefs[].filters[].requestMirror.backendRef": toService,
	}
	source = map[string]reading{"spec.secretRef": toSecret, "spec.certSecretRef": toSecret}
)

// CustomKinds are the kinds of a group of custom resources, as far as they are
// known.
func CustomKinds(group string) []string {
	kinds := slices.Clone(withoutReferences[group])
	for kind := range custom {
		if kind[0] == group {
			kinds = append(kinds, kind[1])
		}
	}
	slices.Sort(kinds)
	return kinds
}

// withoutReferences are more kinds of the groups, which name no objects.
var withoutReferences = map[string][]string{
	argoGroup:  {"AppProject", "ApplicationSet", "Workflow", "WorkflowTemplate", "CronWorkflow", "ClusterWorkflowTemplate", "Experiment", "AnalysisRun", "AnalysisTemplate", "ClusterAnalysisTemplate", "EventBus", "EventSource", "Sensor"},
	fluxSource: {"ExternalArtifact", "ArtifactGenerator"},
}
