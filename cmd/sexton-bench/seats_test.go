package main

import (
	"errors"
	"slices"

	"sexton/internal/fault"
	"sexton/web/api"
)

// session gives the session of a person, or the login that is due first.
func (c *crew) session(m *member, stays ...*member) (string, *act) {
	if s := c.sessions[m.id]; s != "" {
		return s, nil
	}
	return "", &act{kind: "login", key: "login", do: func(d *deed) error {
		i, err := c.sit(m, stays...)
		if err != nil && d.isDead() {
			return errKilled
		}
		if err != nil {
			return err
		}
		s, err := api.Call[api.SessionView](c.ctx, c.rig.client, "session/login", api.LoginRequest{Reader: c.rig.pcsc.Readers[i], PIN: api.Secret(m.pin)})
		if err == nil {
			c.sessions[m.id] = s.ID
		}
		return err
	}}
}

// sit puts m's card into a reader in which none of those who stay has his, and says which.
func (c *crew) sit(m *member, stays ...*member) (int, error) {
	ctx, i := c.ctx, slices.Index(c.seat[:], m)
	if i >= 0 {
		return i, c.rig.awaitCard(ctx, i, true)
	}
	i = 0
	if c.seat[0] != nil && slices.Contains(stays, c.seat[0]) {
		i = 1
	}
	if gone := c.seat[i]; gone != nil {
		delete(c.sessions, gone.id)
	}
	c.seat[i] = nil
	// The reader must be seen empty first, also when a kill cut the last change of cards short.
	if err := errors.Join(c.rig.remove(ctx, i), c.rig.awaitCard(ctx, i, false), c.rig.insert(ctx, i, m.card)); err != nil {
		return i, err
	}
	c.seat[i] = m
	return i, nil
}

// errKilled is the end of waiting for a daemon that we killed.
var errKilled = errors.New("the daemon was killed")

// unreachable says that a request ended because the daemon did; that of a feed does not know how.
func unreachable(err error) bool {
	return errors.Is(err, errKilled) || isFault(err, "daemon.unreachable") || isFault(err, "feed.interrupted")
}

func isFault(err error, code string) bool {
	var f *fault.Fault
	return errors.As(err, &f) && f.Code == code
}

// as makes the act of one person.
func (c *crew) as(kind string, m *member, do func(session string, by api.Signer) error) (act, bool) {
	s, login := c.session(m)
	if login != nil {
		return *login, true
	}
	return act{kind: kind, key: kind, do: func(*deed) error { return do(s, api.Signer{Session: s, PIN: api.Secret(m.pin)}) }}, true
}

// team makes an act for which both must be logged in.
func (c *crew) team(a act) (act, bool) {
	d, t := c.cast.destroyer, c.cast.attestor
	if _, login := c.session(d, t); login != nil {
		return *login, true
	}
	if _, login := c.session(t, d); login != nil {
		return *login, true
	}
	return a, true
}

func (c *crew) signer(m *member) api.Signer {
	return api.Signer{Session: c.sessions[m.id], PIN: api.Secret(m.pin)}
}
