package modbus_test

import (
	"math/rand/v2"
	"sync"
	"time"

	firmware "sexton/firmware-iface"
)

// device is a machine of the profile without physics: what is started runs, what is fed counts and costs 5000 J.
// Its intake follows firmware-iface/SPEC.md, section 7, rule by rule, and is written without the driver's code.
type device struct {
	mu      sync.Mutex
	born    time.Time
	identy  firmware.IdentityBlock
	snap    firmware.SnapshotBlock
	echo    firmware.Echo
	used    [][16]byte
	items   uint32
	fed     uint32
	until   uint64 // end of the permission in uptime ms, 0 = none
	frozen  bool   // the controller's application is dead, the registers stay
	stuck   bool   // the picture is not renewed, though its uptime runs
	stopped uint64 // the uptime stands at this value, 0 = it runs
	skew    int64  // added to the uptime, ms
	local   bool
	eStop   bool
	guard   bool
	latched bool // Faulted
	powered bool // reset since the start

	releases, starts int
	taken            []firmware.CommandRecord
}

func newDevice() *device {
	d := &device{born: time.Now().Add(-time.Hour), powered: true}
	d.identy = firmware.IdentityBlock{BootID: 1 + rand.Uint32N(1<<31), Caps: firmware.CapsAll, RatedW: 2200, RatedMA: 5000, MaxWindowMS: 600_000,
		RunDownMS: 4000, Levels: 0x543210, Manufacturer: "Bench", Model: "碎纸机 X1", Serial: "SN-0001", ProgramVersion: "1.0"}
	d.snap = firmware.SnapshotBlock{Feed: 100, EnergyJ: 1e6, Cycles: 50, GuardOpenings: 3}
	return d
}

func (d *device) uptime() uint64 {
	if d.stopped != 0 {
		return d.stopped
	}
	return uint64(time.Since(d.born).Milliseconds() + d.skew)
}

// step brings state and permission up to now. d.mu is held.
func (d *device) step() {
	if d.frozen {
		return
	}
	var forbid firmware.Reasons
	for _, r := range []struct {
		on  bool
		bit firmware.Reasons
	}{{d.local, firmware.ReasonsLocal}, {d.eStop || d.latched, firmware.ReasonsEStop}, {d.guard, firmware.ReasonsGuardOpen}, {!d.powered, firmware.ReasonsPowerReturned}} {
		if r.on {
			forbid |= r.bit
		}
	}
	inform := d.snap.Reasons & firmware.ReasonsExpired
	if d.until > 0 && d.uptime() >= d.until {
		inform |= firmware.ReasonsExpired
		d.endPermission()
	}
	if d.until > 0 && forbid != 0 {
		d.endPermission()
	}
	d.snap.Reasons = forbid | inform
	switch s := d.snap.State; {
	case d.latched:
		d.snap.State = firmware.StateFaulted
	case s == firmware.StateRunning && d.until == 0:
		d.snap.State = firmware.StateEnded
	case s == firmware.StateUnknown, s == firmware.StateReady, s == firmware.StateNotReady:
		d.snap.State = firmware.StateReady
		if forbid != 0 {
			d.snap.State = firmware.StateNotReady
		}
	}
	if !d.stuck {
		d.snap.Sequence++
	}
	d.snap.BootID, d.snap.UptimeMS = d.identy.BootID, d.uptime()
	d.snap.PermissionLeftMS = 0
	if d.until > 0 {
		d.snap.PermissionLeftMS = uint32(d.until - d.uptime())
	}
	d.snap.Flags = firmware.FlagsStandstill
	if !d.local {
		d.snap.Flags |= firmware.FlagsRemote
	}
	d.echo.BootID, d.echo.UptimeMS, d.echo.ActiveToken = d.identy.BootID, d.uptime(), d.snap.ActiveToken
	d.snap.EchoSequence, d.snap.EchoResult = d.echo.LastSequence, d.echo.LastResult
}

// endPermission ends the permission and the job. d.mu is held.
func (d *device) endPermission() {
	d.until = 0
	if d.snap.State != firmware.StateFaulted {
		d.snap.State = firmware.StateEnded
	}
}

