package station

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sexton/certificate"
	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger"
	"sexton/ledger/leaf"
)

// Certify implements Destruction.
func (s *Station) Certify(ctx context.Context, batch string) (CertificateView, error) {
	var v CertificateView
	err := s.act(ctx, "certificate-issue", "", func() error {
		row, err := s.batchRow(ctx, batch)
		if err != nil {
			return err
		}
		if row.State == custody.BatchCertified {
			if row, err = s.supplement(ctx, row); err == nil {
				v, err = s.bundle(ctx, row)
			}
			return err
		}
		b, row, done, err := s.own(ctx, batch)
		if err != nil {
			return err
		}
		defer done()
		if row.State != custody.BatchCompleted {
			return batchFault(row, "出具证明", "be certified")
		}
		if err := s.certify(ctx, b, row); err != nil {
			return err
		}
		s.batchEvent(row.ID, "certified", "已出具销毁证明", "certificate issued")
		if row, err = s.batchRow(ctx, row.ID); err != nil {
			return err
		}
		v, err = s.bundle(ctx, row)
		return err
	})
	return v, err
}

// certify computes the statement from the leaves and puts it on record.
func (s *Station) certify(ctx context.Context, b *batchRun, row BatchRow) error {
	_, err := s.converge(ctx, b, stepCertify, func(ctx context.Context, d *destruction, p *pen) (bool, error) {
		return true, s.writeCertified(ctx, p, row, numberPrefix+row.Number)
		// Crash after this commit: the certificate is issued; its bundle is made from the ledger whenever it is asked for.
	})
	if err == nil {
		s.forget(b)
	}
	return err
}

// numberPrefix begins the number of a certificate: 销毁证明.
const numberPrefix = "XZ-"

// writeCertified computes the statement from the leaves as they are. The caller holds s.writing, so that they stay so until the commit.
func (s *Station) writeCertified(ctx context.Context, p *pen, row BatchRow, number string) error {
	leaves, err := certificate.Select(ctx, source{s}, row.ID, s.deps.Book.Head().Size)
	if err != nil {
		return err
	}
	_, statement, err := certificate.Build(leaves, row.ID, number)
	if err != nil {
		return err
	}
	_, err = p.write(ctx, note{kind: leaf.BatchCertified, subjects: batchSubject(row.ID),
		body: &leaf.Certified{Batch: row.ID, Certificate: number, Statement: sha(statement)}, attach: [][]byte{statement}})
	return err
}

// supplement issues another certificate when a case of a certified batch was resolved as destroyed since; else it gives row back.
func (s *Station) supplement(ctx context.Context, row BatchRow) (BatchRow, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	members, err := s.members(ctx, row)
	if err != nil {
		return row, err
	}
	if !slices.ContainsFunc(members, func(c CarrierRow) bool { return c.State == custody.Resolved || c.State == custody.Destroyed }) {
		return row, nil
	}
	events, err := s.deps.Register.Events(ctx, leaf.BatchSubject+row.ID)
	if err != nil {
		return row, err
	}
	issued := 0
	for _, e := range events {
		if e.Kind == leaf.BatchCertified {
			issued++
		}
	}
	p := s.pen()
	if err := s.writeCertified(ctx, p, row, fmt.Sprintf("%s%s-%d", numberPrefix, row.Number, issued+1)); err != nil {
		return row, err
	}
	if _, err := s.deps.Book.Append(ctx, p.entries...); err != nil {
		return row, err
	}
	return s.batchRow(ctx, row.ID)
}

// source shows the ledger to package certificate.
type source struct{ s *Station }

func (x source) Leaf(ctx context.Context, index int64) ([]byte, error) {
	return x.s.deps.Book.Leaf(ctx, index)
}

func (x source) Events(ctx context.Context, subject string) ([]int64, error) {
	rows, err := x.s.deps.Register.Events(ctx, subject)
	out := make([]int64, len(rows))
	for i, r := range rows {
		out[i] = r.Index
	}
	return out, err
}

func (x source) Carriers(ctx context.Context, batch string) ([]string, error) {
	return x.s.deps.Register.EverIn(ctx, batch)
}

// Certificate implements Destruction.
func (s *Station) Certificate(ctx context.Context, batch string) (CertificateView, error) {
	row, err := s.batchRow(ctx, batch)
	if err != nil {
		return CertificateView{}, toFault(err)
	}
	if row.Certificate == "" {
		return CertificateView{}, fault.New("cert.none", nil, row.Number)
	}
	v, err := s.bundle(ctx, row)
	return v, toFault(err)
}

