package station

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/token"
)

// session is one person at one reader.
type session struct {
	id     string
	person PersonRow
	name   string
	reader string
	since  time.Time
	tries  int
	card   token.Session
}

// cause is why the session is over, "" while it is open.
func (x *session) cause() string {
	select {
	case <-x.card.Locked():
	default:
		return ""
	}
	if err := x.card.Cause(); err != nil {
		return token.KindOf(err).String()
	}
	return token.Closed.String()
}

func (x *session) has(roles ...leaf.Role) bool {
	return slices.ContainsFunc(roles, func(r leaf.Role) bool { return slices.Contains(x.person.Roles, r) })
}

// asserts is the person as an actor who only logged in: the credential is that of slot 9A.
func (x *session) asserts(role leaf.Role) leaf.Actor {
	return leaf.Actor{Person: x.person.Person, Role: role, Credential: x.person.AuthKey}
}

// signs is the person as an actor who signs in slot 9C.
func (x *session) signs(role leaf.Role) leaf.Actor {
	return leaf.Actor{Person: x.person.Person, Role: role, Credential: x.person.SignKey}
}

func (x *session) view() SessionView {
	cause := x.cause()
	return SessionView{ID: x.id, Person: x.person.Person, Name: x.name, Roles: roleWords(x.person.Roles), Reader: x.reader,
		Since: x.since, Tries: x.tries, Locked: cause != "", Cause: cause}
}

func roleWords(roles []leaf.Role) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

// Login implements Cards.
func (s *Station) Login(ctx context.Context, reader string, pin *PIN) (SessionView, error) {
	defer pin.Wipe()
	var v SessionView
	err := s.actOn(ctx, "login", "", reader, func() error {
		tries, err := s.deps.Desk.TriesLeft(ctx, reader)
		if err != nil {
			tries = -1
		}
		card, err := s.deps.Desk.Login(ctx, reader, pin, token.Challenge{Station: s.cfg.Origin, Purpose: "login", At: s.now()})
		if err != nil {
			return err
		}
		x, err := s.admit(ctx, reader, tries, card)
		if err != nil {
			_ = card.Close()
			return err
		}
		v = x.view()
		return nil
	})
	return v, err
}

// admit finds whose the proven card is and opens the session.
func (s *Station) admit(ctx context.Context, reader string, tries int, card token.Session) (*session, error) {
	id := card.Identity()
	person, ok, err := s.deps.Register.PersonByKey(ctx, string(id.AuthKey()))
	if err != nil {
		return nil, err
	}
	if !ok || person.AuthKey != string(id.AuthKey()) {
		return nil, fault.New("person.unknown", nil)
	}
	if person.SignKey != string(id.SignKey()) || (person.GUID != "" && person.GUID != id.GUID) {
		return nil, fault.New("token.mismatch", errors.New("the card's keys or GUID are not those enrolled"))
	}
	if err := s.onPost(ctx, person.Person); err != nil {
		return nil, err
	}
	sid, err := uuid.NewRandomFromReader(s.deps.Rand)
	if err != nil {
		return nil, err
	}
	x := &session{id: sid.String(), person: person, reader: reader, since: s.now(), tries: tries, card: card}
	x.name, _ = s.opened(ctx, person.Event, "/body/name")
	proof := card.Proof()
	// Crash here: nothing durable, the card is logged in; the next start finds it and de-authenticates at login.
	if _, err := s.record(ctx, note{
		kind: leaf.SessionOpened, actors: []leaf.Actor{x.asserts(firstRole(person))}, subjects: []string{leaf.PersonSubject + person.Person},
		body: &leaf.SessionOpen{Session: x.id, Reader: reader, Message: base64.StdEncoding.EncodeToString(proof.Message),
			Alg: proof.Signature.Alg, Signature: base64.StdEncoding.EncodeToString(proof.Signature.Value)},
	}); err != nil {
		return nil, err
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, fault.New("ledger.stopped", errors.New("the station is closing"))
	}
	for id, old := range s.sessions {
		if old.reader == reader && old.cause() != "" {
			delete(s.sessions, id) // somebody new is at that reader
		}
	}
	s.sessions[x.id] = x
	s.tasks.Go(func() { s.watchSession(x) })
	s.mu.Unlock()
	s.hub.send(Event{Type: "session", Subject: x.id, What: "opened", Zh: person.Person + " 已登录", En: person.Person + " logged in"})
	return x, nil
}

func firstRole(p PersonRow) leaf.Role {
	if len(p.Roles) == 0 {
		return leaf.RoleOperator
	}
	return p.Roles[0]
}

// watchSession records the end of a session. It ends with the session; Close ends all sessions.
func (s *Station) watchSession(x *session) {
	<-x.card.Locked()
	cause := x.cause()
	s.sessionEnded(x, cause)
	ctx, stop := context.WithTimeout(context.Background(), s.cfg.CommandTimeout)
	defer stop()
	if _, err := s.record(ctx, note{
		kind: leaf.SessionLocked, actors: []leaf.Actor{x.asserts(firstRole(x.person))}, subjects: []string{leaf.PersonSubject + x.person.Person},
		body: &leaf.SessionLock{Session: x.id, Cause: cause},
	}); err != nil {
		s.log.ErrorContext(ctx, "cannot record the end of a session", "error", err)
	}
	s.hub.send(Event{Type: "session", Subject: x.id, What: "locked", Zh: x.person.Person + " 的会话已结束：" + fault.Term(cause), En: "session of " + x.person.Person + " ended: " + cause})
}

