package card

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"sync"
	"time"
)

// Spec says which card to make.
type Spec struct {
	Name string // card holder, for the certificates' common name
	PIN  string // 6 to 8 digits; needed
	PUK  string // 8 characters; empty: random digits

	Key9A, Key9C KeyType // zero: P-256
	Key9D, Key9E KeyType // zero: no key in the slot
	Blank        bool    // no keys, certificates and CHUID: a card to be personalised

	CA             *CA      // issues the certificates; nil: keys without certificates
	Flaw9A, Flaw9C Flaw     // what shall be wrong with a certificate
	FlawCard       CardFlaw // what shall be wrong with the card's other objects
	UPN            string   // user principal name for the certificates; empty: none

	GUID   [16]byte  // card identifier; zero: random UUID (version 4)
	FASCN  []byte    // 25 bytes; nil: made up from the serial
	Serial uint32    // zero: random
	Expiry time.Time // of CHUID and certificates; zero: three years from Now
	Now    time.Time // time of issue; zero: the present

	PINTries, PUKTries int // tries a full counter has, 1 to 15; zero: 3
	PINLeft, PUKLeft   int // tries left now; zero: full; -1: blocked

	ManagementAlg byte   // Mgmt3DES ...; zero: the factory key
	ManagementKey []byte // for ManagementAlg

	Faults Faults
}

// CardFlaw spoils objects that are not certificates. Flaws add up.
type CardFlaw uint

// Flaws of a card.
const (
	CHUIDMissing      CardFlaw = 1 << iota
	CHUIDExpired               // 35 is a year in the past
	CHUIDOtherGUID             // GUID differs from the certificates' SAN
	CHUIDUnsigned              // no issuer signature (3E empty), as on self-personalised cards
	CHUIDBadSignature          // 3E does not verify
)

// Card is a virtual PIV card. Its methods may be called from any goroutine.
type Card struct {
	mu      sync.Mutex // guards all below
	name    string
	serial  uint32
	guid    [16]byte
	fascn   []byte
	pin     secret
	puk     secret
	mgmtAlg byte
	mgmtKey []byte
	keys    map[byte]*slotKey
	objects map[uint32][]byte // content of 53
	faults  Faults
	met     []int // commands each rule has met
	powered bool
	gone    bool          // a fault took the card out of the reader
	release chan struct{} // closed when a hang ends early
	v       volatile
	trace   func(command, answer []byte)
}

// New makes a card with fresh keys. It lies in a powered reader: Respond works
// at once.
func New(s Spec) (*Card, error) {
	if s.Now.IsZero() {
		s.Now = time.Now()
	}
	if s.Expiry.IsZero() {
		s.Expiry = s.Now.AddDate(3, 0, 0)
	}
	c := &Card{
		name: s.Name, serial: s.Serial, guid: s.GUID, fascn: bytes.Clone(s.FASCN),
		keys: map[byte]*slotKey{}, objects: map[uint32][]byte{},
		powered: true, release: make(chan struct{}),
	}
	if err := c.setSecrets(s); err != nil {
		return nil, fmt.Errorf("cannot make card %q: %w", s.Name, err)
	}
	if c.serial == 0 {
		c.serial = binary.BigEndian.Uint32(random(4))>>4 | 1
	}
	if c.guid == [16]byte{} {
		copy(c.guid[:], random(16))
		c.guid[6] = c.guid[6]&0x0F | 0x40 // RFC 9562, section 5.4
		c.guid[8] = c.guid[8]&0x3F | 0x80
	}
	if c.fascn == nil {
		c.fascn = fascn(uint64(c.serial), uint64(c.serial))
	}
	if err := c.personalise(s); err != nil {
		return nil, fmt.Errorf("cannot make card %q: %w", s.Name, err)
	}
	if err := c.SetFaults(s.Faults); err != nil {
		return nil, fmt.Errorf("cannot make card %q: %w", s.Name, err)
	}
	return c, nil
}

