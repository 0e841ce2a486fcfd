package shredder

// Compare says what happened between two pictures of one machine. It is pure. before with a zero ReadAt is no picture.
//
// ForeignMaster and LinkBack are not decided here: only a driver knows what it sent and when the link was down.
func Compare(before, after Snapshot) Changes {
	if before.ReadAt.IsZero() {
		return First
	}
	var c Changes
	set := func(yes bool, bit Changes) {
		if yes {
			c |= bit
		}
	}
	set(before.State != after.State, StateChanged)
	set(before.Reasons != after.Reasons, ReasonsChanged)
	set(after.Feed > before.Feed, FeedCounted)
	set(after.Reverses > before.Reverses, ReverseCounted)
	set(after.Jams > before.Jams, JamCounted)
	set(after.GuardOpenings > before.GuardOpenings, GuardOpened)
	set(before.ActiveToken != after.ActiveToken, JobChanged)
	set(before.PermissionLeft > 0 && after.PermissionLeft == 0, PermissionEnded)
	if before.BootID != after.BootID {
		return c | Rebooted
	}
	set(len(fallen(before, after)) > 0, Backwards)
	return c
}

// Fallen names the values that went backwards within one start of the machine, which no honest machine shows.
// After a restart only machines with CapCountersKept promise anything; a caller that compares across one passes the same BootID.
func Fallen(before, after Snapshot) []string {
	if before.BootID != after.BootID {
		return nil
	}
	return fallen(before, after)
}

func fallen(b, a Snapshot) []string {
	var out []string
	for _, v := range []struct {
		name string
		fell bool
	}{
		{"uptime", a.Uptime < b.Uptime},
		{"sequence", a.Sequence < b.Sequence},
		{"feed", a.Feed < b.Feed},
		{"energy", a.EnergyJ < b.EnergyJ},
		{"reverses", a.Reverses < b.Reverses},
		{"jams", a.Jams < b.Jams},
		{"cycles", a.Cycles < b.Cycles},
		{"guard openings", a.GuardOpenings < b.GuardOpenings},
		{"echo", a.EchoSeq < b.EchoSeq},
	} {
		if v.fell {
			out = append(out, v.name)
		}
	}
	return out
}
