package station

import (
	"context"
	"slices"

	"sexton/ledger/leaf"
	"sexton/policy"
)

// gate finds the open session of somebody who may carry out act and whose card still answers, and the role in which he does it. Who
// may do what stands in package policy's door and nowhere else.
func (s *Station) gate(ctx context.Context, id, act string) (*session, leaf.Role, error) {
	var role leaf.Role
	x, err := s.presentFor(ctx, id, func(x *session) (err error) {
		role, err = admitted(act, x.person)
		return err
	})
	return x, role, err
}

// admitted is the role in which p carries out act, "" when everybody enrolled may.
func admitted(act string, p PersonRow) (leaf.Role, error) {
	if err := policy.May(act, roleWords(p.Roles)); err != nil {
		return "", err
	}
	g, _ := policy.GateOf(act)
	for _, r := range g.Roles {
		if slices.Contains(p.Roles, leaf.Role(r)) {
			return leaf.Role(r), nil
		}
	}
	return "", nil
}