// setSecrets reads PIN, PUK, their counters and the management key.
func (c *Card) setSecrets(s Spec) error {
	var err error
	if c.pin.value, err = padPIN(s.PIN); err != nil {
		return err
	}
	if s.PUK == "" {
		n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
		if err != nil {
			return err
		}
		s.PUK = fmt.Sprintf("%08d", n)
	}
	if c.puk.value, err = padPUK(s.PUK); err != nil {
		return err
	}
	if err := c.pin.preset(s.PINTries, s.PINLeft); err != nil {
		return err
	}
	if err := c.puk.preset(s.PUKTries, s.PUKLeft); err != nil {
		return err
	}
	c.mgmtAlg, c.mgmtKey = s.ManagementAlg, bytes.Clone(s.ManagementKey)
	if c.mgmtAlg == 0 && c.mgmtKey == nil {
		c.mgmtAlg, c.mgmtKey = Mgmt3DES, bytes.Clone(factoryManagementKey)
	}
	_, err = managementCipher(c.mgmtAlg, c.mgmtKey)
	return err
}

func (s *secret) preset(tries, left int) error {
	if tries == 0 {
		tries = defaultTries
	}
	if left == 0 {
		left = tries
	} else if left == -1 {
		left = 0
	}
	if tries < 1 || tries > maxTries || left < 0 || left > tries {
		return fmt.Errorf("cannot set a retry counter to %d of %d", left, tries)
	}
	s.max, s.left = tries, left
	return nil
}

// personalise makes keys, certificates and the objects every card has.
func (c *Card) personalise(s Spec) error {
	if err := c.makeAttestation(); err != nil {
		return err
	}
	if s.Blank {
		return nil
	}
	if s.Key9A == NoKey {
		s.Key9A = P256
	}
	if s.Key9C == NoKey {
		s.Key9C = P256
	}
	for _, k := range []struct {
		slot byte
		typ  KeyType
		flaw Flaw
	}{{0x9A, s.Key9A, s.Flaw9A}, {0x9C, s.Key9C, s.Flaw9C}, {0x9D, s.Key9D, 0}, {0x9E, s.Key9E, 0}} {
		if k.typ == NoKey {
			continue
		}
		key, err := newSlotKey(k.slot, k.typ)
		if err != nil {
			return err
		}
		c.keys[k.slot] = key
		if s.CA == nil {
			continue
		}
		cert, err := s.CA.Issue(Request{
			Slot: k.slot, Public: key.key.Public(), Name: s.Name, GUID: c.guid, FASCN: c.fascn, UPN: s.UPN,
			NotBefore: s.Now.Add(-time.Hour), NotAfter: s.Expiry, Flaw: k.flaw,
		})
		if err != nil {
			return err
		}
		c.objects[certTag(k.slot)] = certObject(cert.Raw, 0)
	}
	return c.describe(s)
}

// describe writes CHUID, CCC, key history and printed information.
func (c *Card) describe(s Spec) error {
	c.objects[tagCCC] = cccObject(c.guid)
	c.objects[tagKeyHistory] = keyHistoryObject(0)
	c.objects[tagPrinted] = printedObject(s.Name, fmt.Sprint(c.serial))
	if s.FlawCard&CHUIDMissing != 0 {
		return nil
	}
	guid, expires := c.guid, s.Expiry
	if s.FlawCard&CHUIDOtherGUID != 0 {
		guid[15] ^= 0xFF
	}
	if s.FlawCard&CHUIDExpired != 0 {
		expires = s.Now.AddDate(-1, 0, 0)
	}
	var sig []byte
	if s.CA != nil && s.FlawCard&CHUIDUnsigned == 0 {
		var err error
		if sig, err = s.CA.signCHUID(chuidSigned(c.fascn, guid, expires), s.Now); err != nil {
			return err
		}
		if s.FlawCard&CHUIDBadSignature != 0 {
			sig[len(sig)-1] ^= 0x01
		}
	}
	c.objects[tagCHUID] = chuidObject(c.fascn, guid, expires, sig)
	return nil
}

// ATR is the answer to reset (ISO/IEC 7816-3, section 8): T=0 and T=1 offered, or T=0
// only by fault. The historical bytes are not empty because OpenSC takes the ATR 3B 80
// 80 01 01 for another card and then refuses ECDSA.
func (c *Card) ATR() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.faults.T0 {
		return []byte{0x3B, 0x02, 0x50, 0x49}
	}
	const historical = "SEXTON BENCH"
	atr := append([]byte{0x3B, 0x80 | byte(len(historical)), 0x80, 0x01}, historical...)
	check := byte(0)
	for _, b := range atr[1:] {
		check ^= b
	}
	return append(atr, check)
}

