package rules

import (
	"fmt"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/check"
	"github.com/kube-lab/kube-lab/tools/labcheck/internal/manifest"
)

// OwnAddresses reports Pods that share an address.
var OwnAddresses = &check.Rule{
	ID:    "own-addresses",
	Title: "Every Pod has an address of its own",
	Doc:   page("own_addresses.md"),
	Needs: check.Live,
	Check: ownAddresses,
}

func ownAddresses(p *check.Pass) {
	skipMissed(p, "pods")
	holder := map[string]manifest.Ref{}
	pods, shared := 0, false
	for _, o := range p.Live.Objects {
		onHost, _ := o.Field("spec", "hostNetwork")
		ended := o.Text("status", "phase") == "Succeeded" || o.Text("status", "phase") == "Failed"
		address := o.Text("status", "podIP")
		if o.Kind != "Pod" || onHost == true || ended || address == "" {
			continue
		}
		pods++
		if other, ok := holder[address]; ok {
			shared = true
			p.ReportLive(manifest.Object{Ref: o.Ref}, nil, fmt.Sprintf("the Pod has the address %s, which %s has too", address, other),
				[]string{"no file is wrong: the network of the cluster is", "$ " + look(p.Live, "describe", o.Ref)})
		}
		holder[address] = o.Ref
	}
	if pods > 0 && !shared {
		p.SeeAll(fmt.Sprintf("%s, each with an address of its own", check.Count(pods, "Pod")), p.Live.Kubectl("get", "pods", "-A", "-o", "wide"))
	}
}
