package year_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"sexton/bench/year"
)

func written(t *testing.T, c year.Config) []byte {
	t.Helper()
	l, err := year.New(c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := l.WriteEvents(&b, nil); err != nil {
		t.Fatal(err)
	}
	for list := range l.Lists(0) {
		if err := errors.Join(list.CSV(&b, "gb18030"), list.EPCIS(&b)); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(&b, l.World().People(), l.World().PlacesTable())
	return b.Bytes()
}

// TestSameBytes: the same config gives the same bytes, another seed others.
func TestSameBytes(t *testing.T) {
	c := year.Config{Carriers: 300, Seed: 42}
	first := written(t, c)
	if !bytes.Equal(first, written(t, c)) {
		t.Fatal("two runs differ")
	}
	c.Seed++
	if bytes.Equal(first, written(t, c)) {
		t.Fatal("the seed says nothing")
	}
}

// TestStop: a reader may stop anywhere, and begin again.
func TestStop(t *testing.T) {
	l, err := year.New(year.Config{Carriers: 100, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int64{1, 70, 500} {
		last := int64(0)
		for e := range l.Events() {
			if last = e.Seq; last == n {
				break
			}
		}
		if last != n {
			t.Fatalf("stopped at %d, wanted %d", last, n)
		}
	}
}

func TestBounds(t *testing.T) {
	for n, ok := range map[int]bool{year.Least - 1: false, year.Least: true, year.Most: true, year.Most + 1: false} {
		if _, err := year.New(year.Config{Carriers: n}); (err == nil) != ok {
			t.Errorf("%d carriers: %v", n, err)
		}
	}
}

// TestMillionInLittleMemory: the stream of a million carriers needs some tens of
// MB. What is live is measured after a collection, in the month in which most
// carriers wait.
func TestMillionInLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("ten seconds")
	}
	l, err := year.New(year.Config{Carriers: 1_000_000, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most, n := live(), uint64(0), 0
	for range l.Events() {
		if n++; n%500_000 == 0 {
			most = max(most, live())
		}
	}
	const bound = 100 << 20
	if most-before > bound {
		t.Errorf("%d MiB live", (most-before)>>20)
	}
	t.Logf("%d happenings, %d MiB live at most", n, (most-before)>>20)
	runtime.KeepAlive(l)
}

// BenchmarkEvents compares making a year with writing the bytes of it: how many
// times as long it takes to make them up as to throw them away one by one.
func BenchmarkEvents(b *testing.B) {
	l, err := year.New(year.Config{Carriers: 20_000, Seed: 7})
	if err != nil {
		b.Fatal(err)
	}
	var all bytes.Buffer
	if err := l.WriteEvents(&all, nil); err != nil {
		b.Fatal(err)
	}
	lines := bytes.SplitAfter(all.Bytes(), []byte("\n"))
	happenings := len(lines) - 1
	sink := bytes.NewBuffer(make([]byte, 0, 1<<16))
	var events, whole, discard time.Duration
	took := func(to *time.Duration, do func()) {
		began := time.Now()
		do()
		*to += time.Since(began)
	}
	n := 0
	for b.Loop() {
		n++
		took(&events, func() {
			for range l.Events() {
			}
		})
		took(&whole, func() { _ = l.WriteEvents(io.Discard, nil) })
		took(&discard, func() {
			for _, line := range lines { // as a writer of lines does: into a buffer, then away
				if sink.Len()+len(line) > 1<<16 {
					_, _ = sink.WriteTo(io.Discard)
				}
				sink.Write(line)
			}
		})
	}
	b.ReportMetric(float64(events)/float64(discard), "events/discard")
	b.ReportMetric(float64(whole)/float64(discard), "jsonl/discard")
	b.ReportMetric(float64(happenings*n)/events.Seconds(), "events/s")
	b.ReportMetric(0, "ns/op")
}