// read serves function 03. code is an exception or 0.
func (d *device) read(role string, addr, n uint16) (words []uint16, code byte) {
	if role != "operator" && role != "viewer" {
		return nil, 1
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.step()
	for _, b := range []struct {
		addr  uint16
		words []uint16
	}{{firmware.AddrIdentity, d.identy.Encode()}, {firmware.AddrSnapshot, d.snap.Encode()}, {firmware.AddrEcho, d.echo.Encode()}} {
		if addr >= b.addr && int(addr)+int(n) <= int(b.addr)+len(b.words) {
			return b.words[addr-b.addr : addr-b.addr+n], 0
		}
	}
	return nil, 2
}

// write serves function 16 as SPEC.md, section 7, numbers its rules.
func (d *device) write(role string, addr uint16, words []uint16) (code byte) {
	if role != "operator" {
		return 1 // 1
	}
	if addr != firmware.AddrCommand || len(words) != firmware.LenCommand {
		return 2 // 2
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.step()
	var r firmware.CommandRecord
	if r.Decode(words) != nil || r.Command == firmware.CommandNone || r.Sequence == 0 || r.BootID != d.identy.BootID {
		return 3 // 3
	}
	if n := len(d.taken); n > 0 && d.taken[n-1].Sequence == r.Sequence && d.taken[n-1].Nonce == r.Nonce {
		return 0 // 4
	}
	if r.Sequence <= d.echo.LastSequence {
		return 3 // 5
	}
	d.taken = append(d.taken, r)
	result := d.decide(r)
	reasons := d.snap.Reasons
	if result == firmware.ResultWrongState {
		reasons |= firmware.ReasonsBusy
	}
	d.echo.LastSequence, d.echo.LastCommand, d.echo.LastResult = r.Sequence, r.Command, result
	switch r.Command {
	case firmware.CommandOffer:
		d.echo.OfferSequence, d.echo.OfferNonce, d.echo.OfferResult, d.echo.OfferReasons = r.Sequence, r.Nonce, result, reasons
	case firmware.CommandRelease:
		d.echo.ReleaseSequence, d.echo.ReleaseNonce, d.echo.ReleaseResult, d.echo.ReleaseReasons = r.Sequence, r.Nonce, result, reasons
	case firmware.CommandWithdraw:
		d.echo.WithdrawSequence, d.echo.WithdrawNonce, d.echo.WithdrawResult, d.echo.WithdrawReasons = r.Sequence, r.Nonce, result, reasons
	}
	d.step()
	return 0
}

func (d *device) decide(r firmware.CommandRecord) firmware.Result {
	if r.Command != firmware.CommandWithdraw {
		if d.uptime() > r.NotAfterMS {
			return firmware.ResultLate // 6
		}
		if r.NotAfterMS > d.uptime()+10_000 {
			return firmware.ResultBadWindow // 7
		}
	}
	zero := r.Token == [16]byte{}
	forbidden := d.snap.Reasons&^(firmware.ReasonsExpired|firmware.ReasonsNoPermission) != 0
	state := d.snap.State
	switch r.Command {
	case firmware.CommandOffer:
		switch {
		case forbidden || state == firmware.StateNotReady || state == firmware.StateFaulted:
			return firmware.ResultNotReady
		case state != firmware.StateReady && state != firmware.StateEnded:
			return firmware.ResultWrongState
		case zero:
			return firmware.ResultWrongToken
		case r.Items == 0 || r.Items > 1000:
			return firmware.ResultBadJob
		}
		for _, t := range d.used {
			if t == r.Token {
				return firmware.ResultTokenUsed
			}
		}
		d.used = append(d.used, r.Token)
		d.items, d.fed = r.Items, 0
		d.snap.ActiveToken, d.snap.State, d.snap.Reasons = r.Token, firmware.StateOffered, 0
	case firmware.CommandRelease:
		switch {
		case zero || r.Token != d.snap.ActiveToken:
			return firmware.ResultWrongToken
		case state != firmware.StateOffered:
			return firmware.ResultWrongState
		case forbidden:
			return firmware.ResultNotReady
		case r.PermitUntilMS <= d.uptime() || r.PermitUntilMS > d.uptime()+uint64(d.identy.MaxWindowMS):
			return firmware.ResultBadWindow
		}
		d.until, d.snap.State = r.PermitUntilMS, firmware.StateReleased
		d.releases++
	case firmware.CommandWithdraw:
		if (zero || r.Token == d.snap.ActiveToken) && d.snap.ActiveToken != [16]byte{} {
			if state == firmware.StateOffered {
				d.snap.State, d.snap.ActiveToken = firmware.StateUnknown, [16]byte{}
			} else if d.until > 0 {
				d.endPermission()
			}
		}
	}
	return firmware.ResultAccepted
}

// with changes the device under its lock and lets it notice.
func (d *device) with(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.step()
	f()
	d.step()
}

func (d *device) reboot() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.identy.BootID++
	d.born, d.until, d.powered, d.latched = time.Now(), 0, false, false
	d.echo, d.taken = firmware.Echo{}, nil
	d.snap.State, d.snap.ActiveToken, d.snap.Sequence = firmware.StateUnknown, [16]byte{}, 0
}

func (d *device) counts() (releases, starts, taken int, permitted bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.step()
	return d.releases, d.starts, len(d.taken), d.until > 0
}