// PowerOn powers the card, back in its reader if a fault had taken it out.
func (c *Card) PowerOn() { c.power(true) }

// PowerOff takes the power away; all security state is lost.
func (c *Card) PowerOff() { c.power(false) }

// Reset is a warm reset: all security state is lost, retry counters stay.
func (c *Card) Reset() { c.power(true) }

func (c *Card) power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.powered, c.gone = on, false
	c.forget()
}

// forget drops volatile state and ends a hang. Callers hold mu.
func (c *Card) forget() {
	c.v = volatile{}
	close(c.release)
	c.release = make(chan struct{})
}

// leave takes the card out of its reader by fault. Callers hold mu.
func (c *Card) leave() {
	c.gone = true
	c.forget()
}

// silent says that the card would not answer.
func (c *Card) silent() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone || !c.powered
}

// SetFaults replaces all faults at once; counts of Skip and Times start anew and
// a hanging command goes on.
func (c *Card) SetFaults(f Faults) error {
	if err := f.Check(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f.Rules = append([]Rule(nil), f.Rules...)
	c.faults, c.met = f, make([]int, len(f.Rules))
	close(c.release)
	c.release = make(chan struct{})
	return nil
}

// Faults returns the faults in force.
func (c *Card) Faults() Faults {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.faults
	f.Rules = append([]Rule(nil), f.Rules...)
	return f
}

// SetTries presets the retry counters: tries left of PIN and PUK, 0 blocks.
func (c *Card) SetTries(pin, puk int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if pin < 0 || pin > c.pin.max || puk < 0 || puk > c.puk.max {
		return fmt.Errorf("cannot set retry counters to %d and %d: at most %d and %d", pin, puk, c.pin.max, c.puk.max)
	}
	c.pin.left, c.puk.left = pin, puk
	return nil
}

// TriesLeft is the PIN's retry counter.
func (c *Card) TriesLeft() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pin.left
}

// PUKTriesLeft is the PUK's retry counter.
func (c *Card) PUKTriesLeft() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.puk.left
}

// Name is the card holder's name from the Spec.
func (c *Card) Name() string { return c.name }

// Serial is what instruction F8 reports.
func (c *Card) Serial() uint32 { return c.serial }

// GUID is the card identifier of the certificates, lower hex, 32 digits.
func (c *Card) GUID() string { return hex.EncodeToString(c.guid[:]) }

// GUIDBytes is the card identifier, for a second card with the same one.
func (c *Card) GUIDBytes() [16]byte { return c.guid }

// FASCN is the 25-byte FASC-N.
func (c *Card) FASCN() []byte { return bytes.Clone(c.fascn) }

// Certificate reads the certificate stored for a slot; nil when there is none or
// it cannot be parsed.
func (c *Card) Certificate(slot byte) *x509.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, err := tlvMap(c.objects[certTag(slot)])
	if err != nil {
		return nil
	}
	cert, err := x509.ParseCertificate(t[0x70])
	if err != nil {
		return nil
	}
	return cert
}

// SetCertificate stores a certificate for a slot, as the person who handles
// cards would do; nil removes it. The key does not have to match.
func (c *Card) SetCertificate(slot byte, cert *x509.Certificate) error {
	tag := certTag(slot)
	if tag == 0 {
		return fmt.Errorf("cannot store a certificate for slot %02X", slot)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if cert == nil {
		delete(c.objects, tag)
		return nil
	}
	c.objects[tag] = certObject(cert.Raw, 0)
	return nil
}

// Trace calls f for each command with its answer, in order, until Trace(nil). f
// runs while the card is locked and must not call it. PINs, PUKs and key material
// are shown as zeros; long messages are cut to 512 bytes.
func (c *Card) Trace(f func(command, answer []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trace = f
}

func (c *Card) show(cmd, answer []byte) {
	if c.trace == nil {
		return
	}
	cmd, answer = bytes.Clone(cmd[:min(len(cmd), maxTrace)]), bytes.Clone(answer[:min(len(answer), maxTrace)])
	if len(cmd) > 5 {
		switch cmd[1] {
		case insVerify, insChangePIN, insResetRetry, insImport, insSetManagement:
			clear(cmd[5:])
		}
	}
	c.trace(cmd, answer)
}
