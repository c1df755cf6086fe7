package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/diagnosis"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// AddressAssigned reports Services of type LoadBalancer without an address.
var AddressAssigned = &check.Rule{
	ID:    "address-assigned",
	Title: "Every Service of type LoadBalancer has an address",
	Doc:   page("address_assigned.md"),
	Needs: check.Live,
	Check: func(p *check.Pass) {
		causes(diagnosis.Address, "services")(p)
		for _, o := range p.Objects {
			live, ok := p.Live.Find(o.Ref)
			if !ok || o.Kind != "Service" || o.Group() != "" {
				continue
			}
			ingress, _ := live.Field("status", "loadBalancer", "ingress", "0")
			for _, key := range []string{"ip", "hostname"} {
				if address, ok := manifest.Lookup(ingress, key); ok {
					p.See(o.Ref, fmt.Sprintf("has the external address %s", address), look(p.Live, "get", live.Ref))
				}
			}
		}
	},
}
