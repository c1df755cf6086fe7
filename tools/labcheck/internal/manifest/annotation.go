package manifest

// An Annotation is what a kustomization says to labcheck: labcheck/<Name>,
// among the annotations of its own metadata.
type Annotation struct {
	Dir     string // of the kustomization, relative to the repository root
	Name    string
	Value   string
	Pos     Pos // of the value
	NamePos Pos // of the annotation's name
}
