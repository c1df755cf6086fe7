// Package rules holds the rules, one file and one page each. A rule reads its
// Pass and reports; it opens no file, no connection and no process.
package rules

import (
	"embed"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
)

// All is every rule, in the order of reports and pages.
var All = []*check.Rule{
	Builds,
	KindExists,
	SchemaValid,
	APINotDeprecated,
	PolicyCompiles,
	ServerAccepts,
	ServerWarns,
	PodSecurity,
	PolicyBites,
	PolicyHolds,
	PromiseWatches,
	ReferenceResolves,
	NamespaceExists,
	LabelsEverywhere,
	SelectorMatches,
	SelectorsApart,
	TargetPortFits,
	BackendPortExists,
	ProbePortExists,
	PortsApart,
	VolumeMounted,
	HeadlessService,
	EvictionPossible,
	SyncSourceExists,
	ProjectPermits,
	KnownWords,
	SyncKeepsData,
	VariablesDefined,
	StableSelectors,
	NoEternalDiff,
	NoCredentials,
	HostsResolve,
	FilesMounted,
	KeysRead,
	BudgetHolds,
	CurrentFields,
	TargetsExist,
	TextCounts,
	DeletionWritten,
	FilesUsed,
	DeclarationHolds,
	Applied,
	NoDrift,
	NodesReady,
	PodsAdmitted,
	PodsScheduled,
	ClaimsBound,
	ImagesPulled,
	ContainersStart,
	InitCompletes,
	ContainersRun,
	ContainersReady,
	EndpointsReady,
	RolledOut,
	PromisesKept,
	OwnAddresses,
	PodNames,
	AddressAssigned,
	AnswersOutside,
	ProbePasses,
	WaiverHolds,
}

//go:embed *.md
var pages embed.FS

// page returns the embedded page of a rule. That every rule has one is a test.
func page(name string) string {
	text, err := pages.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(text)
}
