package worker

import (
	"context"
	"net"

	"sexton/usbctl"
	"sexton/usbctl/wire"
)

// Memory starts workers as goroutines: the same code and the same protocol, without
// processes and without a sandbox. For benches and tests.
type Memory struct{}

// Start implements Starter.
func (Memory) Start(ctx context.Context) (blk, fs Hand, err error) {
	ctx, cancel := context.WithCancel(ctx)
	mine, theirs := net.Pipe()
	handed := make(chan Endpoint, 1)
	b := goHand(cancel, handed, func(control *Control) error {
		defer mine.Close()
		return RunBlk(ctx, control, mine, Sealed{}, func(_ Device, c *Control) (usbctl.Pipe, error) {
			return &brokered{Pipe: (<-handed).Pipe, control: c}, nil
		})
	})
	f := goHand(cancel, nil, func(control *Control) error {
		defer theirs.Close()
		return RunFs(ctx, control, theirs, Sealed{})
	})
	return b, f, nil
}

// brokered is a Pipe whose control requests the broker makes.
type brokered struct {
	usbctl.Pipe
	control *Control
}

func (b *brokered) Reset(ctx context.Context) error         { return b.control.Reset(ctx) }
func (b *brokered) MaxLUN(ctx context.Context) (int, error) { return b.control.MaxLUN(ctx) }
func (b *brokered) PortReset(ctx context.Context) error     { return b.control.PortReset(ctx) }

// Close leaves the device to its owner.
func (b *brokered) Close() error { return nil }

// goroutine is a Hand on one.
type goroutine struct {
	wire.Stream
	cancel context.CancelFunc
	handed chan<- Endpoint
	end    chan error
}

func goHand(cancel context.CancelFunc, handed chan<- Endpoint, run func(*Control) error) Hand {
	mine, theirs := net.Pipe()
	g := &goroutine{Stream: mine, cancel: cancel, handed: handed, end: make(chan error, 1)}
	go func() {
		defer theirs.Close()
		g.end <- run(NewControl(theirs))
	}()
	return g
}

// Give implements Hand.
func (g *goroutine) Give(e Endpoint) error {
	g.handed <- e
	return nil
}

// Wait implements Hand.
func (g *goroutine) Wait() error { return <-g.end }

// Kill implements Hand.
func (g *goroutine) Kill() { g.cancel() }
