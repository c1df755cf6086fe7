package dead

import "github.com/kube-lab/kube-lab/tools/labcheck/internal/overlay/plan"

// signs tell, without a build, that pieces have an effect: what they say is
// what the build has more than what it was made from. The signs of a group
// are in what it is built to as a whole, so a piece without one may have an
// effect all the same.
type signs struct {
	difference
	claimed Values // how many pieces say each value
}

func newSigns(d difference, pieces map[*plan.Kust][]*piece) signs {
	s := signs{d, Values{}}
	for _, list := range pieces {
		for _, p := range list {
			for _, value := range p.says {
				s.claimed[value]++
			}
		}
	}
	return s
}

// show says whether there is a sign of a piece. Where several say the same
// value and not all of them can have written it, that is no sign.
func (s signs) show(p *piece) bool {
	for _, value := range p.says {
		if n := s.added[value]; n > 0 && n >= s.claimed[value] {
			return true
		}
	}
	for _, top := range p.takes {
		if s.gone.any(func(v Value) bool { return v.shape.within(top) }) {
			return true
		}
	}
	return p.shows != nil && p.shows(s.difference)
}
