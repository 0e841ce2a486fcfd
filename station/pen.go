package station

import (
	"context"
	"crypto"
	"fmt"

	"github.com/google/uuid"

	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
)

// pen writes the leaves of one transaction: each names the leaf before it of the same subject, also when that one is in the
// same transaction. Whoever holds a pen holds s.writing until the commit, unless all its subjects belong to a run he holds.
type pen struct {
	s       *Station
	heads   map[string]string // leaf hashes of subjects written by this pen
	entries []ledger.Entry
	policy  *leaf.PolicyRef // in force, read once
	view    *foresight      // asked before each leaf whether it is lawful; nil = the ledger alone decides
	dry     bool            // nothing is signed or kept: only view is asked
}

func (s *Station) pen() *pen { return &pen{s: s, heads: map[string]string{}} }

// note is what an event says.
type note struct {
	kind     leaf.Kind
	actors   []leaf.Actor
	subjects []string
	rows     []string // policy rows
	body     any
	openings []leaf.Opening
	attach   [][]byte
	fresh    bool // the subjects have no leaf yet: they were just named
}

// payload fills in what every event states.
func (p *pen) payload(ctx context.Context, n note) (leaf.Payload, error) {
	id, err := uuid.NewV7FromReader(p.s.deps.Rand)
	if err != nil {
		return leaf.Payload{}, fmt.Errorf("cannot make event id: %w", err)
	}
	prev := map[string]string{}
	for _, sub := range n.subjects {
		h, ok := p.heads[sub]
		if !ok && !n.fresh {
			if h, err = p.s.deps.Book.SubjectHead(ctx, sub); err != nil {
				return leaf.Payload{}, err
			}
		}
		if h != "" {
			prev[sub] = h
		}
	}
	head := p.s.deps.Book.Head()
	policy, err := p.rules(ctx, n.rows)
	if err != nil {
		return leaf.Payload{}, err
	}
	return leaf.Payload{
		Schema: leaf.Schema, ID: id.String(), Station: p.s.cfg.Origin, Kind: n.kind, At: p.s.now(), Clock: p.s.deps.Clock.leaf(),
		Actors: n.actors, Subjects: n.subjects, Prev: prev, Seen: leaf.Seen{Size: head.Size, Root: head.Root},
		Policy: policy, Body: n.body,
	}, nil
}

// rules names the profile in force and the rows of it that matter.
func (p *pen) rules(ctx context.Context, rows []string) (leaf.PolicyRef, error) {
	if p.policy == nil {
		v, _, err := p.s.deps.Register.Policy(ctx)
		if err != nil {
			return leaf.PolicyRef{}, err
		}
		p.policy = &leaf.PolicyRef{Profile: v.Profile, Version: v.Version}
	}
	if rows == nil {
		rows = []string{}
	}
	return leaf.PolicyRef{Profile: p.policy.Profile, Version: p.policy.Version, Rows: rows}, nil
}

// write adds an event that the station alone signs, and gives its leaf hash.
func (p *pen) write(ctx context.Context, n note) (string, error) {
	pl, err := p.payload(ctx, n)
	if err != nil {
		return "", err
	}
	payload, err := leaf.Build(pl)
	if err != nil {
		return "", fault.New("usage.bad-request", err, string(n.kind))
	}
	if p.view != nil {
		if err := p.view.step(pl); err != nil {
			return "", err
		}
	}
	if p.dry {
		return foreseen, nil
	}
	sig, err := p.s.deps.EventSigner.Sign(p.s.deps.Rand, leaf.PAE(payload), crypto.Hash(0))
	if err != nil {
		return "", fmt.Errorf("cannot sign event: %w", err)
	}
	return p.add(payload, []leaf.Sig{{KeyID: p.s.keyID, Sig: sig}}, n.subjects, n.openings, n.attach)
}

// add adds a payload with its signatures.
func (p *pen) add(payload []byte, sigs []leaf.Sig, subjects []string, openings []leaf.Opening, attach [][]byte) (string, error) {
	b, err := leaf.Encode(payload, sigs)
	if err != nil {
		return "", err
	}
	hash := leaf.Hash(b)
	for _, sub := range subjects {
		p.heads[sub] = hash
	}
	p.entries = append(p.entries, ledger.Entry{Leaf: b, Openings: openings, Attachments: attach})
	return hash, nil
}

// secret is a committed field under way: it makes the commitment and keeps the opening.
type secrets struct {
	s        *Station
	openings []leaf.Opening
	err      error
}

func (s *Station) secrets() *secrets { return &secrets{s: s} }

// of commits to value at /body/name.
func (x *secrets) of(name, value string) leaf.Commitment {
	c, o, err := leaf.NewCommitment(x.s.deps.Rand, "/body/"+name, value)
	if err != nil && x.err == nil {
		x.err = err
	}
	if value != "" {
		x.openings = append(x.openings, o)
	}
	return c
}

// record writes one event of the station alone and commits it.
func (s *Station) record(ctx context.Context, n note) (ledger.Receipt, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	if _, err := p.write(ctx, n); err != nil {
		return ledger.Receipt{}, err
	}
	receipts, err := s.deps.Book.Append(ctx, p.entries...)
	if err != nil {
		return ledger.Receipt{}, err
	}
	return receipts[0], nil
}

// subject names of the rooms.
func carrierSubject(id string) []string { return []string{leaf.CarrierSubject + id} }
func batchSubject(id string) []string   { return []string{leaf.BatchSubject + id} }
