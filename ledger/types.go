package ledger

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"golang.org/x/mod/sumdb/note"

	"sexton/ledger/leaf"
)

// Errors callers test with errors.Is. The first five refuse a request, which then has had no effect at all.
var (
	// ErrConflict: the event id is in the ledger with other bytes. Repeating cannot help.
	ErrConflict = errors.New("another event has this id")
	// ErrStale: prev does not name the newest leaf of a subject; something happened to it in between. Build the event anew.
	ErrStale = errors.New("the subject has changed since the event was prepared")
	// ErrSeen: seen is not an earlier size and root of this ledger.
	ErrSeen = errors.New("seen is no head of this ledger")
	// ErrInvalid: the entry is malformed, incomplete or not signed as it must be.
	ErrInvalid = errors.New("the entry is not acceptable")
	// ErrRefused: a projection refused the entry; its error is in the tree.
	ErrRefused = errors.New("the entry is refused")

	// ErrNotFound: no such leaf, opening, attachment or checkpoint.
	ErrNotFound = errors.New("not in the ledger")
	// ErrClosed: the ledger was closed; nothing was written.
	ErrClosed = errors.New("the ledger is closed")
	// ErrStopped: storage failed. Whether the request is durable is unknown until the ledger is opened again; repeat it then
	// with the same event ids. Options.Exit was called.
	ErrStopped = errors.New("the ledger has stopped after a storage error")
)

// Entry is one leaf with what belongs to it but is not in it.
type Entry struct {
	Leaf        []byte         // exact bytes from leaf.Encode
	Openings    []leaf.Opening // one for each non-empty commitment of the leaf; private
	Attachments [][]byte       // kept by SHA-256, which the leaf must mention in lower hex; private
}

// Receipt says where an entry stands. It is given only after the entry is durable.
type Receipt struct {
	Index     int64  // of the leaf, from 0
	Hash      string // leaf hash, lower hex
	Size      int64  // of a checkpoint that covers the leaf
	Root      string // its root, lower hex
	Duplicate bool   // the entry was in the ledger already, byte for byte
	Note      []byte // the checkpoint: a signed note (C2SP tlog-checkpoint)
}

// Head is the newest durable state.
type Head struct {
	Size int64
	Root string // lower hex
	Note []byte // signed checkpoint
}

// Projection is a set of tables derived from the entries, kept in the ledger's own file and transaction.
type Projection interface {
	// Name is stable and unique.
	Name() string
	// Schema is the DDL, one statement each; names must not be the ledger's own.
	Schema() []string
	// Tables are the tables the DDL creates.
	Tables() []string
	// Apply enters one leaf. An error refuses the entry: nothing of it is committed. It must depend on its arguments and its own
	// tables only, since a replay must give the same rows, and must not call the ledger, which is waiting for it.
	Apply(ctx context.Context, tx *sql.Tx, index int64, hash string, env leaf.Envelope, p leaf.Payload) error
}

// LogSigner signs checkpoints; [ParseLogKey] makes one.
type LogSigner = note.Signer

// Options configure a ledger.
type Options struct {
	Origin      string       // name of the log: first line of each checkpoint, key name, station of every event
	LogSigner   LogSigner    // Ed25519; its name is Origin
	Projections []Projection //
	// Verify refuses an entry before it is queued; nil accepts. It runs in the caller's goroutine and must not call the ledger.
	// Checks that need the ledger's content (whose key is this?) belong into a projection, which sees the transaction.
	Verify func(leaf.Envelope, leaf.Payload) error
	Logger *slog.Logger // nil discards
	// Exit ends the process after a storage error, with the error; it is called once. nil panics. If it returns, the ledger
	// answers ErrStopped to everything and touches its files no more.
	Exit func(error)
	// Rebuild drops and replays the projections before they are compared.
	Rebuild bool

	testOnlySynchronous string // "NORMAL" in the control that must lose entries
}

// NewLogKey makes a log key for origin: the secret and the verifier key (C2SP signed-note).
func NewLogKey(origin string) (secret, verifier string, err error) {
	if err := checkOrigin(origin); err != nil {
		return "", "", err
	}
	secret, verifier, err = note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", "", fmt.Errorf("cannot make log key: %w", err)
	}
	return secret, verifier, nil
}

// ParseLogKey reads a secret that [NewLogKey] made.
func ParseLogKey(secret string) (LogSigner, error) {
	s, err := note.NewSigner(secret)
	if err != nil {
		return nil, fmt.Errorf("cannot read log key: %w", err)
	}
	return s, nil
}

// Contradiction is why a ledger is not opened: its files do not agree with each other, with their signatures or with
// themselves. Repeating does not help and nothing is repaired.
type Contradiction struct {
	File string // which file, relative to the ledger's directory
	What string // what is wrong, a clause
	Do   string // what a person can do
	Err  error  // cause, whose text is in What; may be nil
}

func (c *Contradiction) Error() string {
	return fmt.Sprintf("cannot open ledger: %s: %s; %s", c.File, c.What, c.Do)
}

// Unwrap gives the cause.
func (c *Contradiction) Unwrap() error { return c.Err }

// What to do, by kind of contradiction.
const (
	doRestore  = "keep the directory as evidence, restore the newest copy and compare it with the last printed or exported checkpoint"
	doRollback = "an older copy was put in place, or the disk lost what it had confirmed: keep it as evidence, bring back the newest copy, and tell the inspector"
	doRebuild  = "the entries are sound: run the rebuild of the index"
	doKey      = "use the log key this ledger was made with"
	doMoveAway = "move the file out of the ledger's directory and find out who put it there"
)

func contradiction(file, do, format string, args ...any) error {
	c := &Contradiction{File: file, Do: do, What: fmt.Sprintf(format, args...)}
	for _, a := range args {
		if err, ok := a.(error); ok {
			c.Err = err
		}
	}
	return c
}
