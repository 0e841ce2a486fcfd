package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestBenchClockMovesForwardOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "clock")
	say := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := stationClock(Config{Bench: true, BenchClock: path}); err == nil {
		t.Error("a clock without its file was taken")
	}
	say("last Tuesday")
	if _, err := stationClock(Config{Bench: true, BenchClock: path}); err == nil {
		t.Error("a clock without a time was taken")
	}
	say("2026-01-05T00:30:00Z\n")
	clock, err := stationClock(Config{Bench: true, BenchClock: path})
	if err != nil {
		t.Fatal(err)
	}
	if clock.Source != "bench" {
		t.Errorf("source %q", clock.Source)
	}
	last := clock.Now()
	for _, step := range []struct {
		text string
		day  string
	}{
		{"2026-01-05T00:30:00Z", "2026-01-05"},
		{"2027-03-31T01:00:00Z", "2027-03-31"},
		{"2026-02-01T01:00:00Z", "2027-03-31"}, // earlier
		{"tomorrow", "2027-03-31"},
		{"2027-04-01T01:00:00Z", "2027-04-01"},
	} {
		say(step.text)
		now := clock.Now()
		if now.Before(last) {
			t.Errorf("%s: the clock went back from %s to %s", step.text, last, now)
		}
		if got := now.UTC().Format(time.DateOnly); got != step.day {
			t.Errorf("%s: it is %s, want %s", step.text, got, step.day)
		}
		last = now
	}
}

func TestHostClockWithoutBench(t *testing.T) {
	clock, err := stationClock(Config{})
	if err != nil || clock.Source != "system" {
		t.Errorf("%q, %v", clock.Source, err)
	}
}
