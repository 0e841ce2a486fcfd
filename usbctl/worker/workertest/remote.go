package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"net"
	"os"

	"sexton/usbctl"
	"sexton/usbctl/model"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
)

// Operations of a device behind a descriptor.
const (
	opCommand wire.Op = 1 // direction u8, length of data in u32, wrapper 31, data out -> outcomes, data in
	opStatus  wire.Op = 2 // length u32 -> outcome, data
	opClear   wire.Op = 3 // direction u8 -> outcome
)

// outcomes travel as a number of bytes and an index of errs.
var errs = []error{nil, usbctl.ErrStall, usbctl.ErrTimeout, usbctl.ErrOverflow, usbctl.ErrLink, usbctl.ErrGone, usbctl.ErrNotStarted}

func put(b []byte, t usbctl.Transfer) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(t.N))
	for i, e := range errs {
		if e == t.Err {
			return append(b, byte(i))
		}
	}
	return append(b, 4)
}

func get(b []byte) usbctl.Transfer {
	return usbctl.Transfer{N: int(binary.BigEndian.Uint32(b)), Err: errs[b[4]]}
}

// remote is a Pipe over a descriptor.
type remote struct {
	caller *wire.Caller
	*worker.Control
}

// dial is worker.Open for devices behind a local socket.
func dial(file *os.File, _ worker.Device, control *worker.Control) (usbctl.Pipe, error) {
	c, err := net.FileConn(file)
	if err != nil {
		return nil, err
	}
	file.Close()
	return &remote{caller: wire.NewCaller(c), Control: control}, nil
}

func (r *remote) Command(ctx context.Context, wrapper, data []byte, d usbctl.Direction) (w, t usbctl.Transfer) {
	head := []byte{byte(d), 0, 0, 0, 0}
	out := data
	if d == usbctl.In {
		binary.BigEndian.PutUint32(head[1:], uint32(len(data)))
		out = nil
	}
	b, err := r.caller.Call(ctx, opCommand, nil, head, wrapper, out)
	if err != nil {
		return usbctl.Transfer{Err: usbctl.ErrGone}, usbctl.Transfer{Err: usbctl.ErrNotStarted}
	}
	if d == usbctl.In {
		copy(data, b[10:])
	}
	return get(b), get(b[5:])
}

func (r *remote) Status(ctx context.Context, b []byte) usbctl.Transfer {
	a, err := r.caller.Call(ctx, opStatus, nil, binary.BigEndian.AppendUint32(nil, uint32(len(b))))
	if err != nil {
		return usbctl.Transfer{Err: usbctl.ErrGone}
	}
	copy(b, a[5:])
	return get(a)
}

func (r *remote) ClearHalt(ctx context.Context, d usbctl.Direction) error {
	a, err := r.caller.Call(ctx, opClear, nil, []byte{byte(d)})
	if err != nil {
		return usbctl.ErrGone
	}
	return get(a).Err
}

func (r *remote) Buffer(n int) ([]byte, error) { return make([]byte, n), nil }
func (r *remote) Close() error                 { return r.caller.Close() }

// expose serves a model behind a descriptor.
func expose(ctx context.Context, s wire.Stream, p *model.Pipe) error {
	return wire.Serve(ctx, s, func(ctx context.Context, op wire.Op, b []byte) ([]byte, error) {
		switch op {
		case opCommand:
			d := usbctl.Direction(b[0])
			data := bytes.Clone(b[36:])
			if d == usbctl.In {
				data = make([]byte, binary.BigEndian.Uint32(b[1:]))
			}
			w, t := p.Command(ctx, bytes.Clone(b[5:36]), data, d)
			out := put(put(nil, w), t)
			if d == usbctl.In {
				out = append(out, data[:t.N]...)
			}
			return out, nil
		case opStatus:
			data := make([]byte, binary.BigEndian.Uint32(b))
			t := p.Status(ctx, data)
			return append(put(nil, t), data[:t.N]...), nil
		case opClear:
			return put(nil, usbctl.Transfer{Err: p.ClearHalt(ctx, usbctl.Direction(b[0]))}), nil
		}
		return nil, &wire.Breach{Detail: "no such operation"}
	})
}
