package station

import (
	"cmp"
	"context"
	"regexp"
	"slices"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/usbctl/ident"
)

// RetireKey implements Keys.
func (s *Station) RetireKey(ctx context.Context, key, reason string, by Signer) (KeyView, error) {
	return s.signedKeyStep(ctx, "key-retire", leaf.KeyRetired, key, reason, by)
}

// FindKey implements Keys.
func (s *Station) FindKey(ctx context.Context, key, reason string, by Signer) (KeyView, error) {
	return s.signedKeyStep(ctx, "key-find", leaf.KeyFound, key, reason, by)
}

func (s *Station) signedKeyStep(ctx context.Context, act string, kind leaf.Kind, key, reason string, by Signer) (KeyView, error) {
	defer by.PIN.Wipe()
	var v KeyView
	err := s.act(ctx, act, by.Session, func() error {
		x, role, err := s.gate(ctx, by.Session, act)
		if err != nil {
			return err
		}
		n, err := s.keyStep(ctx, kind, key, reason, x.signs(role))
		if err != nil {
			return err
		}
		ending := kind == leaf.KeyRetired
		var r *ring
		if s.usb != nil {
			r = s.usb.ring(key)
		}
		if r != nil && ending {
			r.meet.Lock()
			defer r.meet.Unlock()
		}
		if err := s.signKey(ctx, n, x, by.PIN, r, ending); err != nil {
			return err
		}
		if r != nil && ending {
			s.usb.put(key, nil)
		}
		v, err = s.keyChanged(ctx, key, kind)
		return err
	})
	return v, err
}

// LoseKey implements Keys.
func (s *Station) LoseKey(ctx context.Context, key, reason, sessionID string) (KeyView, error) {
	err := s.assertAct(ctx, "key-lose", sessionID, func(x *session, _ leaf.Role) (note, error) {
		return s.keyStep(ctx, leaf.KeyLost, key, reason, x.asserts(leaf.RoleReporting))
	})
	if err != nil {
		return KeyView{}, err
	}
	v, err := s.keyChanged(ctx, key, leaf.KeyLost)
	return v, toFault(err)
}

func (s *Station) keyStep(ctx context.Context, kind leaf.Kind, key, reason string, by leaf.Actor) (note, error) {
	if _, err := s.usbKey(ctx, key); err != nil {
		return note{}, err
	}
	sec := s.secrets()
	return note{kind: kind, actors: []leaf.Actor{by}, subjects: []string{leaf.KeySubject + key}, body: &leaf.KeyStep{Key: key, Reason: sec.of("reason", reason)},
		openings: sec.openings}, sec.err
}

var keyChanges = map[leaf.Kind][2]string{leaf.KeyRetired: {"已停用U盘 ", "retired USB key "}, leaf.KeyFound: {"已登记找到U盘 ", "found USB key "}, leaf.KeyLost: {"已报告丢失U盘 ", "reported lost: USB key "}}

// keyChanged says a change and lets the ports know; a key that is inserted and may not be used any more is shut out.
func (s *Station) keyChanged(ctx context.Context, key string, kind leaf.Kind) (KeyView, error) {
	w := keyChanges[kind]
	s.hub.send(Event{Type: "key", Subject: key, What: string(kind), Zh: w[0] + key, En: w[1] + key})
	if s.usb != nil {
		for _, a := range s.takenAs(key) {
			n := s.noticeOf(a)
			reason := map[leaf.Kind]string{leaf.KeyRetired: "retired", leaf.KeyLost: "lost"}[kind]
			s.usb.set(a, func() { a.state, a.refused = stateTurnedAway, reason })
			s.expel(ctx, n.At, reason)
		}
		s.retell(ctx)
	}
	return s.keyView(ctx, key, false)
}

// takenAs lists the devices that are taken as a key.
func (s *Station) takenAs(key string) []*attached {
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	var out []*attached
	for _, a := range s.usb.ports {
		if a.state == stateTaken && a.key == key {
			out = append(out, a)
		}
	}
	return out
}

// CheckKey implements Keys.
func (s *Station) CheckKey(ctx context.Context, port, session string) (AttachedView, error) {
	return s.askAgain(ctx, "key-check", "check", port, session)
}

// EjectKey implements Keys.
func (s *Station) EjectKey(ctx context.Context, port, session string) (AttachedView, error) {
	return s.askAgain(ctx, "key-eject", "eject", port, session)
}