// bundle puts the certificate of a batch together from the ledger. The statement is the one on record; checkpoint and proofs are
// of the ledger as it is now, so two bundles of one certificate may differ in them and say the same.
func (s *Station) bundle(ctx context.Context, row BatchRow) (CertificateView, error) {
	receipt, certified, err := s.certifiedLeaf(ctx, row)
	if err != nil {
		return CertificateView{}, err
	}
	statement, err := s.deps.Book.Attachment(ctx, certified.Statement)
	if err != nil {
		return CertificateView{}, err
	}
	leaves, err := certificate.Select(ctx, source{s}, row.ID, receipt.Index)
	if err != nil {
		return CertificateView{}, err
	}
	last, err := s.deps.Book.Leaf(ctx, receipt.Index)
	if err != nil {
		return CertificateView{}, err
	}
	leaves = append(leaves, certificate.Leaf{Index: receipt.Index, Bytes: last})
	sig, err := s.deps.EventSigner.Sign(s.deps.Rand, certificate.PAE(statement), crypto.Hash(0))
	if err != nil {
		return CertificateView{}, fmt.Errorf("cannot sign statement: %w", err)
	}
	parts := certificate.Parts{Leaves: leaves, Envelope: certificate.Envelope{Statement: statement, KeyID: s.keyID, Sig: sig}, Attachments: map[string][]byte{}}
	if err := s.fillParts(ctx, &parts); err != nil {
		return CertificateView{}, err
	}
	if err := s.prove(ctx, &parts, receipt.Index); err != nil {
		return CertificateView{}, err
	}
	bundle, err := certificate.Assemble(parts)
	if err != nil {
		return CertificateView{}, err
	}
	data, err := bundle.Encode()
	if err != nil {
		return CertificateView{}, err
	}
	return CertificateView{Number: certified.Certificate, Batch: row.ID, SHA256: sha(data), Leaf: receipt.Hash, Index: receipt.Index, Bundle: data, Bench: s.cfg.Bench}, nil
}

// certifiedLeaf finds the newest batch.certified leaf of a batch.
func (s *Station) certifiedLeaf(ctx context.Context, row BatchRow) (ledger.Receipt, *leaf.Certified, error) {
	events, err := s.deps.Register.Events(ctx, leaf.BatchSubject+row.ID)
	if err != nil {
		return ledger.Receipt{}, nil, err
	}
	for i := len(events) - 1; i >= 0; i-- {
		if events[i].Kind != leaf.BatchCertified {
			continue
		}
		p, err := s.payloadAt(ctx, events[i].Index)
		if err != nil {
			return ledger.Receipt{}, nil, err
		}
		if body, ok := p.Body.(*leaf.Certified); ok {
			return ledger.Receipt{Index: events[i].Index, Hash: events[i].Hash}, body, nil
		}
	}
	return ledger.Receipt{}, nil, fault.New("cert.none", nil, row.Number)
}

// fillParts adds credentials, openings, policy and attachments that the leaves speak of.
func (s *Station) fillParts(ctx context.Context, parts *certificate.Parts) error {
	var policy string
	signed := map[string]bool{} // key identifiers of all signatures
	for _, l := range parts.Leaves {
		env, err := leaf.DecodeEnvelope(l.Bytes)
		if err != nil {
			return err
		}
		for _, sig := range env.Signatures {
			signed[sig.KeyID] = true
		}
	}
	for _, l := range parts.Leaves {
		_, p, err := leaf.Decode(l.Bytes)
		if err != nil {
			return err
		}
		openings, err := s.deps.Book.Openings(ctx, p.ID)
		if err != nil {
			return err
		}
		for _, o := range openings {
			parts.Openings = append(parts.Openings, certificate.Opening{Event: p.ID, Path: o.Path, Salt: o.Salt, Value: o.Value})
		}
		switch b := p.Body.(type) {
		case *leaf.Enrolled:
			if !signed[b.SignKey] {
				continue
			}
			der, err := s.deps.Book.Attachment(ctx, b.SignCert)
			if err != nil {
				return err
			}
			parts.Credentials = append(parts.Credentials, der)
		case *leaf.Adopted:
			policy = b.SHA256
		case *leaf.Manifest:
			if policy == "" {
				return errors.New("cannot make certificate: the batch was sealed under no policy")
			}
			if parts.Policy, err = s.deps.Book.Attachment(ctx, policy); err != nil {
				return err
			}
		case *leaf.Decision:
			if b.PaperSHA256 != "" {
				if parts.Attachments[b.PaperSHA256], err = s.deps.Book.Attachment(ctx, b.PaperSHA256); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// prove adds checkpoint and proofs, all for one size of the tree.
func (s *Station) prove(ctx context.Context, parts *certificate.Parts, index int64) error {
	segments, err := certificate.Segments(parts.Leaves)
	if err != nil {
		return err
	}
	for range 10 {
		head := s.deps.Book.Head()
		proof, err := s.deps.Book.TlogProof(ctx, index)
		if err != nil {
			return err
		}
		if !strings.HasSuffix(string(proof), string(head.Note)) {
			continue // the ledger grew in between
		}
		parts.Checkpoint, parts.Proof = string(head.Note), string(proof)
		parts.RangeProof, err = s.deps.Book.ProveRange(ctx, certificate.Ranges(segments), head.Size)
		return err
	}
	return errors.New("cannot make certificate: the ledger grows faster than it can be proven")
}

// payloadAt decodes the leaf at index.
func (s *Station) payloadAt(ctx context.Context, index int64) (leaf.Payload, error) {
	b, err := s.deps.Book.Leaf(ctx, index)
	if err != nil {
		return leaf.Payload{}, err
	}
	_, p, err := leaf.Decode(b)
	return p, err
}
