package main

import (
	"context"
	"fmt"
	"strings"

	"sexton/bench/card"
)

// member is one person of the story: invented, like everything in it.
type member struct {
	id, name, pin string
	roles         []string
	key           card.KeyType
	card          *card.Card
}

// cast holds the persons by what they do.
type cast struct {
	admin, clerk, leader, destroyer, attestor *member
}

func newCast(ca *card.CA) (*cast, error) {
	c := &cast{
		admin:     &member{id: "P-0001", name: "陈静（演练）", pin: "208411", roles: []string{"admin"}},
		clerk:     &member{id: "P-0002", name: "周敏（演练）", pin: "315927", roles: []string{"receiver", "keeper", "applicant", "counter"}},
		leader:    &member{id: "P-0003", name: "王立群（演练）", pin: "640182", roles: []string{"approver"}, key: card.RSA2048},
		destroyer: &member{id: "P-0004", name: "李㛃（演练）", pin: "772035", roles: []string{"destroyer", "second-counter", "operator"}},
		attestor:  &member{id: "P-0005", name: "赵䶮（演练）", pin: "918264", roles: []string{"attestor", "operator"}, key: card.P384},
	}
	for i, m := range c.all() {
		if m.key == card.NoKey {
			m.key = card.P256
		}
		var err error
		m.card, err = card.New(card.Spec{Name: m.name, PIN: m.pin, CA: ca, Key9A: m.key, Key9C: m.key, Serial: uint32(7000001 + i)})
		if err != nil {
			return nil, fmt.Errorf("cannot make the card of %s: %w", m.id, err)
		}
	}
	return c, nil
}

func (c *cast) all() []*member {
	return []*member{c.admin, c.clerk, c.leader, c.destroyer, c.attestor}
}

// login puts m's card into reader i and logs him in.
func (t *teller) login(ctx context.Context, i int, m *member) error {
	if err := t.rig.insert(ctx, i, m.card); err != nil {
		return err
	}
	return t.run(ctx, 0, m.pin+"\n", "login", "--reader", t.rig.pcsc.Readers[i], "--pin-stdin")
}

// sign runs a command that one person signs; his session must be open.
func (t *teller) sign(ctx context.Context, want int, m *member, args ...string) error {
	return t.run(ctx, want, m.pin+"\n", append(args, "--as", m.id, "--pin-stdin")...)
}

// enrol registers everybody: the first admin enrols himself, then signs for
// each other card, and adopts rules and machine.
func (t *teller) enrol(ctx context.Context, c *cast, profile string) error {
	left, right := t.rig.pcsc.Readers[0], t.rig.pcsc.Readers[1]
	if err := t.rig.insert(ctx, 0, c.admin.card); err != nil {
		return err
	}
	if err := t.run(ctx, 0, c.admin.pin+"\n", enrolArgs(c.admin, left)...); err != nil {
		return err
	}
	if err := t.run(ctx, 0, c.admin.pin+"\n", "login", "--reader", left, "--pin-stdin"); err != nil {
		return err
	}
	if err := t.run(ctx, 0, "", "department", "enter", "BMB", "--name", "保密办公室（演练）", "--highest", "绝密"); err != nil {
		return err
	}
	if err := t.post(ctx, c.admin, c.admin); err != nil {
		return err
	}
	for _, m := range c.all()[1:] {
		if err := t.rig.insert(ctx, 1, m.card); err != nil {
			return err
		}
		if err := t.run(ctx, 0, m.pin+"\n"+c.admin.pin+"\n", append(enrolArgs(m, right), "--as", c.admin.id)...); err != nil {
			return err
		}
		if err := t.quietly(ctx, m.pin+"\n", "login", "--reader", right, "--pin-stdin"); err != nil {
			return err
		}
		if err := t.post(ctx, c.admin, m); err != nil {
			return err
		}
	}
	if err := t.rig.remove(ctx, 1); err != nil {
		return err
	}
	if err := t.sign(ctx, 0, c.admin, "policy", "adopt", profile); err != nil {
		return err
	}
	if err := t.sign(ctx, 0, c.admin, "shredder", "enrol", "M-01", "--approval", "演检-2026-007", "--level", "P=7,O=6,T=6,H=5,E=6"); err != nil {
		return err
	}
	return t.rig.remove(ctx, 0)
}

// post puts somebody who is logged in on a post, and has him sign the undertaking: nobody handles a carrier otherwise.
func (t *teller) post(ctx context.Context, by, m *member) error {
	if err := t.quietly(ctx, "", "person", "post", m.id, "--department", "BMB", "--title", "涉密岗位（演练）", "--grade", "core", "--clearance", "绝密",
		"--trained-till", "2099-12-31", "--since", "2026-01-01", "--as", by.id); err != nil {
		return err
	}
	return t.quietly(ctx, m.pin+"\n", "person", "pledge", "--as", m.id, "--pin-stdin")
}

func enrolArgs(m *member, reader string) []string {
	return []string{"person", "enrol", m.id, "--name", m.name, "--role", strings.Join(m.roles, ","), "--reader", reader, "--pin-stdin"}
}