// TriesLeft implements Cards.
func (s *Station) TriesLeft(ctx context.Context, reader string) (TriesView, error) {
	n, err := s.deps.Desk.TriesLeft(ctx, reader)
	if err != nil {
		return TriesView{}, toFault(err)
	}
	return TriesView{Reader: reader, Tries: n}, nil
}

// Logout implements Cards.
func (s *Station) Logout(_ context.Context, id string) error {
	s.mu.Lock()
	x := s.sessions[id]
	delete(s.sessions, id)
	s.mu.Unlock()
	if x == nil {
		return nil
	}
	return toFault(x.card.Close())
}

// Sessions implements Cards.
func (s *Station) Sessions(context.Context) ([]SessionView, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []SessionView{}
	for _, x := range s.sessions {
		out = append(out, x.view())
	}
	slices.SortFunc(out, func(a, b SessionView) int { return a.Since.Compare(b.Since) })
	return out, nil
}

// session finds an open session.
func (s *Station) session(id string) (*session, error) {
	s.mu.Lock()
	x := s.sessions[id]
	s.mu.Unlock()
	if x == nil {
		return nil, fault.New("session.unknown", nil)
	}
	if cause := x.cause(); cause != "" {
		return nil, fault.New("session.locked", nil, cause)
	}
	return x, nil
}

// sessionOf finds the open session of a person.
func (s *Station) sessionOf(person string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.sessions {
		if x.person.Person == person && x.cause() == "" {
			return x
		}
	}
	return nil
}

// sign has x sign payload with pin and gives the envelope's signature.
func (x *session) sign(ctx context.Context, pin *PIN, payload []byte) (leaf.Sig, error) {
	sig, err := x.card.Sign(ctx, pin, leaf.PAE(payload))
	if err != nil {
		return leaf.Sig{}, err
	}
	if string(sig.Key) != x.person.SignKey {
		return leaf.Sig{}, fault.New("token.mismatch", errors.New("signed by another key than the enrolled one"))
	}
	if err := leaf.VerifySig(x.card.Identity().Sign.PublicKey, leaf.PAE(payload), sig.Value); err != nil {
		return leaf.Sig{}, fault.New("token.mismatch", err)
	}
	return leaf.Sig{KeyID: string(sig.Key), Sig: sig.Value}, nil
}

// act carries out one request of the person of a session, "" = nobody: its error becomes a fault, and a refusal goes on record.
func (s *Station) act(ctx context.Context, name, sessionID string, f func() error) error {
	return s.actOn(ctx, name, sessionID, "", f)
}

// actOn is act on a subject that tells its refusals from equal ones when nobody has a session; see nobody.go.
func (s *Station) actOn(ctx context.Context, name, sessionID, subject string, f func() error) error {
	err := toFault(f())
	if err == nil {
		return nil
	}
	var ft *fault.Fault
	if !errors.As(err, &ft) {
		return err
	}
	s.mu.Lock()
	who := s.sessions[sessionID]
	s.mu.Unlock()
	s.refused(ctx, name, subject, who, ft)
	return ft
}

// unrecorded are the answers to requests that come from nobody: recording them would let anybody fill the ledger.
var unrecorded = map[string]bool{"session.unknown": true, "session.locked": true, "token.no-card": true, "token.removed": true}

// refused records a refusal. What was not a refusal is logged; so is how often the same is refused to nobody, see nobody.go.
func (s *Station) refused(ctx context.Context, name, subject string, who *session, ft *fault.Fault) {
	switch ft.Kind {
	case fault.Refused, fault.Unauthentic, fault.Indeterminate:
	default:
		s.log.ErrorContext(ctx, "request failed", "act", name, "code", ft.Code, "error", ft.Err)
		return
	}
	if unrecorded[ft.Code] {
		return
	}
	ev := Event{Type: "refusal", Subject: name, What: "refused", Zh: ft.Zh, En: ft.En, Code: ft.Code}
	k := nobodyKey{name, ft.Code, subject}
	if ft.Code == "token.pin-wrong" {
		k.subject += " " + ft.En // says how many tries are left: each is on record, the card bounds them
	}
	if who == nil {
		record, again := s.nobody.first(k, s.deps.Clock.Mono())
		if !record {
			if power(again) {
				s.log.WarnContext(ctx, "refused again to nobody, not recorded again", "act", name, "code", ft.Code, "times", again)
			}
			s.hub.send(ev)
			return
		}
	}
	n := note{kind: leaf.RefusalRecorded, subjects: []string{leaf.StationSubject + s.cfg.Origin}, body: &leaf.Refusal{Act: name, Code: ft.Code}}
	if who != nil {
		n.actors = []leaf.Actor{who.asserts(firstRole(who.person))}
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), s.cfg.CommandTimeout)
	defer stop()
	if _, err := s.record(ctx, n); err != nil {
		s.log.ErrorContext(ctx, "cannot record a refusal", "act", name, "code", ft.Code, "error", err)
		if who == nil {
			s.nobody.forget(k)
		}
		return
	}
	s.hub.send(ev)
}
