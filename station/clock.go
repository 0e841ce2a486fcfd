package station

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"sexton/ledger/leaf"
)

// Clock tells the time that becomes evidence.
type Clock struct {
	Now    func() time.Time
	Mono   func() time.Duration // since the host's boot
	Boot   string               // random id of the host's boot
	Source string               // "system", "rtc", "imported"; "bench" at virtual stations only
}

// SystemClock is the clock of this Linux host.
func SystemClock() (Clock, error) {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Clock{}, fmt.Errorf("cannot read boot id of the host: %w", err)
	}
	up, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return Clock{}, fmt.Errorf("cannot read uptime of the host: %w", err)
	}
	first, _, _ := strings.Cut(string(up), " ")
	seconds, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return Clock{}, fmt.Errorf("cannot read uptime of the host: %w", err)
	}
	began := time.Now().Add(-time.Duration(seconds * float64(time.Second))) // keeps the monotonic reading
	return Clock{
		Now:    time.Now,
		Mono:   func() time.Duration { return time.Since(began) },
		Boot:   strings.TrimSpace(string(boot)),
		Source: "system",
	}, nil
}

// leaf is the clock as an event states it.
func (c Clock) leaf() leaf.Clock {
	return leaf.Clock{Source: c.Source, Boot: c.Boot, MonoMS: c.Mono().Milliseconds()}
}
