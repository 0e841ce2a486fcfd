package usb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"sexton/usbctl/broker"
	"sexton/usbctl/line"
	"sexton/usbctl/rules"
	"sexton/usbctl/watch"
	"sexton/usbctl/worker"
)

// Bench is a virtual hub with a broker on a socket, as sexton-usbd offers it.
type Bench struct {
	*Hub
	Broker *broker.Broker

	listener net.Listener
	cancel   context.CancelFunc
	work     sync.WaitGroup
}

// Start serves a hub on a local socket at path.
func Start(hub *Hub, path string) (*Bench, error) {
	set, err := rules.Default()
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot offer virtual USB: %w", err)
	}
	log := line.NewLog(time.Now)
	ctx, cancel := context.WithCancel(context.Background())
	b := &Bench{Hub: hub, listener: l, cancel: cancel,
		Broker: broker.New(broker.Options{Bus: hub, Starter: worker.Memory{}, Rules: set, Tell: log.Add, Lenient: true})}
	server := &line.Server{Broker: b.Broker, Log: log, Hello: line.Hello{Boot: rand.Text(), Bench: true}}
	b.work.Go(func() { hub.run(ctx, b.Broker) })
	b.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.work.Go(func() { _ = server.Serve(ctx, c) }) // how a station left is no matter of the bench
		}
	})
	return b, nil
}

// run tells the broker what is plugged in and out.
func (h *Hub) run(ctx context.Context, b *broker.Broker) {
	var s watch.State
	for {
		for _, e := range s.Update(time.Now(), h.Instances()) {
			if e.Kind == watch.Gone {
				b.Gone(e.Name, e.Generation)
			} else {
				b.Arrived(ctx, e.Name, e.Generation, e.Storm)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-h.changed:
		}
	}
}

// Close ends everything, and waits for it.
func (b *Bench) Close() error {
	err := b.listener.Close()
	b.cancel()
	b.work.Wait()
	return errors.Join(err, b.Broker.Close())
}