func (s *Station) askAgain(ctx context.Context, act, occasion, port, sessionID string) (AttachedView, error) {
	var v AttachedView
	err := s.act(ctx, act, sessionID, func() error {
		if _, _, err := s.gate(ctx, sessionID, act); err != nil {
			return err
		}
		a, err := s.inserted(port)
		if err != nil {
			return err
		}
		a.work.Lock()
		defer a.work.Unlock()
		err = s.ask(ctx, a, occasion)
		v = s.attachedView(a)
		return mediaFault(err, v.Port)
	})
	return v, err
}

// ask examines what is attached once more. The caller has a.work.
func (s *Station) ask(ctx context.Context, a *attached, occasion string) error {
	v := s.attachedView(a)
	switch {
	case v.State == stateTurnedAway:
		return refusalFault(v.Key, v.Refused, ident.Verdict(v.Canary), v.Differences)
	case v.State != stateTaken:
		return fault.New("media.none", nil, v.Port)
	}
	m, err := s.examine(ctx, a, occasion)
	if err != nil {
		return mediumFault(err)
	}
	if m.Key == "" {
		return fault.New("media.none", nil, v.Port)
	}
	s.concluded(ctx, a, m, nil)
	if m.Refused != "" {
		return refusalFault(m.Key, m.Refused, ident.Verdict(m.Verdict), m.Differences)
	}
	if occasion == "eject" {
		s.usb.set(a, func() { a.state = stateEjected })
		s.expel(ctx, s.noticeOf(a).At, "ejected")
	}
	return nil
}

// Attached implements Keys.
func (s *Station) Attached(context.Context) ([]AttachedView, error) {
	if s.usb == nil {
		return nil, fault.New("media.off", nil)
	}
	s.usb.mu.Lock()
	up := s.usb.up
	var all []*attached
	for _, a := range s.usb.ports {
		all = append(all, a)
	}
	s.usb.mu.Unlock()
	if !up {
		return nil, fault.New("media.unreachable", nil)
	}
	out := []AttachedView{}
	for _, a := range all {
		out = append(out, s.attachedView(a))
	}
	slices.SortFunc(out, func(a, b AttachedView) int { return cmp.Compare(a.Port, b.Port) })
	return out, nil
}

func (s *Station) attachedView(a *attached) AttachedView {
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	n := a.notice
	v := AttachedView{Port: n.At.Port, Verdict: string(n.Verdict.Action), Rule: n.Verdict.Rule, Zh: n.Verdict.Zh, En: n.Verdict.En, Manufacturer: n.Device.Manufacturer,
		Product: n.Device.Product, Serial: n.Device.Serial, Hash: n.Device.Hash, Key: a.key, State: a.state, Refused: a.refused, Canary: string(a.canary),
		Differences: append([]string{}, a.differs...), StateZh: stateWords[a.state][0], StateEn: stateWords[a.state][1]}
	if a.state == stateTurnedAway {
		zh, en := refusalWords(a.refused, a.canary, a.differs)
		v.StateZh, v.StateEn = v.StateZh+"："+zh, v.StateEn+": "+en
	}
	if a.state == stateTaken && a.canary == ident.Interrupted {
		v.StateZh, v.StateEn = v.StateZh+"（"+a.canary.Zh()+"）", v.StateEn+" ("+a.canary.En()+")"
	}
	return v
}

// KeyList implements Keys.
func (s *Station) KeyList(ctx context.Context, f KeyFilter) ([]KeyView, error) {
	out, err := s.keyList(ctx, f)
	return out, toFault(err)
}

