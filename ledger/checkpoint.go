package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkOrigin demands a name that can stand in a checkpoint and in a note signature line (C2SP signed-note: no spaces, no plus).
func checkOrigin(origin string) error {
	if origin == "" || len(origin) > 200 || strings.Contains(origin, "+") ||
		strings.IndexFunc(origin, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }) >= 0 {
		return fmt.Errorf("cannot use origin %q: want 1 to 200 printable characters without space or plus", origin)
	}
	return nil
}

// checkpointText is the note text of C2SP tlog-checkpoint: origin, size, root.
func checkpointText(origin string, size int64, root tlog.Hash) string {
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
}

func sign(s note.Signer, text string) ([]byte, error) {
	b, err := note.Sign(&note.Note{Text: text}, s)
	if err != nil {
		return nil, fmt.Errorf("cannot sign: %w", err)
	}
	return b, nil
}

// openNote returns the text of a note that v signed, alone.
func openNote(b []byte, v note.Verifier) (string, error) {
	n, err := note.Open(b, note.VerifierList(v))
	if err != nil {
		return "", err
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", errors.New("want one signature by the log key")
	}
	again, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
	if err != nil || !bytes.Equal(again, b) {
		return "", errors.New("the note is not in its canonical form")
	}
	return n.Text, nil
}

const sealHeader = "sexton ledger seal v1"

// seal is the signed statement about everything of one commit, private parts included. It never leaves the ledger's directory.
type seal struct {
	origin   string
	seq      int64     // number of the commit, from 1
	size     int64     // entries
	chain    tlog.Hash // over all commits, see chainHash
	anchored int64     // the head file is known to be durable with a seal of this seq or a later one
	closed   bool      // written by Close: the head file has exactly anchored, twice
}

func (s seal) text() string {
	state := "open"
	if s.closed {
		state = "closed"
	}
	return fmt.Sprintf("%s\norigin %s\nseq %d\nsize %d\nchain %s\nanchored %d\nstate %s\n",
		sealHeader, s.origin, s.seq, s.size, s.chain, s.anchored, state)
}

// parseSeal reads a signed seal strictly.
func parseSeal(b []byte, v note.Verifier) (seal, error) {
	text, err := openNote(b, v)
	if err != nil {
		return seal{}, err
	}
	var s seal
	var chain, state string
	if _, err := fmt.Sscanf(text, sealHeader+"\norigin %s\nseq %d\nsize %d\nchain %s\nanchored %d\nstate %s\n",
		&s.origin, &s.seq, &s.size, &chain, &s.anchored, &state); err != nil {
		return seal{}, fmt.Errorf("cannot read seal: %w", err)
	}
	h, err := base64.StdEncoding.DecodeString(chain)
	if err != nil || len(h) != tlog.HashSize {
		return seal{}, errors.New("cannot read seal: chain is no hash")
	}
	copy(s.chain[:], h)
	s.closed = state == "closed"
	if s.text() != text || s.origin != v.Name() {
		return seal{}, errors.New("cannot read seal: not in its canonical form")
	}
	return s, nil
}

// chainHash binds a commit to all before it: its entries through the note, its private rows through private, the open runs
// through journal.
func chainHash(prev tlog.Hash, seq, size int64, note string, private, journal tlog.Hash) tlog.Hash {
	n := sha256.Sum256([]byte(note))
	h := sha256.New()
	h.Write([]byte("sexton ledger chain v1\n"))
	h.Write(prev[:])
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(seq))
	binary.BigEndian.PutUint64(b[8:], uint64(size))
	h.Write(b[:])
	h.Write(n[:])
	h.Write(private[:])
	h.Write(journal[:])
	return tlog.Hash(h.Sum(nil))
}

// digest hashes parts, each with its length before it.
func digest(parts ...[]byte) tlog.Hash {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write(p)
	}
	return tlog.Hash(h.Sum(nil))
}
