package pcscd

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// pcsc-lite's own protocol, version 4:4, in the machine's byte order (pcsc-lite 1.9.9,
// src/winscard_msg.h and src/eventhandler.h). Only the two messages that need no
// context are spoken.
const (
	cmdVersion      = 0x11
	cmdReadersState = 0x12
	protocolMajor   = 4
	protocolMinor   = 4

	maxReaders  = 16
	nameLen     = 128
	atrLen      = 33
	lengthAt    = nameLen + 4 + 4 + 4 + 36     // after name, events, state, sharing, ATR and padding
	stateLen    = lengthAt + strconv.IntSize/8 // an unsigned long
	stateAbsent = 0x0002                       // SCARD_ABSENT
	statePre    = 0x0004                       // SCARD_PRESENT
	askDeadline = 2 * time.Second
)

// Reader is what the daemon says of one reader.
type Reader struct {
	Name    string
	Present bool   // a card is in it, and its ATR has been read
	Absent  bool   // no card is in it; after a failed reset neither is known until the next poll
	ATR     []byte // nil without a card
	Events  uint32 // insertions and removals the daemon has seen
	Sharing int32  // clients connected; -1: one, exclusively
}

// ask connects to the daemon's socket and reads the state of all readers.
func ask(ctx context.Context, socket string) ([]Reader, error) {
	var d net.Dialer
	ctx, cancel := context.WithTimeout(ctx, askDeadline)
	defer cancel()
	conn, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if dl, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(dl); err != nil {
			return nil, err
		}
	}
	ne := binary.NativeEndian
	hello := ne.AppendUint32(nil, 12)
	for _, v := range []uint32{cmdVersion, protocolMajor, protocolMinor, 0} {
		hello = ne.AppendUint32(hello, v)
	}
	if _, err := conn.Write(hello); err != nil {
		return nil, err
	}
	var answer [12]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, err
	}
	if rv := ne.Uint32(answer[8:]); rv != 0 {
		return nil, fmt.Errorf("pcscd speaks protocol %d:%d and refuses %d:%d", ne.Uint32(answer[0:]), ne.Uint32(answer[4:]), protocolMajor, protocolMinor)
	}
	if _, err := conn.Write(ne.AppendUint32(ne.AppendUint32(nil, 0), cmdReadersState)); err != nil {
		return nil, err
	}
	raw := make([]byte, maxReaders*stateLen)
	if _, err := io.ReadFull(conn, raw); err != nil {
		return nil, err
	}
	return readers(raw), nil
}

// readers decodes the array; unused entries have no name.
func readers(raw []byte) []Reader {
	ne := binary.NativeEndian
	var out []Reader
	for ; len(raw) >= stateLen; raw = raw[stateLen:] {
		name := raw[:nameLen]
		n := 0
		for n < nameLen && name[n] != 0 {
			n++
		}
		if n == 0 {
			continue
		}
		r := Reader{
			Name:    string(name[:n]),
			Absent:  ne.Uint32(raw[nameLen+4:])&stateAbsent != 0,
			Events:  ne.Uint32(raw[nameLen:]),
			Sharing: int32(ne.Uint32(raw[nameLen+8:])),
		}
		l := uint64(ne.Uint32(raw[lengthAt:]))
		if strconv.IntSize == 64 {
			l = ne.Uint64(raw[lengthAt:])
		}
		if ne.Uint32(raw[nameLen+4:])&statePre != 0 && l > 0 && l <= atrLen {
			r.Present = true
			r.ATR = append([]byte(nil), raw[nameLen+12:nameLen+12+int(l)]...)
		}
		out = append(out, r)
	}
	return out
}
