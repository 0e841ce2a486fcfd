//go:build !cgo

package pcsc

import (
	"context"
	"errors"
	"time"

	"sexton/token"
	"sexton/token/card"
)

// Connector reaches nothing in a program built without cgo.
type Connector struct{}

// New returns a connector that has no service.
func New() *Connector { return &Connector{} }

func absent() error {
	return &token.Error{Kind: token.Daemon, Err: errors.New("this program was built without PC/SC (CGO_ENABLED=0)")}
}

// Close does nothing.
func (*Connector) Close() error { return nil }

// Readers fails with kind Daemon.
func (*Connector) Readers(context.Context) ([]card.Slot, error) { return nil, absent() }

// Connect fails with kind Daemon.
func (*Connector) Connect(context.Context, string) (card.Link, error) { return nil, absent() }

// Watch reports DaemonLost and waits for the end of ctx.
func (*Connector) Watch(ctx context.Context) <-chan token.Event {
	out := make(chan token.Event)
	go func() {
		defer close(out)
		select {
		case out <- token.Event{Kind: token.DaemonLost, At: time.Now()}:
			<-ctx.Done()
		case <-ctx.Done():
		}
	}()
	return out
}
