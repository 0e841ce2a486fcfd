package card

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"sexton/token"
)

// Object tags of SP 800-73-5 part 1, table 4.
var (
	tagDiscovery = []byte{0x7E}
	tagCHUID     = []byte{0x5F, 0xC1, 0x02}
	tagCertAuth  = []byte{0x5F, 0xC1, 0x05}
	tagCertSign  = []byte{0x5F, 0xC1, 0x0A}
)

// maxCertificate bounds a certificate after inflating, bytes.
const maxCertificate = 32 << 10

// getData reads one data object, without its outer tag 53 (or 7E for discovery). nil without error: the card has none.
func (c *Card) getData(ctx context.Context, tag []byte) ([]byte, error) {
	// SP 800-73-5 part 2, section 3.1.2
	resp, sw, err := c.exchange(ctx, 0xCB, 0x3F, 0xFF, appendTLV(nil, 0x5C, tag), true)
	if err != nil {
		return nil, err
	}
	switch sw {
	case swOK:
	case swNotFound, swRefNotFound:
		return nil, nil
	default:
		return nil, protocolError(sw, "cannot read object %X", tag)
	}
	outer := uint32(0x53)
	if len(tag) == 1 {
		outer = uint32(tag[0])
	}
	fields, err := parseTLV(resp)
	if err != nil {
		return nil, protocolError(0, "cannot parse object %X: %w", tag, err)
	}
	if len(fields) != 1 || fields[0].tag != outer {
		return nil, protocolError(0, "cannot parse object %X: it is not one object of tag %X", tag, outer)
	}
	if len(fields[0].value) == 0 {
		return nil, nil // written empty: deleted
	}
	return fields[0].value, nil
}

// ReadIdentity reads who the card says it is, after Select. Discovery object, CHUID, certificates and serial number
// are optional; an absent certificate is nil. Errors: WrongCard if the card has its application PIN switched off;
// Protocol for an object that cannot be parsed. Reader is left for the caller.
func (c *Card) ReadIdentity(ctx context.Context) (token.Identity, error) {
	var id token.Identity
	if err := c.checkDiscovery(ctx); err != nil {
		return id, err
	}
	chuid, err := c.getData(ctx, tagCHUID)
	if err != nil {
		return id, err
	}
	if err := parseCHUID(chuid, &id); err != nil {
		return id, protocolError(0, "cannot parse CHUID: %w", err)
	}
	if id.Auth, err = c.certificate(ctx, tagCertAuth); err != nil {
		return id, err
	}
	if id.Sign, err = c.certificate(ctx, tagCertSign); err != nil {
		return id, err
	}
	id.Serial, err = c.serial(ctx)
	return id, err
}

// checkDiscovery reads the discovery object, if any, for the PIN usage policy (SP 800-73-5 part 1, section 3.3.2). Old cards
// refuse it in many ways or wrap it differently; what cannot be read says nothing, and VERIFY will show what the card does.
func (c *Card) checkDiscovery(ctx context.Context) error {
	b, err := c.getData(ctx, tagDiscovery)
	if err != nil && token.KindOf(err) != token.Protocol {
		return err
	}
	fields, err := parseTLV(b)
	if err != nil {
		return nil
	}
	if policy, ok := find(fields, 0x5F2F); ok && len(policy) == 2 && policy[0]&0x40 == 0 {
		return &token.Error{Kind: token.WrongCard, Err: errors.New("the card does not use the PIV application PIN")}
	}
	return nil
}

// parseCHUID fills GUID, FASCN and CHUIDExpires from the value of a CHUID (SP 800-73-5 part 1, table 9). Empty: no CHUID.
func parseCHUID(b []byte, id *token.Identity) error {
	fields, err := parseTLV(b)
	if err != nil {
		return err
	}
	if v, ok := find(fields, 0x30); ok && len(v) > 0 {
		if len(v) != 25 {
			return fmt.Errorf("FASC-N of %d bytes, want 25", len(v))
		}
		id.FASCN = bytes.Clone(v)
	}
	if v, ok := find(fields, 0x34); ok && len(v) > 0 {
		if len(v) != 16 {
			return fmt.Errorf("GUID of %d bytes, want 16", len(v))
		}
		if !bytes.Equal(v, make([]byte, 16)) {
			id.GUID = hex.EncodeToString(v)
		}
	}
	if v, ok := find(fields, 0x35); ok && len(v) > 0 {
		day, err := time.ParseInLocation("20060102", string(v), time.UTC)
		if err != nil {
			return errors.New("expiration date is not YYYYMMDD")
		}
		id.CHUIDExpires = day.AddDate(0, 0, 1).Add(-time.Second)
	}
	return nil
}

// certificate reads one certificate object; nil if the card has none.
func (c *Card) certificate(ctx context.Context, tag []byte) (*x509.Certificate, error) {
	b, err := c.getData(ctx, tag)
	if err != nil || b == nil {
		return nil, err
	}
	cert, err := parseCertificate(b)
	if err != nil {
		return nil, protocolError(0, "cannot parse certificate object %X: %w", tag, err)
	}
	return cert, nil
}

// parseCertificate takes the value of a certificate object: 70 certificate, 71 CertInfo, FE error detection code
// (SP 800-73-5 part 1, table 15). The low two bits of CertInfo say how the certificate is compressed: 0 not, 1 gzip.
// It returns nil for an object with an empty certificate.
func parseCertificate(b []byte) (*x509.Certificate, error) {
	fields, err := parseTLV(b)
	if err != nil {
		return nil, err
	}
	der, ok := find(fields, 0x70)
	if !ok || len(der) == 0 {
		return nil, nil
	}
	info, ok := find(fields, 0x71)
	if ok && len(info) != 1 {
		return nil, fmt.Errorf("CertInfo of %d bytes, want 1", len(info))
	}
	if ok && info[0]&3 != 0 {
		if info[0]&3 != 1 {
			return nil, fmt.Errorf("unknown compression %02X", info[0])
		}
		if der, err = inflate(der); err != nil {
			return nil, fmt.Errorf("cannot inflate: %w", err)
		}
	}
	return x509.ParseCertificate(bytes.Clone(der))
}

// inflate undoes gzip (RFC 1952): one member, nothing after it, at most maxCertificate bytes.
func inflate(b []byte) ([]byte, error) {
	src := bytes.NewReader(b)
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	out, err := io.ReadAll(io.LimitReader(z, maxCertificate+1))
	if err != nil {
		return nil, err
	}
	if len(out) > maxCertificate {
		return nil, fmt.Errorf("more than %d bytes", maxCertificate)
	}
	if src.Len() != 0 {
		return nil, errors.New("data after the end")
	}
	return out, nil
}

// serial asks for the 4-byte serial number that YubiKey-class cards tell under INS F8. Any refusal means 0, unknown.
func (c *Card) serial(ctx context.Context) (uint32, error) {
	resp, sw, err := c.exchange(ctx, 0xF8, 0x00, 0x00, nil, true)
	if err != nil {
		return 0, err
	}
	if sw != swOK || len(resp) != 4 {
		return 0, nil
	}
	return uint32(resp[0])<<24 | uint32(resp[1])<<16 | uint32(resp[2])<<8 | uint32(resp[3]), nil
}
