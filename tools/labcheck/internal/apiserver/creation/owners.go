package creation

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// dropTwinOwners drops owners that are named twice, as the handler for create
// requests does before anything judges the object, and returns what it warns of.
func dropTwinOwners(object metav1.Object) (warnings []string) {
	var owners []metav1.OwnerReference
	var twins []string
	for _, owner := range object.GetOwnerReferences() {
		if slices.ContainsFunc(owners, func(other metav1.OwnerReference) bool { return equality.Semantic.DeepEqual(owner, other) }) {
			twins = append(twins, string(owner.UID))
		} else {
			owners = append(owners, owner)
		}
	}
	if len(twins) == 0 {
		return nil
	}
	object.SetOwnerReferences(owners)
	return []string{fmt.Sprintf(".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, "+
		"and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: %s", strings.Join(twins, ", "))}
}
