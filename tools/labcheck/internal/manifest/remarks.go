package manifest

// Remarks is what there is to say about the text of the kustomizations of an
// overlay, although it builds. What is said of a base that several overlays
// share is the same for all of them.
type Remarks struct {
	Deprecated []Problem // fields that kustomize still reads
	Unmatched  []Problem // entries that aim at something that is not there
	Idle       []Problem // entries, patches and operations that change nothing
	Beside     []Problem // list items merged beside the one that was meant
	Unused     []Problem // files that no kustomization uses
	Bare       []Problem // fields of patches with nothing behind them
	Unknown    []string  // why some of it could not be found out
}
