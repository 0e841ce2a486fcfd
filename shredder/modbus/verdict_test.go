package modbus_test

import (
	"errors"
	"testing"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
	"sexton/shredder/modbus"
)

// The whole table of firmware-iface/SPEC.md, section 8, for each kind of command.
func TestVerdict(t *testing.T) {
	const boot, seq, nonce, notAfter = 7, 10, 99, 5000
	for _, c := range []struct {
		name            string
		boot            uint32
		entrySeq, nonce uint32
		result          firmware.Result
		last            uint32
		uptime          uint64
		outcome         shredder.Outcome
		why             shredder.Result
		err             error
		undecided       bool
	}{
		{"accepted", boot, seq, nonce, firmware.ResultAccepted, seq, 100, shredder.Accepted, 0, nil, false},
		{"accepted, later commands of other kinds", boot, seq, nonce, firmware.ResultAccepted, seq + 3, 100, shredder.Accepted, 0, nil, false},
		{"late", boot, seq, nonce, firmware.ResultLate, seq, 6000, shredder.Refused, shredder.ResultLate, nil, false},
		{"not ready", boot, seq, nonce, firmware.ResultNotReady, seq, 100, shredder.Refused, shredder.ResultNotReady, nil, false},
		{"restarted", boot + 1, seq, nonce, firmware.ResultAccepted, seq, 100, shredder.Unknown, 0, shredder.ErrUnresolvable, false},
		{"another's record under our number", boot, seq, nonce + 1, firmware.ResultAccepted, seq, 100, shredder.Refused, shredder.ResultSuperseded, nil, false},
		{"overwritten by a later one of the kind", boot, seq + 1, 1, firmware.ResultAccepted, seq + 1, 100, shredder.Unknown, 0, shredder.ErrUnresolvable, false},
		{"overtaken by another kind", boot, seq - 5, 1, firmware.ResultAccepted, seq + 1, 100, shredder.Refused, shredder.ResultSuperseded, nil, false},
		{"our number used by another kind", boot, seq - 5, 1, firmware.ResultAccepted, seq, 100, shredder.Refused, shredder.ResultSuperseded, nil, false},
		{"never arrived, too late now", boot, seq - 5, 1, firmware.ResultAccepted, seq - 1, notAfter + 1, shredder.Refused, shredder.ResultLate, nil, false},
		{"under way, last moment", boot, seq - 5, 1, firmware.ResultAccepted, seq - 1, notAfter, shredder.Unknown, 0, shredder.ErrOutcome, true},
		{"under way, nothing taken yet", boot, 0, 0, firmware.ResultNone, 0, 100, shredder.Unknown, 0, shredder.ErrOutcome, true},
		{"entry without a result", boot, seq, nonce, firmware.ResultNone, seq, 100, shredder.Refused, shredder.ResultSuperseded, nil, false},
	} {
		for _, kind := range []firmware.Command{firmware.CommandOffer, firmware.CommandRelease, firmware.CommandWithdraw} {
			e := firmware.Echo{BootID: c.boot, LastSequence: c.last, UptimeMS: c.uptime}
			switch kind {
			case firmware.CommandOffer:
				e.OfferSequence, e.OfferNonce, e.OfferResult = c.entrySeq, c.nonce, c.result
			case firmware.CommandRelease:
				e.ReleaseSequence, e.ReleaseNonce, e.ReleaseResult = c.entrySeq, c.nonce, c.result
			case firmware.CommandWithdraw:
				e.WithdrawSequence, e.WithdrawNonce, e.WithdrawResult = c.entrySeq, c.nonce, c.result
			}
			r := firmware.CommandRecord{Command: kind, BootID: boot, Sequence: seq, Nonce: nonce, NotAfterMS: notAfter}
			o, err, done := modbus.Verdict(&e, &r)
			var why *shredder.RefusedError
			switch {
			case o != c.outcome || done == c.undecided:
				t.Errorf("%s, %v: %v (%v), done %v", c.name, kind, o, err, done)
			case c.err != nil && !errors.Is(err, c.err):
				t.Errorf("%s, %v: %v, want %v", c.name, kind, err, c.err)
			case o == shredder.Refused && (!errors.As(err, &why) || why.Result != c.why):
				t.Errorf("%s, %v: %v, want %v", c.name, kind, err, c.why)
			}
		}
	}
}

