package worker

import (
	"context"

	"sexton/usbctl"
	"sexton/usbctl/wire"
)

// ServeBlocks is blk without a broker.
func ServeBlocks(ctx context.Context, pipe usbctl.Pipe, mode usbctl.Mode, peer wire.Stream) error {
	s, err := newSession(pipe, mode, 0, nil)
	if err != nil {
		return err
	}
	return s.serve(ctx, peer)
}
