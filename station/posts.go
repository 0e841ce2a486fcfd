package station

import (
	"context"
	"crypto/x509"
	_ "embed"
	"slices"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// The undertakings. Their bytes are kept by the ledger with the first signature under them; a changed text is another hash.
var (
	//go:embed pledges/post.txt
	postPledge []byte
	//go:embed pledges/leaving.txt
	leavingPledge []byte
)

func pledgeText(leaving bool) []byte {
	if leaving {
		return leavingPledge
	}
	return postPledge
}

// leavingReasons are the reasons for which a post ends; they stand in the ledger in clear.
var leavingReasons = []string{"transfer", "retirement", "resignation", "dismissal", otherCode}

// gradesZh are the terms of custody.Grades, and after how many years a post of that grade is reviewed.
var gradesZh = map[string]string{"core": "核心", "important": "重要", "general": "一般"}
var gradeReview = map[string]int{"core": 1, "important": 3, "general": 5}

// PostPerson implements Posts.
func (s *Station) PostPerson(ctx context.Context, o PostOptions) (PostView, error) {
	err := s.assertAct(ctx, "person-post", o.Session, func(x *session, role leaf.Role) (note, error) { return s.postNote(ctx, o, x.asserts(role)) })
	if err != nil {
		return PostView{}, err
	}
	s.hub.send(Event{Type: "person", Subject: o.Person, What: "posted", Zh: o.Person + " 已任岗", En: o.Person + " is on post"})
	p, _, err := s.deps.Register.Person(ctx, o.Person)
	if err != nil {
		return PostView{}, toFault(err)
	}
	v, err := s.postView(ctx, p)
	return v, toFault(err)
}

func (s *Station) postNote(ctx context.Context, o PostOptions, by leaf.Actor) (note, error) {
	if _, ok, err := s.deps.Register.Person(ctx, o.Person); err != nil || !ok {
		if err == nil {
			err = fault.New("person.not-enrolled", nil, o.Person)
		}
		return note{}, err
	}
	if _, _, err := thing[custody.Department](ctx, s, "department", o.Department); err != nil {
		return note{}, err
	}
	clearance, err := levelWord(o.Clearance)
	if err != nil {
		return note{}, err
	}
	if !slices.Contains(custody.Grades(), o.Grade) {
		return note{}, fault.New("usage.bad-request", nil, "grade "+o.Grade)
	}
	if o.Since == "" {
		o.Since = s.today()
	}
	if err := checkDay("since", o.Since, false); err != nil {
		return note{}, err
	}
	if err := checkDay("trained till", o.TrainedTill, false); err != nil {
		return note{}, err
	}
	post, err := s.kept(ctx, custody.Ref{Kind: custody.PostThing, ID: o.Person}, "post", o.Post)
	if err != nil {
		return note{}, err
	}
	sec := s.secrets()
	return note{kind: leaf.PersonPosted, actors: []leaf.Actor{by}, subjects: []string{leaf.PersonSubject + o.Person},
		body: &leaf.Posted{Person: o.Person, Department: o.Department, Post: sec.of("post", post), Grade: o.Grade, Clearance: clearance,
			TrainedTill: o.TrainedTill, Since: o.Since}, openings: sec.openings}, sec.err
}

// PledgeText implements Posts.
func (s *Station) PledgeText(_ context.Context, leaving bool) (PledgeView, error) {
	text := pledgeText(leaving)
	return PledgeView{Leaving: leaving, Text: string(text), SHA256: sha(text)}, nil
}

// Pledge implements Posts.
func (s *Station) Pledge(ctx context.Context, leaving bool, by Signer) (SignedView, error) {
	var who string
	v, err := s.signAct(ctx, "person-pledge", by, func(x *session, _ leaf.Role) (note, error) {
		who = x.person.Person
		text := pledgeText(leaving)
		return note{kind: leaf.PersonPledged, actors: []leaf.Actor{x.signs(leaf.RolePledging)}, subjects: []string{leaf.PersonSubject + who},
			body: &leaf.Pledged{Person: who, Leaving: leaving, SHA256: sha(text)}, attach: [][]byte{text}}, nil
	})
	if err == nil {
		s.hub.send(Event{Type: "person", Subject: who, What: "pledged", Zh: who + " 已签承诺书", En: who + " pledged"})
	}
	return v, err
}

// LeavePerson implements Posts.
func (s *Station) LeavePerson(ctx context.Context, o LeaveOptions, by Signer) (LeaveView, error) {
	var v LeaveView
	var err error
	v.Signed, err = s.signAct(ctx, "person-leave", by, func(x *session, role leaf.Role) (note, error) {
		if !slices.Contains(leavingReasons, o.Reason) {
			return note{}, fault.New("usage.bad-request", nil, "reason for leaving "+o.Reason)
		}
		if err := checkDay("cooling until", o.CoolingUntil, true); err != nil {
			return note{}, err
		}
		if o.Person == x.person.Person {
			return note{}, fault.New("person.own-leaving", nil, o.Person)
		}
		var err error
		if v.Outstanding, err = s.outstanding(ctx, o.Person); err != nil {
			return note{}, err
		}
		return note{kind: leaf.PersonLeft, actors: []leaf.Actor{x.signs(role)}, subjects: []string{leaf.PersonSubject + o.Person},
			body: &leaf.Left{Person: o.Person, Reason: o.Reason, CoolingUntil: o.CoolingUntil}}, mayLeave(v.Outstanding)
	})
	if err != nil {
		return v, err
	}
	s.hub.send(Event{Type: "person", Subject: o.Person, What: "left", Zh: o.Person + " 已离岗", En: o.Person + " left the post"})
	return v, toFault(s.endSessions(o.Person))
}

// mayLeave refuses while anything is outstanding.
func mayLeave(o OutstandingView) error {
	switch {
	case len(o.Carriers)+len(o.Movements)+len(o.Findings)+len(o.Places)+len(o.Keys) > 0:
		return fault.New("person.outstanding", nil, o.Person, len(o.Carriers), len(o.Movements), len(o.Findings), len(o.Places), len(o.Keys))
	case !o.Pledged:
		return fault.New("person.not-pledged", nil, o.Person)
	}
	return nil
}

// endSessions logs a person out everywhere.
func (s *Station) endSessions(person string) error {
	for x := s.sessionOf(person); x != nil; x = s.sessionOf(person) {
		if err := x.card.Close(); err != nil {
			return err
		}
	}
	return nil
}

// Outstanding implements Posts.
func (s *Station) Outstanding(ctx context.Context, person string) (OutstandingView, error) {
	v, err := s.outstanding(ctx, person)
	return v, toFault(err)
}

func (s *Station) outstanding(ctx context.Context, person string) (OutstandingView, error) {
	head := s.deps.Book.Head() // what comes after it is not looked at: the ledger asks again when a leaving is entered
	v := OutstandingView{Person: person, Carriers: []string{}, Movements: []string{}, Findings: []string{}, Places: []string{}, Keys: []string{},
		Ledger: LedgerView{Size: head.Size, Root: head.Root}, At: s.now()}
	post, _, err := thing[custody.Post](ctx, s, "post of", person)
	if err != nil {
		return v, err
	}
	v.Pledged = post.Parted != ""
	ids, err := s.deps.Register.Outstanding(ctx, person)
	if err != nil {
		return v, err
	}
	for _, id := range ids {
		c, err := s.carrierRow(ctx, id)
		if err != nil {
			return v, err
		}
		v.Carriers = append(v.Carriers, c.Number)
	}
	if err := s.outstandingThings(ctx, person, &v); err != nil {
		return v, err
	}
	v.Clear = mayLeave(v) == nil
	return v, nil
}

func (s *Station) outstandingThings(ctx context.Context, person string, v *OutstandingView) error {
	for _, end := range []index.Tag{index.TagFrom, index.TagTo} {
		err := tagged(ctx, s, map[index.Tag]string{end: person, index.TagOpen: "true"}, func(m custody.Movement, _ ThingRow) error {
			if m.From == person || !m.Outside { // a firm may have the id of a person
				v.Movements = append(v.Movements, m.ID)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	v.Movements = slices.Compact(slices.Sorted(slices.Values(v.Movements)))
	err := tagged(ctx, s, map[index.Tag]string{index.TagAnswers: person, index.TagOpen: "true"}, func(f custody.Finding, _ ThingRow) error {
		v.Findings = append(v.Findings, f.ID)
		return nil
	})
	if err != nil {
		return err
	}
	err = tagged(ctx, s, map[index.Tag]string{index.TagKeeper: person, index.TagClosed: "false"}, func(p custody.Place, _ ThingRow) error {
		v.Places = append(v.Places, p.ID)
		return nil
	})
	if err != nil {
		return err
	}
	return tagged(ctx, s, map[index.Tag]string{index.TagKeeper: person}, func(k custody.USBKey, _ ThingRow) error {
		if k.State == custody.KeyInUse || k.State == custody.KeySuspect {
			v.Keys = append(v.Keys, k.ID)
		}
		return nil
	})
}

// onPost refuses a person who left his post. Who never held one is not asked here: the rules say which acts need a post.
func (s *Station) onPost(ctx context.Context, person string) error {
	row, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PostThing, ID: person})
	if err != nil {
		return err
	}
	if p, is := row.Thing.(custody.Post); ok && is && p.Left {
		return fault.New("person.left", nil, person)
	}
	return nil
}

// PostList implements Posts.
func (s *Station) PostList(ctx context.Context) ([]PostView, error) {
	people, err := s.deps.Register.People(ctx)
	if err != nil {
		return nil, toFault(err)
	}
	out := []PostView{}
	for _, p := range people {
		v, err := s.postView(ctx, p)
		if err != nil {
			return nil, toFault(err)
		}
		out = append(out, v)
	}
	byName(out, func(v PostView) string { return v.Name })
	return out, nil
}

func (s *Station) postView(ctx context.Context, person PersonRow) (PostView, error) {
	v := PostView{Person: person.Person, State: "no-post"}
	var err error
	if v.Name, err = s.opened(ctx, person.Event, "/body/name"); err != nil {
		return v, err
	}
	if v.CardUntil, err = s.cardUntil(ctx, person); err != nil {
		return v, err
	}
	row, ok, err := s.deps.Register.Thing(ctx, custody.Ref{Kind: custody.PostThing, ID: person.Person})
	if err != nil {
		return v, err
	}
	if p, is := row.Thing.(custody.Post); ok && is {
		v.Department, v.Grade, v.GradeZh, v.Clearance, v.ClearanceZh = p.Department, p.Grade, gradesZh[p.Grade], p.Clearance, levelZh(p.Clearance)
		v.TrainedTill, v.TrainingLeft, v.Since, v.Pledged, v.CoolingUntil = p.TrainedTill, s.daysLeft(p.TrainedTill), p.Since, p.Pledged, p.CoolingUntil
		if since, err := time.Parse(time.DateOnly, p.Since); err == nil {
			v.Review = since.AddDate(gradeReview[p.Grade], 0, 0).Format(time.DateOnly)
		}
		v.State = postState(p, s.today())
		if v.Post, err = s.opened(ctx, row.Event, "/body/post"); err != nil {
			return v, err
		}
	}
	v.StateZh = postStatesZh[v.State]
	return v, nil
}

var postStatesZh = map[string]string{"fit": "在岗", "no-post": "未任涉密岗位", "not-pledged": "未签承诺书", "training-expired": "培训已过期", "left": "不在岗"}

// postState says in a word whether a person may handle carriers of his clearance.
func postState(p custody.Post, day string) string {
	switch {
	case p.Left:
		return "left"
	case p.Pledged == "":
		return "not-pledged"
	case p.TrainedTill < day:
		return "training-expired"
	}
	return "fit"
}

// cardUntil is the last day of the certificates a person was enrolled with.
func (s *Station) cardUntil(ctx context.Context, p PersonRow) (string, error) {
	until := ""
	for _, sum := range []string{p.AuthCert, p.SignCert} {
		raw, err := s.deps.Book.Attachment(ctx, sum)
		if err != nil {
			return "", err
		}
		c, err := x509.ParseCertificate(raw)
		if err != nil {
			return "", err
		}
		if day := c.NotAfter.UTC().Format(time.DateOnly); until == "" || day < until {
			until = day
		}
	}
	return until, nil
}