// The contract's codes are those of the map: the driver converts by number.
func TestCodesAgreeWithTheMap(t *testing.T) {
	for code, state := range map[firmware.State]shredder.State{firmware.StateUnknown: shredder.StateUnknown, firmware.StateNotReady: shredder.NotReady,
		firmware.StateReady: shredder.Ready, firmware.StateOffered: shredder.Offered, firmware.StateReleased: shredder.Released, firmware.StateStarting: shredder.Starting,
		firmware.StateRunning: shredder.Running, firmware.StateReversing: shredder.Reversing, firmware.StateRunDown: shredder.RunDown, firmware.StateEnded: shredder.Ended,
		firmware.StateFaulted: shredder.Faulted} {
		if int(code) != int(state) {
			t.Errorf("state %v is %d here, %d in the map", state, state, code)
		}
	}
	for i, r := range []firmware.Result{firmware.ResultNone, firmware.ResultAccepted, firmware.ResultLate, firmware.ResultNotReady, firmware.ResultWrongState,
		firmware.ResultWrongToken, firmware.ResultTokenUsed, firmware.ResultBadWindow, firmware.ResultBadJob} {
		if int(r) != i || shredder.Result(i) != []shredder.Result{shredder.ResultNone, shredder.ResultAccepted, shredder.ResultLate, shredder.ResultNotReady,
			shredder.ResultWrongState, shredder.ResultWrongToken, shredder.ResultTokenUsed, shredder.ResultBadWindow, shredder.ResultBadJob}[i] {
			t.Errorf("result %v", r)
		}
	}
	if firmware.Result(9).Valid() || firmware.Material(8).Valid() || firmware.State(11).Valid() {
		t.Error("the map has codes this test does not know")
	}
	reasons := map[firmware.Reasons]shredder.Reasons{firmware.ReasonsLocal: shredder.Local, firmware.ReasonsEStop: shredder.EStop, firmware.ReasonsGuardOpen: shredder.GuardOpen,
		firmware.ReasonsBinFull: shredder.BinFull, firmware.ReasonsBinMissing: shredder.BinMissing, firmware.ReasonsOverload: shredder.Overload, firmware.ReasonsThermal: shredder.Thermal,
		firmware.ReasonsJam: shredder.Jam, firmware.ReasonsPhaseFault: shredder.PhaseFault, firmware.ReasonsServiceDue: shredder.ServiceDue, firmware.ReasonsNoPermission: shredder.NoPermission,
		firmware.ReasonsFeedBlocked: shredder.FeedBlocked, firmware.ReasonsScaleFault: shredder.ScaleFault, firmware.ReasonsSensorFault: shredder.SensorFault,
		firmware.ReasonsKnifeWorn: shredder.KnifeWorn, firmware.ReasonsPowerReturned: shredder.PowerReturned, firmware.ReasonsBusy: shredder.Busy,
		firmware.ReasonsExpired: shredder.Expired, firmware.ReasonsInternal: shredder.Internal}
	var all firmware.Reasons
	for code, reason := range reasons {
		all |= code
		if uint32(code) != uint32(reason) {
			t.Errorf("reason %v is %x here, %x in the map", reason, uint32(reason), uint32(code))
		}
	}
	if all != firmware.ReasonsAll || uint32(all) != uint32(shredder.AllReasons) {
		t.Error("the map has reasons the contract lacks")
	}
	caps := map[firmware.Caps]shredder.Capability{firmware.CapsFeedCount: shredder.CapFeedCount, firmware.CapsEnergy: shredder.CapEnergy, firmware.CapsCurrent: shredder.CapCurrent,
		firmware.CapsInletScale: shredder.CapInletScale, firmware.CapsBinScale: shredder.CapBinScale, firmware.CapsGuardCounter: shredder.CapGuardCounter,
		firmware.CapsAutoReverse: shredder.CapAutoReverse, firmware.CapsBinSensor: shredder.CapBinSensor, firmware.CapsSelector: shredder.CapSelector,
		firmware.CapsFeedGate: shredder.CapFeedGate, firmware.CapsCountersKept: shredder.CapCountersKept}
	var allCaps firmware.Caps
	for code, c := range caps {
		allCaps |= code
		if uint32(code) != uint32(c) {
			t.Errorf("capability %v", c)
		}
	}
	if allCaps != firmware.CapsAll {
		t.Error("the map has capabilities the contract lacks")
	}
	for code, m := range map[firmware.Material]shredder.Material{firmware.MaterialPaper: shredder.MaterialPaper, firmware.MaterialFilm: shredder.MaterialFilm,
		firmware.MaterialOptical: shredder.MaterialOptical, firmware.MaterialTape: shredder.MaterialTape, firmware.MaterialHardDisk: shredder.MaterialHardDisk,
		firmware.MaterialFlash: shredder.MaterialFlash, firmware.MaterialMixed: shredder.MaterialMixed, firmware.MaterialUnspecified: shredder.MaterialUnspecified} {
		if uint16(code) != uint16(m) {
			t.Errorf("material %v", m)
		}
	}
}
