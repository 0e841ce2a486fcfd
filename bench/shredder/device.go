package shredder

import (
	"time"

	"sexton/bench/shredder/server"
	fw "sexton/firmware-iface"
)

// renewal is how often the snapshot is renewed at least (SPEC.md section 5).
const renewal = 100 * time.Millisecond

// device serves the registers.
type device struct{ b *Bench }

// Read implements server.Device: any part of one block.
func (d device) Read(addr, n uint16) ([]uint16, server.Exception) {
	b := d.b
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.advance(now)
	part := func(start uint16, words []uint16) ([]uint16, server.Exception) {
		at := int(addr) - int(start)
		if at+int(n) > len(words) {
			return nil, server.IllegalAddress
		}
		return words[at : at+int(n)], server.None
	}
	switch {
	case addr < fw.AddrIdentity+fw.LenIdentity:
		id := b.m.Identity()
		return part(fw.AddrIdentity, id.Encode())
	case addr >= fw.AddrSnapshot && addr < fw.AddrSnapshot+fw.LenSnapshot:
		return part(fw.AddrSnapshot, b.picture(now, addr == fw.AddrSnapshot))
	case addr >= fw.AddrEcho && addr < fw.AddrEcho+fw.LenEcho:
		echo := b.m.Echo(b.uptime(now))
		return part(fw.AddrEcho, echo.Encode())
	}
	return nil, server.IllegalAddress
}

// picture returns the snapshot: a new one for whoever reads from the start of the block, the last one for whoever reads on.
func (b *Bench) picture(now time.Time, fresh bool) []uint16 {
	if fresh || b.cache == nil || now.Sub(b.cached) >= renewal {
		s := b.m.Snapshot(b.uptime(now))
		b.before, b.cache, b.cached = b.cache, s.Encode(), now
		if b.before == nil {
			b.before = make([]uint16, fw.LenSnapshot)
		}
	}
	if b.torn == 0 || !fresh {
		return b.cache
	}
	b.torn--
	mixed := append([]uint16(nil), b.before[:fw.LenSnapshot/2]...)
	return append(mixed, b.cache[fw.LenSnapshot/2:]...)
}

// Write implements server.Device: exactly the command record.
func (d device) Write(addr uint16, words []uint16) server.Exception {
	if addr != fw.AddrCommand || len(words) != fw.LenCommand {
		return server.IllegalAddress
	}
	var rec fw.CommandRecord
	if err := rec.Decode(words); err != nil {
		return server.IllegalValue
	}
	b := d.b
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.advance(now)
	if err := b.m.Take(rec, b.uptime(now)); err != nil {
		return server.IllegalValue
	}
	b.cache = nil // no block may show the echo without its effect
	return server.None
}
