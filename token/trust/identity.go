package trust

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	"sexton/token"
)

// CheckIdentity tells whether everything a card presents is acceptable at the time at: both certificates by Check, keys of
// 9A and 9C differ, both from the same issuer, CHUID not expired, and CHUID GUID and FASC-N equal to those in the
// certificates where these name them (SP 800-73-5 part 1, section 3.1.2). Error as Check.
func (s *Store) CheckIdentity(id token.Identity, at time.Time) error {
	if err := s.Check(id.Auth, token.SlotAuth, at); err != nil {
		return err
	}
	if err := s.Check(id.Sign, token.SlotSign, at); err != nil {
		return err
	}
	if err := s.checkCard(id, at); err != nil {
		return &token.Error{Kind: token.Trust, Err: fmt.Errorf("cannot trust card: %w", err)}
	}
	return nil
}

func (s *Store) checkCard(id token.Identity, at time.Time) error {
	switch {
	case s.opts.RequireCHUID && id.GUID == "":
		return problem(Card, "the card has no GUID in its CHUID")
	case !s.opts.IgnoreCHUIDExpiry && !id.CHUIDExpires.IsZero() && at.After(id.CHUIDExpires):
		return problem(Expired, "CHUID valid until %s", stamp(id.CHUIDExpires))
	case id.AuthKey() == id.SignKey():
		return problem(Card, "9A and 9C hold the same key")
	case !bytes.Equal(id.Auth.RawIssuer, id.Sign.RawIssuer):
		return problem(Card, "9A and 9C come from different issuers")
	}
	for _, cert := range []*x509.Certificate{id.Auth, id.Sign} {
		names, err := parseSAN(cert)
		if err != nil {
			return err
		}
		if len(names.uuid) > 0 && id.GUID != "" && !slices.Contains(names.uuid, id.GUID) {
			return problem(Card, "the certificate names card %v, the CHUID %s", names.uuid, id.GUID)
		}
		if len(names.fascn) > 0 && id.FASCN != nil && !slices.ContainsFunc(names.fascn, func(f []byte) bool { return bytes.Equal(f, id.FASCN) }) {
			return problem(Card, "the certificate names another FASC-N than the CHUID")
		}
	}
	return nil
}