func (s *Station) keyList(ctx context.Context, f KeyFilter) ([]KeyView, error) {
	if f.State != "" && !slices.Contains(custody.KeyStates(), custody.KeyState(f.State)) {
		return nil, fault.New("usage.bad-request", nil, "state "+f.State)
	}
	all, err := s.usbKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := []KeyView{}
	for _, k := range all {
		if f.State != "" && string(k.State) != f.State || f.Owner != "" && k.Owner != f.Owner {
			continue
		}
		v, err := s.keyView(ctx, k.ID, false)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Key implements Keys.
func (s *Station) Key(ctx context.Context, key string) (KeyView, error) {
	v, err := s.keyView(ctx, key, true)
	return v, toFault(err)
}

func (s *Station) keyView(ctx context.Context, id string, history bool) (KeyView, error) {
	k, row, err := thing[custody.USBKey](ctx, s, "key", id)
	if err != nil {
		return KeyView{}, err
	}
	v := KeyView{Key: k.ID, Owner: k.Owner, Department: k.Department, Place: k.Place, Level: k.Level, LevelZh: levelZh(k.Level), Expires: k.Expires,
		DaysLeft: s.daysLeft(k.Expires), State: string(k.State), StateZh: k.State.Zh(), Capacity: k.Capacity, Bytes: k.Likeness.Blocks * k.Likeness.BlockSize,
		HasSerial: k.Likeness.Serial != "", Epoch: k.Epoch, Registrar: k.Registrar, Times: k.Times, History: []HistoryView{}}
	for _, o := range []struct {
		path string
		into *string
	}{{"/body/label", &v.Label}, {"/body/purpose", &v.Purpose}} {
		if *o.into, err = s.opened(ctx, row.Event, o.path); err != nil {
			return v, err
		}
	}
	if p, ok, err := s.deps.Register.Person(ctx, k.Owner); err != nil {
		return v, err
	} else if ok {
		if v.OwnerName, err = s.opened(ctx, p.Event, "/body/name"); err != nil {
			return v, err
		}
	}
	if s.usb != nil {
		v.Secret = s.usb.ring(id) != nil
		for _, a := range s.takenAs(id) {
			v.Port = s.noticeOf(a).At.Port
		}
	}
	if history {
		v.History, err = s.history(ctx, leaf.KeySubject+id)
	}
	return v, err
}

// EnrolPort implements Ports.
func (s *Station) EnrolPort(ctx context.Context, o PortOptions) (PortView, error) {
	err := s.assertAct(ctx, "port-enrol", o.Session, func(x *session, role leaf.Role) (note, error) {
		if !portPath.MatchString(o.Port) {
			return note{}, fault.New("usage.bad-request", nil, "port "+o.Port)
		}
		if o.Place != "" {
			if _, _, err := thing[custody.Place](ctx, s, "place", o.Place); err != nil {
				return note{}, err
			}
		}
		name, err := s.kept(ctx, custody.Ref{Kind: custody.PortThing, ID: o.Port}, "name", o.Name)
		if err != nil {
			return note{}, err
		}
		sec := s.secrets()
		return note{kind: leaf.PortEnrolled, actors: []leaf.Actor{x.asserts(role)}, subjects: []string{leaf.PortSubject + o.Port},
			body: &leaf.Port{Port: o.Port, Place: o.Place, Hub: o.Hub, Name: sec.of("name", name)}, openings: sec.openings}, sec.err
	})
	return s.portChanged(ctx, o.Port, err, "已登记USB端口 ", "enrolled USB port ")
}

// ClosePort implements Ports.
func (s *Station) ClosePort(ctx context.Context, port, sessionID string) (PortView, error) {
	err := s.assertAct(ctx, "port-close", sessionID, func(x *session, role leaf.Role) (note, error) {
		if _, _, err := thing[custody.Port](ctx, s, "port", port); err != nil {
			return note{}, err
		}
		return note{kind: leaf.PortClosed, actors: []leaf.Actor{x.asserts(role)}, subjects: []string{leaf.PortSubject + port}, body: &leaf.PortEnd{Port: port}}, nil
	})
	return s.portChanged(ctx, port, err, "已停用USB端口 ", "closed USB port ")
}

func (s *Station) portChanged(ctx context.Context, port string, err error, zh, en string) (PortView, error) {
	if err != nil {
		return PortView{}, err
	}
	s.hub.send(Event{Type: "port", Subject: port, What: "changed", Zh: zh + port, En: en + port})
	s.retell(ctx)
	p, row, err := thing[custody.Port](ctx, s, "port", port)
	if err != nil {
		return PortView{}, toFault(err)
	}
	v, err := s.portView(ctx, p, row)
	return v, toFault(err)
}

func (s *Station) portView(ctx context.Context, p custody.Port, row ThingRow) (PortView, error) {
	name, err := s.opened(ctx, row.Event, "/body/name")
	return PortView{Port: p.ID, Name: name, Place: p.Place, Hub: p.Hub, Closed: p.Closed}, err
}

// PortList implements Ports.
func (s *Station) PortList(ctx context.Context) ([]PortView, error) {
	out, err := views(ctx, s, s.portView)
	return out, toFault(err)
}

// portPath is how Linux names a port: bus, then the ports on the way.
var portPath = regexp.MustCompile(`^[1-9][0-9]{0,2}-[1-9][0-9]{0,2}(\.[1-9][0-9]{0,2}){0,6}$`)
