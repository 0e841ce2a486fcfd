package inspect

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// maxSignatures is how many signature lines a checkpoint may carry.
const maxSignatures = 16

// checkpoint is a C2SP tlog-checkpoint whose signatures have been looked at.
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	key    string          // vkey of the trusted log that signed it, "" if none
	signed map[string]bool // names of the trust file's witnesses that cosigned
	times  []time.Time     // of those cosignatures
}

// openCheckpoint parses text strictly and verifies its signatures. The error
// is about the form or about a wrong signature of a known key; that no trusted
// log signed is told by an empty key.
func openCheckpoint(text string, t *Trust) (*checkpoint, error) {
	body, err := noteForm(text)
	if err != nil {
		return nil, err
	}
	c := &checkpoint{signed: make(map[string]bool)}
	if err := c.parseBody(body); err != nil {
		return nil, err
	}
	verifiers := append([]note.Verifier(nil), t.logs...)
	for _, w := range t.witnesses {
		verifiers = append(verifiers, w)
	}
	n, err := note.Open([]byte(text), note.VerifierList(verifiers...))
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &unverified):
		return c, nil
	case err != nil:
		return nil, fmt.Errorf("a signature by a trusted key is wrong: %w", err)
	}
	for _, s := range n.Sigs {
		for i, l := range t.logs {
			if l.Name() == s.Name && l.KeyHash() == s.Hash {
				c.key = t.logKeys[i]
			}
		}
		for name, w := range t.witnesses {
			if w.name == s.Name && w.hash == s.Hash {
				c.signed[name] = true
				if raw, err := base64.StdEncoding.DecodeString(s.Base64); err == nil && len(raw) > 4 {
					if at, ok := cosignedAt(raw[4:]); ok {
						c.times = append(c.times, time.Unix(int64(at), 0).UTC())
					}
				}
			}
		}
	}
	return c, nil
}

// noteForm checks the form of a signed note beyond what note.Open checks, so
// that one note has one encoding: canonical base64, no line twice, no control
// characters. It returns the text before the signatures.
func noteForm(text string) (string, error) {
	i := strings.LastIndex(text, "\n\n")
	if i < 0 || !strings.HasSuffix(text, "\n") {
		return "", errors.New("not a signed note")
	}
	for _, r := range text {
		if r < 0x20 && r != '\n' || r == 0x7f || r == '\uFFFD' {
			return "", errors.New("a signed note with a control character or broken UTF-8")
		}
	}
	lines := strings.Split(strings.TrimSuffix(text[i+2:], "\n"), "\n")
	if len(lines) > maxSignatures {
		return "", fmt.Errorf("%d signatures, the limit is %d", len(lines), maxSignatures)
	}
	seen := make(map[string]bool)
	for _, l := range lines {
		rest, ok := strings.CutPrefix(l, "— ")
		name, b64, ok2 := strings.Cut(rest, " ")
		if !ok || !ok2 || name == "" {
			return "", errors.New("a signature line is malformed")
		}
		raw, err := strictBase64(b64)
		if err != nil || len(raw) < 5 {
			return "", errors.New("a signature line is not canonical base64")
		}
		id := name + "+" + string(raw[:4])
		if seen[id] {
			return "", errors.New("a key signed twice")
		}
		seen[id] = true
	}
	return text[:i+1], nil
}

// parseBody reads origin, size and root; extension lines are refused (C2SP
// tlog-checkpoint does not recommend them and no station writes them).
func (c *checkpoint) parseBody(body string) error {
	lines := strings.Split(body, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return errors.New("a checkpoint has exactly three lines: origin, size, root")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 1 || size >= 1<<53 || strconv.FormatInt(size, 10) != lines[1] {
		return fmt.Errorf("tree size %s is not a canonical positive number", show(lines[1]))
	}
	root, err := hash64(lines[2])
	if err != nil {
		return fmt.Errorf("root: %w", err)
	}
	c.origin, c.size, c.root = lines[0], size, root
	return nil
}

// tlogProof is a C2SP tlog-proof.
type tlogProof struct {
	index      int64
	hashes     tlog.RecordProof
	checkpoint string
}

// maxProofHashes is the depth of a tree with 2^53 leaves.
const maxProofHashes = 53

// parseProof reads the one canonical text of a tlog-proof. An extra line is
// refused: nothing authenticates it.
func parseProof(text string) (*tlogProof, error) {
	rest, ok := strings.CutPrefix(text, "c2sp.org/tlog-proof@v1\nindex ")
	if !ok {
		return nil, errors.New("not a tlog-proof version 1 with its index on the second line")
	}
	line, rest, ok := strings.Cut(rest, "\n")
	index, err := strconv.ParseInt(line, 10, 64)
	if !ok || err != nil || index < 0 || index >= 1<<53 || strconv.FormatInt(index, 10) != line {
		return nil, fmt.Errorf("index %s is not a canonical number", show(line))
	}
	p := &tlogProof{index: index}
	for {
		line, rest, ok = strings.Cut(rest, "\n")
		if !ok {
			return nil, errors.New("the proof ends before its checkpoint")
		}
		if line == "" {
			break
		}
		if len(p.hashes) == maxProofHashes {
			return nil, fmt.Errorf("more than %d hashes", maxProofHashes)
		}
		h, err := hash64(line)
		if err != nil {
			return nil, err
		}
		p.hashes = append(p.hashes, h)
	}
	p.checkpoint = rest
	return p, nil
}

func hash64(s string) (tlog.Hash, error) {
	raw, err := strictBase64(s)
	if err != nil {
		return tlog.Hash{}, err
	}
	if len(raw) != sha256.Size {
		return tlog.Hash{}, fmt.Errorf("a hash of %d bytes", len(raw))
	}
	return tlog.Hash(raw), nil
}

func strictBase64(s string) ([]byte, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || strings.ContainsAny(s, "\r\n") {
		return nil, errors.New("not canonical base64")
	}
	return raw, nil
}
