package shredder

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sexton/bench/shredder/physics"
	"sexton/bench/shredder/program"
)

// Hands of this bench.
func (b *Bench) Hands() *Hands {
	return &Hands{do: func(_ context.Context, r Request) (Response, error) {
		resp, err := b.act(r)
		if err != nil {
			resp.Error = err.Error()
			resp.Wait = errors.Is(err, program.ErrTurns) || errors.Is(err, physics.ErrTurning)
		}
		return resp, nil
	}}
}

// act does one request and lets the control program see it before it returns.
func (b *Bench) act(r Request) (Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.advance(now)
	b.m.Expire(b.uptime(now))
	switch r.Op {
	case opTruth:
		return Response{Truth: b.truth(r.Since, now)}, nil
	case opFate:
		for _, rec := range b.m.Plant().Records() {
			if rec.ID == r.ID {
				return Response{Record: &rec}, nil
			}
		}
		return Response{}, fmt.Errorf("cannot find item %d", r.ID)
	case opFeed:
		id, err := b.feed(r.Item)
		return Response{ID: id}, err
	case opTakeBack:
		return Response{Count: b.m.Plant().TakeBack()}, nil
	}
	if err := b.touch(r, now); err != nil {
		return Response{}, err
	}
	b.step(now) // the sensors see it
	b.step(now) // the control program acts on it
	b.cache = nil
	return Response{}, nil
}

// touch does what a hand can do to the machine.
func (b *Bench) touch(r Request, now time.Time) error {
	switch r.Op {
	case opGuard:
		if !r.Open {
			b.m.CloseGuard()
			return nil
		}
		return b.m.OpenGuard(r.Force)
	case opEStop:
		b.m.SetEStop(r.Press)
	case opKey:
		b.m.SetKey(!r.Local)
	case opBin:
		return b.bin(r.Do)
	case opReset:
		return b.m.Reset()
	case opStart:
		return b.m.PressStart()
	case opClear:
		return b.m.Plant().Loosen(r.Take)
	case opKnives:
		b.m.Plant().SetDull(r.Rate)
	case opPhases:
		b.m.Plant().SetPhases(r.On)
	default:
		return b.meddle(r, now)
	}
	return nil
}

// meddle does what a hand should not: supply, link, faults.
func (b *Bench) meddle(r Request, now time.Time) error {
	switch r.Op {
	case opPower:
		if r.On && !b.m.On() {
			b.powerOn(now)
		} else if !r.On && b.m.On() {
			b.powerOff()
		}
	case opReboot:
		b.play(Fault{Do: FaultReboot}, now)
	case opHang:
		if r.On {
			b.hang(time.Time{})
		} else {
			b.resume()
		}
	case opCut:
		b.srv.Cut()
	case opFault:
		if r.Fault == nil {
			return fmt.Errorf("cannot add a fault: none given")
		}
		if err := r.Fault.Check(); err != nil {
			return err
		}
		if len(b.plan) >= maxFaults {
			return fmt.Errorf("cannot add a fault: the plan is full")
		}
		b.plan = append(b.plan, *r.Fault)
		b.due(now)
	default:
		return fmt.Errorf("cannot do %q: no such act", r.Op)
	}
	return nil
}

func (b *Bench) bin(do string) error {
	switch do {
	case "empty":
		b.m.Plant().EmptyBin()
	case "remove":
		b.m.Plant().RemoveBin()
	case "insert":
		b.m.Plant().InsertBin()
	default:
		return fmt.Errorf("cannot do %q with the bin", do)
	}
	return nil
}

// feed lays an item down, struck by whatever the plan has for it.
func (b *Bench) feed(it *Item) (physics.ItemID, error) {
	if it == nil {
		return 0, fmt.Errorf("cannot feed: no item given")
	}
	mass, err := physics.MassOf(it.Kind, it.Pages, it.MassMG)
	if err != nil {
		return 0, err
	}
	p := physics.Item{Kind: it.Kind, MassMG: mass}
	for _, f := range it.Flags {
		switch f {
		case Phantom:
			p.Phantom = true
		case Double:
			p.Double = true
		case Silent:
			p.Silent = true
		default:
			return 0, fmt.Errorf("cannot feed: no flag %q", f)
		}
	}
	next := int(b.m.Plant().Next())
	for _, f := range b.plan {
		if f.Item == next {
			f.strike(&p)
		}
	}
	id, err := b.m.Plant().Place(p)
	if err != nil {
		return 0, err
	}
	rest := b.plan[:0]
	for _, f := range b.plan {
		if !(f.Item == next && faultKinds[f.Do].physical) {
			rest = append(rest, f)
		}
	}
	b.plan = rest
	return id, nil
}

// shown is how many records one truth holds at most.
const shown = 512

func (b *Bench) truth(since physics.ItemID, now time.Time) *Truth {
	t := &Truth{
		Addr: b.addr, Serial: b.cfg.Serial, BootID: b.m.BootID(), UptimeMS: b.uptime(now), State: b.m.State().String(),
		Reasons: b.m.Reasons().String(), Tally: b.m.Tally(), Balance: b.m.Plant().Balance(), Faults: len(b.plan),
		Records: []physics.Record{},
	}
	for _, rec := range b.m.Plant().Records() {
		if rec.ID >= since && len(t.Records) < shown {
			t.Records = append(t.Records, rec)
		}
	}
	return t
}
