// Package token is the contract between the station and the PIV cards of its people: who is at which
// reader, did they prove themselves, and what did their card sign.
//
// It follows FIPS 201-3 (PKI-AUTH, section 6.2.3.1) and NIST SP 800-73-5 part 2; the drivers below it do the talking:
//
//	station -> token.Desk                       this package: shapes, errors, pure checks
//	             token/desk                     sessions, one owner per reader, deadlines, locking
//	               token/card  token/trust      SP 800-73-5 client; pinned anchors
//	                 token/pcsc                 PC/SC transport and watch (the only cgo)
//
// A session lives like this:
//
//	empty -> present -> Identify (certificates read, nothing proven)
//	      -> Login: de-authenticate, VERIFY, fresh 9A challenge, checked on the host  -> open
//	open  -> Confirm (9A challenge again) | Sign (VERIFY, then 9C, checked on the host)
//	open  -> locked: removal, transport error, event counter change, idle limit, daemon loss, swap, Close
//
// A locked session never opens again; the person logs in anew.
//
// Failure modes are the Kinds of Error. Nothing here is retried by program, least of all a PIN.
//
// What it does not do: it matches nobody to an enrolled person (the station compares KeyIDs and GUID with its register),
// it checks no revocation, and it does not hide a verified card from other programs of the same
// machine: the PC/SC socket must be closed to them by the operating system.
package token

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"time"
)

// Slots (key references) of SP 800-73-5 part 1, table 5, that this contract uses.
const (
	SlotAuth byte = 0x9A // PIV Authentication
	SlotSign byte = 0x9C // Digital Signature
)

// KeyID names a public key: lower-case hex SHA-256 of the DER SubjectPublicKeyInfo, 64 characters. "" means none.
type KeyID string

// KeyOf returns the KeyID of cert's public key, "" for a nil certificate.
func KeyOf(cert *x509.Certificate) KeyID {
	if cert == nil {
		return ""
	}
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return KeyID(hex.EncodeToString(sum[:]))
}

// Identity is what one card says of itself. Everything in it is copyable to another card; it proves nothing until Login.
type Identity struct {
	Reader       string            // PC/SC reader name
	GUID         string            // CHUID tag 34 as 32 lower-case hex digits; "" if absent or all zero
	FASCN        []byte            // CHUID tag 30, 25 bytes packed BCD; nil if absent
	CHUIDExpires time.Time         // CHUID tag 35, end of that day UTC; zero if absent
	Serial       uint32            // vendor serial where the card tells one; 0 = unknown
	Auth         *x509.Certificate // slot 9A, gzip undone
	Sign         *x509.Certificate // slot 9C, gzip undone; nil if the card has none (Login then refuses it)
}

// AuthKey is the KeyID of the 9A certificate.
func (id Identity) AuthKey() KeyID { return KeyOf(id.Auth) }

// SignKey is the KeyID of the 9C certificate.
func (id Identity) SignKey() KeyID { return KeyOf(id.Sign) }

// ReaderState is one reader as the station sees it now.
type ReaderState struct {
	Name    string
	Present bool   // a card is in it
	ATR     []byte // answer to reset of that card, nil if none
	Suspect string // why the reader is quarantined (a call into it did not come back in time); "" = in use
}

// EventKind says what happened at the desk.
type EventKind int

// The events of a desk.
const (
	EventUnknown EventKind = iota
	ReaderAdded
	ReaderRemoved
	CardInserted
	CardRemoved
	DaemonLost // no PC/SC service: all sessions are locked
	DaemonBack // the service answers again; ReaderAdded and CardInserted follow for what is there
)

// String names k in English, for logs.
func (k EventKind) String() string {
	switch k {
	case ReaderAdded:
		return "reader added"
	case ReaderRemoved:
		return "reader removed"
	case CardInserted:
		return "card inserted"
	case CardRemoved:
		return "card removed"
	case DaemonLost:
		return "daemon lost"
	case DaemonBack:
		return "daemon back"
	}
	return "unknown event"
}

// Event is one change at the desk.
type Event struct {
	Kind   EventKind
	Reader string    // "" for DaemonLost and DaemonBack
	Count  uint16    // PC/SC event counter of that reader (dwEventState bits 16..31), wraps
	At     time.Time // when the watch saw it
}

// Session is one person at one reader, proven by Login. Its methods may be called from several goroutines;
// they are served one after the other.
type Session interface {
	// Identity is what Login read and proved.
	Identity() Identity
	// Proof is the login challenge and the card's signature over it, for the record.
	Proof() LoginProof
	// Confirm makes the card sign a fresh 9A challenge (no PIN entry) and checks it against the session's
	// certificate. It is called before each act; it catches a card swapped faster than the reader notices.
	// Errors: Mismatch, Removed, Timeout, Daemon, Protocol, Trust (expired meanwhile): the session is locked. PINNeeded: a wrong PIN in
	// Sign cleared the card's PIN state; the session lives, the next Sign with the right PIN restores it.
	Confirm(ctx context.Context) error
	// Sign has message signed in slot 9C: VERIFY with pin, immediately followed by the signature, in one
	// transaction; the signature is verified on the host against the session's certificate before it is returned.
	// pin is wiped in every case. PINWrong, PINBlocked and LastTry leave the session open, all other
	// failures of the card lock it. A signature is returned only with a nil error.
	Sign(ctx context.Context, pin *PIN, message []byte) (Signature, error)
	// Locked is closed when the session is over, at the latest one second after removal of the card,
	// transport error, event counter change, idle limit or daemon loss.
	Locked() <-chan struct{}
	// Cause says why the session is locked, nil while it is open. It is an *Error.
	Cause() error
	// Close logs the card out (de-authenticate, reset) and locks the session with cause Closed. It may be called twice.
	Close() error
}

// Desk is the readers of this station. Methods may be called from several goroutines; calls to one reader are served
// one after the other, calls to different readers in parallel. All errors are, or wrap, an *Error.
type Desk interface {
	// Readers lists the readers in the service's order. Quarantined readers are listed with their reason.
	Readers(ctx context.Context) ([]ReaderState, error)
	// Identify reads the card in reader. No PIN, no proof.
	// With an open session on the reader it returns that session's identity without touching the card.
	Identify(ctx context.Context, reader string) (Identity, error)
	// TriesLeft asks the card how many PIN tries remain, without using one. 0 means blocked.
	// While a session is open the card does not tell; then it is the number that stood before the last right PIN,
	// which is a lower bound.
	TriesLeft(ctx context.Context, reader string) (int, error)
	// Login proves that the person at reader holds the card and knows its PIN, and opens a session. pin is wiped in every case.
	// Trust is checked before the PIN is sent, so an untrusted card costs no try. If the card has a single try left,
	// Login refuses with LastTry unless pin.AllowLastTry is set. c.At is the time trust is judged at.
	// Busy: the reader has an open session here, or another program holds the card.
	Login(ctx context.Context, reader string, pin *PIN, c Challenge) (Session, error)
	// Watch reports changes from now on, beginning with one event for each reader and card that is there.
	// The channel is closed when ctx or the desk ends. Who falls more than 256 events behind loses the oldest.
	Watch(ctx context.Context) <-chan Event
	// Close locks all sessions and releases the readers.
	Close() error
}
