package station

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/usbctl"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/media"
)

// Reasons for which a medium that passes for a registered key is turned away. They stand in leaves.
var refusals = map[string][2]string{
	"canary":      {"标记不符", "its canary contradicts"},
	"unwritable":  {"无法更换标记，身份未确认", "its canary cannot be rotated: identity unconfirmed"},
	"differs":     {"外观与登记不符", "it does not look as registered"},
	"lost":        {"已报告丢失", "it is reported lost"},
	"suspect":     {"可疑，待管理员处理", "it is suspect until an administrator has decided"},
	"retired":     {"已停用", "it is retired"},
	"expired":     {"已过有效期", "it has expired"},
	"wrong-port":  {"不在其部门、部位的端口上", "the port is not of its department and place"},
	"owner-unfit": {"责任人不在岗或资格不足", "its owner is not fit for its level now"},
	"broken":      {"应答不合规范或已损坏", "it breaks its protocol or is broken"},
}

// usbKeys lists every key ever registered.
func (s *Station) usbKeys(ctx context.Context) ([]custody.USBKey, error) {
	rows, err := things[custody.USBKey](ctx, s)
	var out []custody.USBKey
	for _, r := range rows {
		out = append(out, r.Thing.(custody.USBKey))
	}
	return out, err
}

func (s *Station) usbKey(ctx context.Context, id string) (custody.USBKey, error) {
	k, _, err := thing[custody.USBKey](ctx, s, "key", id)
	return k, err
}

// hinders says why a key may not be used here and now, whatever is inserted; "" = nothing does.
func (s *Station) hinders(ctx context.Context, k custody.USBKey, port string) (string, error) {
	switch {
	case k.State == custody.KeyIsOut:
		return "retired", nil
	case k.State == custody.KeyIsLost:
		return "lost", nil
	case k.State == custody.KeySuspect:
		return "suspect", nil
	case k.Expires < s.today():
		return "expired", nil
	}
	ok, err := s.portOf(ctx, k, port)
	if err != nil {
		return "", err
	}
	if !ok {
		return "wrong-port", nil
	}
	row, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PostThing, ID: k.Owner})
	if err != nil {
		return "", err
	}
	post, is := row.Thing.(custody.Post)
	if !ok || !is || custody.Fit(post, k.Level, s.now()) != nil {
		return "owner-unfit", nil
	}
	return "", nil
}

// portOf says whether a key may be used at a port.
func (s *Station) portOf(ctx context.Context, k custody.USBKey, port string) (bool, error) {
	row, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PortThing, ID: port})
	if err != nil {
		return false, err
	}
	p, is := row.Thing.(custody.Port)
	switch {
	case !ok || !is || p.Place == "" && !p.Closed:
		return k.Place == "", nil
	case p.Closed:
		return false, nil
	case k.Place != "":
		return k.Place == p.Place, nil
	}
	place, _, err := thing[custody.Place](ctx, s, "place", p.Place)
	return err == nil && place.Department == k.Department, err
}

// look asks a medium what it is.
func (s *Station) look(ctx context.Context, a *attached) (ident.Look, media.Evidence, error) {
	n := s.noticeOf(a)
	p, e, err := s.usb.media.Portray(ctx, n.At)
	if err != nil {
		return ident.Look{}, e, err
	}
	d, err := desc.Parse(n.Device.Descriptors)
	return ident.Look{Speed: n.Device.Speed, Device: d, Strings: n.Device.Strings, Portrait: p}, e, err
}

func (s *Station) noticeOf(a *attached) media.Notice {
	s.usb.mu.Lock()
	defer s.usb.mu.Unlock()
	return a.notice
}

// likenessOf is a registered likeness as package ident compares it.
func likenessOf(l custody.Likeness) ident.Likeness {
	out := ident.Likeness{Descriptors: map[ident.Speed]string{}, Strings: l.Strings, Serial: l.Serial, Inquiry: l.Inquiry, Vital: l.Vital, Mode: l.Mode,
		Blocks: uint64(l.Blocks), BlockSize: int(l.BlockSize)}
	for speed, h := range l.Descriptors {
		out.Descriptors[ident.Speed(speed)] = h
	}
	return out
}

// likenessLeaf is a likeness as a leaf says it.
func likenessLeaf(l ident.Likeness) leaf.Likeness {
	out := leaf.Likeness{Descriptors: map[string]string{}, Strings: l.Strings, Serial: l.Serial, Inquiry: l.Inquiry, Vital: l.Vital, Mode: l.Mode,
		Blocks: int64(l.Blocks), BlockSize: int64(l.BlockSize)}
	for speed, h := range l.Descriptors {
		out.Descriptors[string(speed)] = h
	}
	return out
}

