package modbus

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	firmware "sexton/firmware-iface"
	"sexton/shredder"
)

func identityOf(b *firmware.IdentityBlock, peer string) shredder.Identity {
	level := func(i int) uint8 { return uint8(b.Levels>>(4*i)) & 15 }
	return shredder.Identity{
		Manufacturer: b.Manufacturer, Model: b.Model, Serial: b.Serial,
		ProgramVersion: b.ProgramVersion, ProgramSum: hex.EncodeToString(b.ProgramSum[:]),
		MapHash: firmware.MapHash, BootID: b.BootID, Peer: peer, Caps: capsOf(b.Caps),
		RatedW: float64(b.RatedW), RatedMA: b.RatedMA,
		MaxWindow: millis(uint64(b.MaxWindowMS)), RunDown: millis(uint64(b.RunDownMS)),
		Levels: shredder.Levels{P: level(0), F: level(1), O: level(2), T: level(3), H: level(4), E: level(5)},
	}
}

func snapshotOf(b *firmware.SnapshotBlock, sent time.Time) shredder.Snapshot {
	return shredder.Snapshot{
		Sequence: b.Sequence, BootID: b.BootID, Uptime: millis(b.UptimeMS),
		State: stateOf(b.State), Reasons: reasonsOf(b.Reasons),
		Feed: b.Feed, EnergyJ: b.EnergyJ, MotorMA: b.MotorMA, PeakMA: b.PeakMA,
		Reverses: b.Reverses, Jams: b.Jams, Cycles: b.Cycles,
		InletMG: b.InletMG, BinG: b.BinG,
		InletStable: b.Flags&firmware.FlagsInletStable != 0, BinStable: b.Flags&firmware.FlagsBinStable != 0,
		Standstill: b.Flags&firmware.FlagsStandstill != 0, Remote: b.Flags&firmware.FlagsRemote != 0,
		GuardOpenings: b.GuardOpenings, ActiveToken: b.ActiveToken, PermissionLeft: millis(uint64(b.PermissionLeftMS)),
		EchoSeq: b.EchoSequence, EchoResult: resultOf(b.EchoResult), ReadAt: sent,
	}
}

// millis saturates at the largest duration: 292 years of uptime.
func millis(ms uint64) time.Duration {
	if ms > uint64(1<<63-1)/uint64(time.Millisecond) {
		return 1<<63 - 1
	}
	return time.Duration(ms) * time.Millisecond
}

// The contract keeps its own codes so that it depends on no register map. They are numbered alike on purpose, which a test holds
// to; what the map does not name the codec has refused already.
func stateOf(s firmware.State) shredder.State          { return shredder.State(s) }
func reasonsOf(r firmware.Reasons) shredder.Reasons    { return shredder.Reasons(r) }
func capsOf(c firmware.Caps) shredder.Capability       { return shredder.Capability(c) }
func resultOf(r firmware.Result) shredder.Result       { return shredder.Result(r) }
func materialOf(m shredder.Material) firmware.Material { return firmware.Material(m) }

var commandNames = map[firmware.Command]string{firmware.CommandOffer: "offer", firmware.CommandRelease: "release", firmware.CommandWithdraw: "withdraw"}

// blockError says whether a block that cannot be decoded is another machine's or a fault on the way.
func blockError(err error) error {
	if errors.Is(err, firmware.ErrMagic) || errors.Is(err, firmware.ErrMapHash) {
		return fmt.Errorf("%w: %w", shredder.ErrIdentity, err)
	}
	return fmt.Errorf("%w: %w", shredder.ErrLink, err)
}
