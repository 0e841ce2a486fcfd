package station

import (
	"context"
	"errors"
	"slices"
	"sync"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
	"sexton/policy"
)

// authorities in the order of their reach.
var authorities = []string{"own-leader", "issuer", "superior"}

// AdoptPolicy implements Office.
func (s *Station) AdoptPolicy(ctx context.Context, profile []byte, admin Signer) (PolicyView, error) {
	defer admin.PIN.Wipe()
	var v PolicyView
	err := s.act(ctx, "policy-adopt", admin.Session, func() error {
		by, role, err := s.gate(ctx, admin.Session, "policy-adopt")
		if err != nil {
			return err
		}
		p, err := policy.Parse(profile)
		if err != nil {
			f := fault.New("usage.bad-request", err, "policy profile")
			var bad *policy.Unreadable
			if errors.As(err, &bad) {
				says := bad.Sentence()
				f.Zh, f.En = f.Zh+"，"+says.Zh, f.En+": "+says.En
			}
			return f
		}
		if p.Training && !s.cfg.Bench {
			return fault.New("policy.training", nil, p.Name)
		}
		v = PolicyView{Profile: p.Name, Version: p.Version, SHA256: sha(profile)}
		n := note{kind: leaf.PolicyAdopted, actors: []leaf.Actor{by.asserts(role)}, subjects: []string{leaf.PolicySubject + p.Name},
			body: &leaf.Adopted{Profile: p.Name, Version: p.Version, SHA256: v.SHA256}, attach: [][]byte{profile}}
		if _, err := s.recordBy(ctx, n, by, admin.PIN); err != nil {
			return err
		}
		s.hub.send(Event{Type: "policy", Subject: p.Name, What: "adopted", Zh: "已启用规则 " + p.Name + " " + p.Version, En: "adopted policy " + p.Name + " " + p.Version})
		return nil
	})
	return v, err
}

// rules keeps the profile that was parsed last: its bytes never change, and parsing takes milliseconds.
type rules struct {
	mu      sync.Mutex // guards what follows
	sha256  string
	profile *policy.Profile
}

