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
	"sexton/usbctl/media"
	"sexton/usbctl/model"
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

	mu   sync.Mutex // guards seen
	seen map[string]seen
	news *sync.Cond // of seen
}

// seen is what the broker was told is at a port.
type seen struct{ instance, generation uint64 }

// Insert plugs a device in and waits until the broker has judged it. It gives the
// generation by which the station names it.
func (b *Bench) Insert(port string, d *model.Device) media.At {
	instance := b.Hub.Insert(port, d)
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.seen[port].instance < instance {
		b.news.Wait()
	}
	return media.At{Port: port, Generation: b.seen[port].generation}
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
	b := &Bench{Hub: hub, listener: l, cancel: cancel, seen: map[string]seen{},
		Broker: broker.New(broker.Options{Bus: hub, Starter: worker.Memory{}, Rules: set, Tell: log.Add, Lenient: true})}
	b.news = sync.NewCond(&b.mu)
	server := &line.Server{Broker: b.Broker, Log: log, Hello: line.Hello{Boot: rand.Text(), Bench: true}}
	b.work.Go(func() { b.run(ctx) })
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
func (b *Bench) run(ctx context.Context) {
	var s watch.State
	for {
		found := b.Instances()
		for _, e := range s.Update(time.Now(), found) {
			if e.Kind == watch.Gone {
				b.Broker.Gone(e.Name, e.Generation)
				continue
			}
			b.Broker.Arrived(ctx, e.Name, e.Generation, e.Storm)
			b.mu.Lock()
			b.seen[e.Name] = seen{found[e.Name], e.Generation}
			b.mu.Unlock()
			b.news.Broadcast()
		}
		select {
		case <-ctx.Done():
			return
		case <-b.changed:
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
