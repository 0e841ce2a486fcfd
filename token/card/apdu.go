package card

import (
	"context"
	"errors"

	"sexton/token"
)

// Bounds of one exchange.
const (
	chunk       = 255      // data bytes a short command APDU carries
	maxResponse = 16 << 10 // bytes of all parts of an answer; the largest PIV object is about 12 KiB
	maxRounds   = 512      // GET RESPONSE commands for one answer
)

// exchange sends one command to the PIV application, in as many APDUs as it takes, and returns the whole answer and the last
// status word. answer says that data is expected back (Le = 00). An error means that there is no valid answer.
func (c *Card) exchange(ctx context.Context, ins, p1, p2 byte, data []byte, answer bool) ([]byte, uint16, error) {
	// ISO/IEC 7816-4, section 5.3.3: command chaining, b5 of CLA.
	for len(data) > chunk {
		resp, sw, err := c.single(ctx, []byte{0x10, ins, p1, p2, chunk}, data[:chunk], false)
		if err != nil || sw != swOK {
			return nil, sw, err
		}
		if len(resp) != 0 {
			return nil, 0, protocolError(sw, "data in answer to an unfinished command chain")
		}
		data = data[chunk:]
	}
	head := []byte{0x00, ins, p1, p2}
	if len(data) > 0 {
		head = append(head, byte(len(data)))
	}
	part, sw, err := c.single(ctx, head, data, answer)
	if err != nil {
		return nil, 0, err
	}
	return c.collect(ctx, part, sw)
}

// collect fetches what 61xx promises (ISO/IEC 7816-4, section 5.3.4).
func (c *Card) collect(ctx context.Context, first []byte, sw uint16) ([]byte, uint16, error) {
	all := first
	for round := 0; sw>>8 == 0x61; round++ {
		if round == maxRounds {
			return nil, 0, protocolError(sw, "answer does not end")
		}
		part, s, err := c.single(ctx, []byte{0x00, 0xC0, 0x00, 0x00}, nil, true, byte(sw))
		if err != nil {
			return nil, 0, err
		}
		if len(part) == 0 && s>>8 == 0x61 {
			return nil, 0, protocolError(s, "card promises data and sends none")
		}
		if len(all)+len(part) > maxResponse {
			return nil, 0, protocolError(s, "answer is longer than %d bytes", maxResponse)
		}
		all = append(all, part...)
		sw = s
	}
	return all, sw, nil
}

// single sends one APDU: head (with Lc, if there is data), data, and Le if answer is wanted. le is the Le byte, 00 if
// absent. A 6Cxx answer is followed once with the length the card names. Command bytes are wiped afterwards.
func (c *Card) single(ctx context.Context, head, data []byte, answer bool, le ...byte) ([]byte, uint16, error) {
	l := byte(0)
	if len(le) > 0 {
		l = le[0]
	}
	cmd := make([]byte, 0, len(head)+len(data)+1)
	cmd = append(append(cmd, head...), data...)
	defer func() { clear(cmd) }()
	// T=0 has one length byte P3: a command with data cannot say Le, one without always has P3 (ISO/IEC 7816-3, section 10.3.2).
	if len(data) == 0 && (answer || c.link.T0()) || answer && !c.link.T0() {
		cmd = append(cmd, l)
	}
	resp, sw, err := c.transmit(ctx, cmd)
	if err != nil || sw>>8 != 0x6C || !answer || len(data) != 0 && c.link.T0() {
		return resp, sw, err
	}
	cmd[len(cmd)-1] = byte(sw)
	resp, sw, err = c.transmit(ctx, cmd)
	if err == nil && sw>>8 == 0x6C {
		return nil, 0, protocolError(sw, "card refuses the length it asked for")
	}
	return resp, sw, err
}

// transmit is the only call of Transmitter.Transmit.
func (c *Card) transmit(ctx context.Context, cmd []byte) ([]byte, uint16, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, ContextError(err)
	}
	raw, err := c.link.Transmit(ctx, cmd)
	if err != nil {
		return nil, 0, err
	}
	n := len(raw) - 2
	if n < 0 {
		return nil, 0, protocolError(0, "answer of %d bytes has no status word", len(raw))
	}
	if n > 256 {
		return nil, 0, protocolError(0, "answer of %d bytes to a short command", len(raw))
	}
	return raw[:n:n], uint16(raw[n])<<8 | uint16(raw[n+1]), nil
}

// ContextError turns the error of a context into a *token.Error: Timeout or Canceled.
func ContextError(err error) error {
	kind := token.Canceled
	if errors.Is(err, context.DeadlineExceeded) {
		kind = token.Timeout
	}
	return &token.Error{Kind: kind, Err: err}
}