// greet is what happens at every insertion of what was let in as a key: it is looked at, compared, and its canary is asked before
// anything else is done to it. What is not taken is shut out.
func (s *Station) greet(ctx context.Context, a *attached) {
	a.work.Lock()
	defer a.work.Unlock()
	m, err := s.examine(ctx, a, "insert")
	if err != nil {
		s.giveUp(ctx, a, err)
		return
	}
	s.concluded(ctx, a, m, nil)
}

// giveUp: a medium could not be asked to the end. Pulled out, it is taken up at the next insertion.
func (s *Station) giveUp(ctx context.Context, a *attached, err error) {
	n := s.noticeOf(a)
	if errors.Is(err, usbctl.ErrGone) || ctx.Err() != nil || errors.Is(err, media.ErrAway) {
		s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "gone", Code: "media.gone", Zh: "端口 " + n.At.Port + " 的U盘在核对时被拔出", En: "the USB key at port " + n.At.Port + " was pulled out while it was checked"})
		return
	}
	if errors.Is(err, media.ErrShut) { // the rules changed their mind: a twin came
		s.usb.set(a, func() { a.state = stateRefused })
		s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "refused", Code: "media.refused", Zh: "端口 " + n.At.Port + "：" + n.Verdict.Zh, En: "port " + n.At.Port + ": " + n.Verdict.En})
		return
	}
	s.log.WarnContext(ctx, "cannot check a USB key", "port", n.At.Port, "error", err)
	s.concluded(ctx, a, leaf.KeyMeeting{Key: n.Key, Port: n.At.Port, Occasion: "insert", Refused: "broken"}, err)
}

// concluded records a meeting, says it, and shuts out what was not taken.
func (s *Station) concluded(ctx context.Context, a *attached, m leaf.KeyMeeting, cause error) {
	n := s.noticeOf(a)
	if m.Key == "" {
		s.usb.set(a, func() { a.state, a.canary = stateStranger, ident.Verdict(m.Verdict) })
		s.hub.send(Event{Type: "media", Subject: n.At.Port, What: "unregistered", Code: "media.refused", Zh: "端口 " + n.At.Port + "：未登记的U盘，外观与已登记的相同", En: "port " + n.At.Port + ": an unregistered USB key that looks like a registered one"})
		s.expel(ctx, n.At, "unregistered")
		return
	}
	if err := s.recordMeeting(ctx, m); err != nil {
		s.log.ErrorContext(ctx, "cannot record the meeting of a USB key", "key", m.Key, "error", errors.Join(err, cause))
		m.Refused = "broken"
	}
	if m.Refused == "canary" {
		s.retell(ctx) // the key is suspect now
	}
	s.usb.set(a, func() {
		a.state, a.key, a.refused, a.canary, a.differs = stateTaken, m.Key, m.Refused, ident.Verdict(m.Verdict), m.Differences
		if m.Refused != "" {
			a.state = stateTurnedAway
		}
	})
	if m.Refused != "" {
		s.expel(ctx, n.At, m.Refused)
	}
	s.hub.send(s.meetingEvent(ctx, m))
}

func (s *Station) expel(ctx context.Context, at media.At, reason string) {
	if err := s.usb.media.Expel(ctx, at, reason); err != nil && !errors.Is(err, usbctl.ErrGone) {
		s.log.ErrorContext(ctx, "cannot shut a USB device out", "port", at.Port, "error", err)
	}
}

// examine finds out which key a medium is, and asks its canary. A meeting without key is a stranger's. The caller has a.work.
func (s *Station) examine(ctx context.Context, a *attached, occasion string) (leaf.KeyMeeting, error) {
	n := s.noticeOf(a)
	m := leaf.KeyMeeting{Key: n.Key, Port: n.At.Port, Occasion: occasion}
	look, e, err := s.look(ctx, a)
	if err != nil {
		return m, err
	}
	m.Transcript = e.Transcript
	exact, differs, err := s.recognise(ctx, n.Key, look)
	if err != nil {
		return m, err
	}
	if len(exact) == 0 {
		m.Refused, m.Differences = "differs", differs
		return m, nil
	}
	for _, k := range exact {
		m.Key = k.ID
		if m, err = s.meet(ctx, n.At, k, m); err != nil {
			return m, err
		}
		if m.Verdict != string(ident.Foreign) {
			return m, nil
		}
	}
	if exact[0].Likeness.Serial == "" {
		// Its looks prove nothing: keys of one model without serial look alike, and this one's canary is none of ours.
		return leaf.KeyMeeting{Verdict: string(ident.Foreign)}, nil
	}
	return m, nil
}

