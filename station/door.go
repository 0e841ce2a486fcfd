package station

import (
	"context"
	"slices"
	"strings"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// gate finds the open session of somebody who may carry out act and whose card still answers, and the role in which he does it. Who
// may do what stands in package policy's door and nowhere else. Where persons are named for the act, he must be one of them.
func (s *Station) gate(ctx context.Context, id, act string, named ...string) (*session, leaf.Role, error) {
	x, err := s.session(id)
	if err != nil {
		return nil, "", err
	}
	if err := s.onPost(ctx, x.person.Person); err != nil {
		return nil, "", err
	}
	if len(named) > 0 && !slices.Contains(named, x.person.Person) {
		return nil, "", fault.New("token.wrong-person", nil, strings.Join(named, ", "), x.person.Person)
	}
	role, err := admitted(act, x.person)
	if err != nil {
		return nil, "", err
	}
	if err := x.card.Confirm(ctx); err != nil {
		return nil, "", err
	}
	return x, role, nil
}

// admitted is the role in which p carries out act: the first of the act's roles that he has, "" when everybody enrolled may.
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
