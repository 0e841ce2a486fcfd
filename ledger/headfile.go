package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/mod/sumdb/note"

	"sexton/internal/durable"
)

// The head file is the witness of the newest commit outside the SQLite file: two slots of slotSize bytes, each a signed seal, an
// empty line and the newest checkpoint, padded with zero bytes. In operation the slots are written in turn, so that a torn write
// leaves the other.
const (
	slotSize = 4096
	headSize = 2 * slotSize
)

// headSlot is the content of one slot.
type headSlot struct {
	seal       seal
	note       []byte // the signed seal
	checkpoint []byte
}

func encodeSlot(sealNote, checkpoint []byte) ([]byte, error) {
	b := make([]byte, 0, slotSize)
	b = append(b, sealNote...)
	b = append(b, '\n')
	b = append(b, checkpoint...)
	if len(b) > slotSize {
		return nil, fmt.Errorf("internal error: head of %d bytes does not fit a slot", len(b))
	}
	return b[:slotSize], nil // the rest of the capacity is zero
}

// parseSlot reads one slot strictly.
func parseSlot(b []byte, v note.Verifier) (headSlot, error) {
	text := bytes.TrimRight(b, "\x00")
	// A signed note is text, an empty line, signature lines: the seal ends at the second empty line.
	first := bytes.Index(text, []byte("\n\n"))
	if first < 0 {
		return headSlot{}, errors.New("no seal in it")
	}
	second := bytes.Index(text[first+2:], []byte("\n\n"))
	if second < 0 {
		return headSlot{}, errors.New("no checkpoint in it")
	}
	end := first + 2 + second + 1
	s := headSlot{note: bytes.Clone(text[:end]), checkpoint: bytes.Clone(text[end+1:])}
	var err error
	if s.seal, err = parseSeal(s.note, v); err != nil {
		return headSlot{}, err
	}
	again, err := encodeSlot(s.note, s.checkpoint)
	if err != nil || !bytes.Equal(again, b) {
		return headSlot{}, errors.New("not in its canonical form")
	}
	return s, nil
}

// readHead gives the newest valid slot; damaged says that the other one is not valid.
func readHead(dir string, v note.Verifier) (newest headSlot, same, damaged bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, headName))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return headSlot{}, false, false, contradiction(headName, doRestore, "the file is missing")
	case err != nil:
		return headSlot{}, false, false, fmt.Errorf("cannot read ledger: %w", err)
	case len(b) != headSize:
		return headSlot{}, false, false, contradiction(headName, doRestore, "the file has %d bytes, want %d", len(b), headSize)
	}
	x, errX := parseSlot(b[:slotSize], v)
	y, errY := parseSlot(b[slotSize:], v)
	switch {
	case errX != nil && errY != nil:
		return headSlot{}, false, false, contradiction(headName, doRestore, "no valid statement of the log key is in it: %v", errX)
	case errX != nil:
		return y, false, true, nil
	case errY != nil || x.seal.seq > y.seal.seq:
		return x, false, errY != nil, nil
	}
	return y, bytes.Equal(b[:slotSize], b[slotSize:]), false, nil
}

// headFile is the open head file of a running ledger. It belongs to the writer goroutine.
type headFile struct {
	f     *os.File
	slot  int64 // the one to write next
	dirty bool  // written since the last sync
	seq   int64 // of the newest slot
}

// createHead replaces the head file durably, both slots equal, and opens it.
func createHead(dir string, seq int64, sealNote, checkpoint []byte) (*headFile, error) {
	slot, err := encodeSlot(sealNote, checkpoint)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, headName)
	if err := durable.WriteFile(path, append(bytes.Clone(slot), slot...), 0o600); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot open head file: %w", err)
	}
	return &headFile{f: f, seq: seq}, nil
}

// write puts the head of a commit into the next slot without waiting for the medium: a killed process loses nothing, a power cut
// at most what came after the last sync.
func (h *headFile) write(seq int64, sealNote, checkpoint []byte) error {
	b, err := encodeSlot(sealNote, checkpoint)
	if err != nil {
		return err
	}
	if _, err := h.f.WriteAt(b, h.slot*slotSize); err != nil {
		return fmt.Errorf("cannot write head file: %w", err)
	}
	h.slot, h.dirty, h.seq = 1-h.slot, true, seq
	return nil
}

// sync makes the newest slot durable.
func (h *headFile) sync() error {
	if err := syscall.Fdatasync(int(h.f.Fd())); err != nil {
		return fmt.Errorf("cannot sync head file: %w", err)
	}
	h.dirty = false
	return nil
}