// recognise lists the keys in use that a medium looks exactly like; when there is none, in what it differs from the one it was let in
// as.
func (s *Station) recognise(ctx context.Context, as string, look ident.Look) (exact []custody.USBKey, differs []string, err error) {
	all, err := s.usbKeys(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, k := range all {
		diffs := likenessOf(k.Likeness).Compare(look)
		switch {
		case len(diffs) == 0 && k.State == custody.KeyInUse:
			exact = append(exact, k)
		case k.ID == as:
			for _, d := range diffs {
				differs = append(differs, d.What)
			}
		}
	}
	return exact, differs, nil
}

// meet asks the canary of one key. Where the key may not be used the medium is left as it is.
func (s *Station) meet(ctx context.Context, at media.At, k custody.USBKey, m leaf.KeyMeeting) (leaf.KeyMeeting, error) {
	reason, err := s.hinders(ctx, k, at.Port)
	if err != nil || reason != "" {
		m.Refused = reason
		return m, err
	}
	r := s.usb.ring(k.ID)
	if r == nil {
		return m, fmt.Errorf("the secret of USB key %s is not in the journal", k.ID)
	}
	r.meet.Lock()
	defer r.meet.Unlock()
	v, e, err := s.usb.media.Canary(ctx, at, media.Meet, r.canary(), r)
	if e.Transcript != "" {
		m.Transcript = e.Transcript
	}
	if err != nil {
		return m, err
	}
	m.Verdict, m.Epoch, m.Refused = string(v), int64(r.run.State().Current), ""
	switch {
	case v == ident.Unwritable:
		m.Refused = "unwritable"
	case !v.Taken():
		m.Refused = "canary"
	}
	return m, nil
}

// recordMeeting writes what was seen of a key. Refusals of one kind within a minute are one leaf.
func (s *Station) recordMeeting(ctx context.Context, m leaf.KeyMeeting) error {
	of := func(count int64) note {
		m.Count = count
		body := m
		return note{kind: leaf.KeyMet, subjects: []string{leaf.KeySubject + m.Key, leaf.PortSubject + m.Port}, body: &body}
	}
	doubt := m.Verdict != "" && m.Refused == "canary"
	if m.Refused != "" && !doubt {
		s.recordFolded(ctx, fmt.Sprint("met ", m.Key, m.Port, m.Refused, m.Verdict), of)
	} else if _, err := s.record(context.WithoutCancel(ctx), of(1)); err != nil {
		return err
	}
	// Crash here: the canary is at its new epoch in the journal and on record; whoever asks next finds it inserted anew.
	return nil
}

// meetingEvent is what the screens say of a meeting.
func (s *Station) meetingEvent(ctx context.Context, m leaf.KeyMeeting) Event {
	e := Event{Type: "key", Subject: m.Key, What: "taken"}
	v := ident.Verdict(m.Verdict)
	if m.Refused == "" {
		e.Zh, e.En = fmt.Sprintf("U盘 %s：%s", m.Key, v.Zh()), fmt.Sprintf("USB key %s: %s", m.Key, v.En())
		return e
	}
	zh, en := refusalWords(m.Refused, v, m.Differences)
	e.What, e.Code = "turned-away", "key.refused"
	if m.Refused == "canary" {
		e.What, e.Code = "suspect", "key.copied"
	}
	e.Zh, e.En = fmt.Sprintf("端口 %s：U盘 %s 不得使用：%s", m.Port, m.Key, zh), fmt.Sprintf("port %s: USB key %s may not be used: %s", m.Port, m.Key, en)
	if k, err := s.usbKey(ctx, m.Key); err == nil {
		e.Zh += "（责任人 " + k.Owner + "）"
		e.En += " (owner " + k.Owner + ")"
	}
	return e
}

// refusalWords say a reason in both languages.
func refusalWords(reason string, v ident.Verdict, differs []string) (zh, en string) {
	w := refusals[reason]
	zh, en = w[0], w[1]
	switch {
	case reason == "canary":
		zh, en = v.Zh(), v.En()
	case len(differs) > 0:
		list := strings.Join(differs, ", ")
		zh, en = zh+"（"+list+"）", en+" ("+list+")"
	}
	return zh, en
}

// refusalFault is the same as a fault.
func refusalFault(key, reason string, v ident.Verdict, differs []string) error {
	zh, en := refusalWords(reason, v, differs)
	if reason == "canary" {
		return both(fault.New("key.copied", nil, key, en), "U盘 %s 可疑：%s", key, zh)
	}
	return both(fault.New("key.refused", nil, key, en), "U盘 %s 不得使用：%s", key, zh)
}