func (r *rules) parse(sha256 string, read func() ([]byte, error)) (*policy.Profile, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.profile != nil && r.sha256 == sha256 {
		return r.profile, nil
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	p, err := policy.Parse(data)
	if err != nil {
		return nil, err
	}
	r.sha256, r.profile = sha256, p
	return p, nil
}

// profile is the profile in force, read from its exact bytes.
func (s *Station) profile(ctx context.Context) (*policy.Profile, error) {
	ref, ok, err := s.deps.Register.Policy(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, both(fault.New("policy.no-rule", nil, "no policy profile was adopted"), "尚未启用任何规则")
	}
	return s.rules.parse(ref.SHA256, func() ([]byte, error) { return s.deps.Book.Attachment(ctx, ref.SHA256) })
}

// ExplainPolicy implements Overview.
func (s *Station) ExplainPolicy(ctx context.Context, act, classification, carrierKind string) (Explanation, error) {
	p, err := s.profile(ctx)
	if err != nil {
		return Explanation{}, toFault(err)
	}
	q, err := policy.ParseQuestion(act, classification, carrierKind, s.now())
	if err != nil {
		return Explanation{}, toFault(err)
	}
	return p.Explain(q), nil
}

// allowed asks the profile whether a carrier may be destroyed by this method on this machine now.
func (s *Station) allowed(ctx context.Context, p *policy.Profile, c CarrierRow, machine MachineRow, method string) (policy.Decision, error) {
	levels := machine.SecurityLevel
	if levels == nil {
		levels = map[string]int64{}
	}
	return p.Decide(policy.Query{CarrierKind: c.Kind, Medium: c.Medium, Classification: c.Level, Act: "destroy", Method: method,
		MachineLevels: levels, At: s.now()})
}

// policyFault shows what the profile or the door refuses, and who can do something about it.
func policyFault(r *policy.Refusal, err error) *fault.Fault {
	en := r.En
	zh := r.Zh
	if r.Row != "" {
		en, zh = en+" ["+r.Row+"]", zh+"〔"+r.Row+"〕"
	}
	code := "policy.no-rule"
	switch r.Code {
	case policy.CodeUnknown:
		code = "usage.bad-request"
	case policy.CodeRole, policy.CodeApart:
		code = "person.role"
	}
	f := fault.New(code, err)
	f.Zh, f.En, f.Hints = zh, en, []fault.Hint{fault.Hint(r.Who)}
	return f
}

// sealRef is the policy the batch was sealed under.
func (s *Station) sealRef(ctx context.Context, row BatchRow) (leaf.PolicyRef, error) {
	events, err := s.deps.Register.Events(ctx, leaf.BatchSubject+row.ID)
	if err != nil {
		return leaf.PolicyRef{}, err
	}
	for _, e := range events {
		if e.Hash == row.SealLeaf {
			p, err := s.payloadAt(ctx, e.Index)
			return p.Policy, err
		}
	}
	return leaf.PolicyRef{}, errors.New("internal error: the batch's seal is not among its leaves")
}

// manifestRows are the policy rows of the seal, which must still be of the profile in force.
func (s *Station) manifestRows(ctx context.Context, row BatchRow) ([]string, error) {
	ref, err := s.sealRef(ctx, row)
	if err != nil {
		return nil, err
	}
	now, _, err := s.deps.Register.Policy(ctx)
	if err != nil {
		return nil, err
	}
	if ref.Profile != now.Profile || ref.Version != now.Version {
		return nil, fault.New("policy.changed", nil, ref.Profile+" "+ref.Version, now.Profile+" "+now.Version)
	}
	return ref.Rows, nil
}

// authority demands that whoever approves reaches far enough for every member, and gives the policy rows.
func (s *Station) authority(ctx context.Context, row BatchRow, given string) ([]string, error) {
	if !slices.Contains(authorities, given) {
		return nil, fault.New("usage.bad-request", nil, "authority "+given)
	}
	need, err := s.decideAll(ctx, row)
	if err != nil {
		return nil, err
	}
	if slices.Index(authorities, given) < slices.Index(authorities, need) {
		return nil, fault.New("batch.authority", nil, need, given)
	}
	return s.manifestRows(ctx, row)
}

// decideAll asks the profile about every member again and gives the farthest authority needed.
func (s *Station) decideAll(ctx context.Context, row BatchRow) (string, error) {
	p, err := s.profile(ctx)
	if err != nil {
		return "", err
	}
	machine, _, err := s.deps.Register.Machine(ctx)
	if err != nil {
		return "", err
	}
	members, err := s.members(ctx, row)
	if err != nil {
		return "", err
	}
	need := authorities[0]
	for _, c := range members {
		d, err := s.allowed(ctx, p, c, machine, row.Method)
		if err != nil {
			return "", err
		}
		if slices.Index(authorities, d.Authority) > slices.Index(authorities, need) {
			need = d.Authority
		}
	}
	return need, nil
}

// allowedNow asks the rules once more before the machine gets its permission: they may have changed since the seal.
func (s *Station) allowedNow(ctx context.Context, row BatchRow) error {
	if _, err := s.manifestRows(ctx, row); err != nil {
		return err
	}
	if _, err := s.decideAll(ctx, row); err != nil {
		return err
	}
	return s.fitTeam(ctx, row, row.Authorisers...)
}

// fitTeam demands that who destroys and who attests may handle what is in the batch.
func (s *Station) fitTeam(ctx context.Context, row BatchRow, team ...string) error {
	members, err := s.members(ctx, row)
	if err != nil {
		return err
	}
	n, err := s.needFor(ctx, custody.ActDestroy, members, "")
	if err != nil {
		return err
	}
	return n.fit(ctx, s, team...)
}
