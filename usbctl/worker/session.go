package worker

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
)

// Report is the evidence of one session with a device, from blk.
type Report struct {
	Commands   uint64        `json:"commands"`
	Transcript string        `json:"transcript"` // lower hex SHA-256 over all commands and outcomes
	Violations []Violation   `json:"violations"`
	Ended      *wire.Failure `json:"ended,omitempty"` // why no command was possible any more
}

// Broken lists the violations of the transport in order.
func (r Report) Broken() []*bot.Violation {
	var out []*bot.Violation
	for _, v := range r.Violations {
		out = append(out, v.Typed())
	}
	return out
}

// Over is why no command was possible any more, with its type; nil while one was.
func (r Report) Over() error {
	if r.Ended == nil {
		return nil
	}
	return told(r.Ended)
}

// session is blk's side of a medium.
type session struct {
	pipe   usbctl.Pipe
	engine *bot.Engine
	unit   *scsi.Unit
	info   Info
	buf    []byte // of the pipe, wire.MaxData long
}

func newSession(pipe usbctl.Pipe, mode usbctl.Mode, lun byte, observe func(*bot.Violation)) (*session, error) {
	if mode < usbctl.ReadOnly || mode > usbctl.Destroy {
		return nil, fmt.Errorf("cannot open a medium in mode %s", mode)
	}
	engine, err := bot.New(pipe, bot.Options{Observe: observe})
	if err != nil {
		return nil, err
	}
	buf, err := pipe.Buffer(wire.MaxData)
	if err != nil {
		return nil, fmt.Errorf("cannot get a buffer for data: %w", err)
	}
	return &session{pipe: pipe, engine: engine, unit: scsi.NewUnit(engine, lun, mode), info: Info{Mode: mode}, buf: buf}, nil
}

func (s *session) report() Report {
	t := s.engine.Transcript()
	r := Report{Commands: s.engine.Commands(), Transcript: hex.EncodeToString(t[:]), Violations: []Violation{}}
	for _, v := range s.engine.Violations() {
		r.Violations = append(r.Violations, travelling(v))
	}
	if err := s.engine.Ended(); err != nil {
		r.Ended = failure(err)
	}
	return r
}

// serve answers fs until it closes.
func (s *session) serve(ctx context.Context, peer wire.Stream) error {
	return wire.Serve(ctx, peer, func(ctx context.Context, op wire.Op, p []byte) ([]byte, error) {
		b, err := s.handle(ctx, op, p)
		return b, pack(err)
	})
}

// handle does one operation. Its answer is good until the next.
func (s *session) handle(ctx context.Context, op wire.Op, p []byte) ([]byte, error) {
	if s.info.Units == 0 && op != opOpen {
		return nil, &wire.Breach{Detail: "a medium that was not opened is asked for"}
	}
	switch op {
	case opRead:
		return s.read(ctx, p)
	case opWrite:
		return nil, s.write(ctx, p)
	case opUnmap, opSanitize:
		return nil, s.erase(ctx, op, p)
	}
	if len(p) != 0 {
		return nil, &wire.Breach{Detail: fmt.Sprintf("operation %d with %d bytes", op, len(p))}
	}
	switch op {
	case opOpen:
		return s.open(ctx)
	case opFlush:
		return nil, s.unit.Flush(ctx)
	case opPortray:
		p, err := s.unit.Portray(ctx)
		return s.json(p, err)
	case opErasure:
		p, err := s.unit.Portray(ctx)
		if err != nil {
			return nil, err
		}
		e, err := s.unit.ProbeErasure(ctx, p)
		return s.json(e, err)
	case opProgress:
		p, err := s.unit.SanitizeProgress(ctx)
		return s.json(p, err)
	case opPortReset:
		run, cancel := context.WithTimeout(ctx, settle)
		defer cancel()
		return nil, s.pipe.PortReset(run)
	}
	return nil, &wire.Breach{Detail: fmt.Sprintf("operation %d", op)}
}

func (s *session) json(v any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// maxUnits a device may claim (BOT 1.0, 3.2: 0 to 15).
const maxUnits = 16

func (s *session) open(ctx context.Context) ([]byte, error) {
	if s.info.Units != 0 {
		return nil, &wire.Breach{Detail: "a medium is opened twice"}
	}
	last, err := s.pipe.MaxLUN(ctx)
	if err != nil {
		return nil, fmt.Errorf("cannot ask for logical units: %w", err)
	}
	if last < 0 || last >= maxUnits {
		return nil, &scsi.Lie{Code: "max-lun", Detail: fmt.Sprintf("%d logical units", last+1)}
	}
	c, err := s.unit.Open(ctx)
	if err != nil {
		return nil, err
	}
	s.info.Capacity, s.info.Units = c, last+1
	return s.json(s.info, nil)
}

func (s *session) read(ctx context.Context, p []byte) ([]byte, error) {
	if len(p) != 12 {
		return nil, &wire.Breach{Detail: fmt.Sprintf("a read of %d bytes", len(p))}
	}
	n := uint64(binary.BigEndian.Uint32(p[8:])) * uint64(s.info.Capacity.BlockSize)
	if n == 0 || n > uint64(len(s.buf)) {
		return nil, &wire.Breach{Detail: fmt.Sprintf("a read of %d bytes of data", n)}
	}
	b := s.buf[:n]
	return b, s.unit.ReadBlocks(ctx, binary.BigEndian.Uint64(p), b)
}

func (s *session) write(ctx context.Context, p []byte) error {
	if len(p) <= 8 || len(p)-8 > len(s.buf) || (len(p)-8)%s.info.Capacity.BlockSize != 0 {
		return &wire.Breach{Detail: fmt.Sprintf("a write of %d bytes", len(p))}
	}
	b := s.buf[:copy(s.buf, p[8:])]
	return s.unit.WriteBlocks(ctx, binary.BigEndian.Uint64(p), b)
}

func (s *session) erase(ctx context.Context, op wire.Op, p []byte) error {
	switch {
	case op == opUnmap && len(p) == 12:
		return s.unit.Unmap(ctx, binary.BigEndian.Uint64(p), binary.BigEndian.Uint32(p[8:]))
	case op == opSanitize && len(p) > 0 && len(p) <= 1+s.info.Capacity.BlockSize:
		return s.unit.Sanitize(ctx, p[0], p[1:])
	}
	return &wire.Breach{Detail: fmt.Sprintf("operation %d with %d bytes", op, len(p))}
}
