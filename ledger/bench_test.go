package ledger_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"sexton/ledger"
)

// floor is what the medium allows: appends of 4 KB with fsync, in the same run and directory tree. It is measured in turns with
// the ledger, since a shared disk is not equally fast twice.
type floor struct {
	b    *testing.B
	f    *os.File
	n    int
	took time.Duration
}

func newFloor(b *testing.B) *floor {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = f.Close() })
	return &floor{b: b, f: f}
}

// turn appends n blocks, one fsync each.
func (f *floor) turn(n int) {
	block := make([]byte, 4096)
	start := time.Now()
	for range n {
		if _, err := f.f.Write(block); err != nil {
			f.b.Fatal(err)
		}
		if err := f.f.Sync(); err != nil {
			f.b.Fatal(err)
		}
	}
	f.took += time.Since(start)
	f.n += n
}

// perSecond is the rate over all turns.
func (f *floor) perSecond() float64 { return float64(f.n) / f.took.Seconds() }

// made prepares n entries before the clock runs.
func made(s *testStation, l *ledger.Ledger, n int) []ledger.Entry {
	h := l.Head()
	out := make([]ledger.Entry, n)
	for i := range out {
		out[i] = s.refusal(h, fmt.Sprint("entry ", i))
	}
	return out
}

func benchLedger(b *testing.B, s *testStation, p ...ledger.Projection) *ledger.Ledger {
	b.Helper()
	o := s.options()
	o.Projections = p
	return open(b, initialised(b, s, o), o)
}

// BenchmarkAppendAlone is one writer that waits for each receipt. ratio is to the floor.
func BenchmarkAppendAlone(b *testing.B) {
	s := newStation()
	l := benchLedger(b, s, &kinds{})
	floor := newFloor(b)
	entries := made(s, l, b.N)
	b.ResetTimer()
	for i := range entries {
		if i%50 == 0 {
			b.StopTimer()
			floor.turn(50)
			b.StartTimer()
		}
		if _, err := l.Append(context.Background(), entries[i]); err != nil {
			b.Fatal(err)
		}
	}
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "appends/s")
	b.ReportMetric(rate/floor.perSecond(), "ratio")
}

// BenchmarkAppend64 is 64 writers at once, whose appends share commits.
func BenchmarkAppend64(b *testing.B) {
	s := newStation()
	l := benchLedger(b, s, &kinds{})
	floor := newFloor(b)
	floor.turn(750)
	entries := made(s, l, b.N)
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range 64 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < len(entries); i += 64 {
				if _, err := l.Append(context.Background(), entries[i]); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wg.Wait()
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	floor.turn(750)
	b.ReportMetric(rate, "appends/s")
	b.ReportMetric(rate/floor.perSecond(), "ratio")
}

const large = 100_000

var largeOnce struct {
	sync.Once
	s   *testStation
	dir string
}

// largeLedger is a closed ledger of 100,000 entries, in commits of 100; it is made once a run.
func largeLedger(b *testing.B) (*testStation, string) {
	b.Helper()
	largeOnce.Do(func() {
		s := newStation()
		dir, err := os.MkdirTemp("", "sexton-ledger-bench-")
		if err != nil {
			b.Fatal(err)
		}
		path := filepath.Join(dir, "ledger")
		if err := ledger.Init(b.Context(), path, s.options(), s.genesis()); err != nil {
			b.Fatal(err)
		}
		l, err := ledger.Open(b.Context(), path, s.options())
		if err != nil {
			b.Fatal(err)
		}
		for n := 1; n < large; n += 100 {
			if _, err := l.Append(b.Context(), made(s, l, min(100, large-n))...); err != nil {
				b.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		largeOnce.s, largeOnce.dir = s, path
	})
	return largeOnce.s, largeOnce.dir
}

// BenchmarkProofAt100000 makes one inclusion proof with its checkpoint.
func BenchmarkProofAt100000(b *testing.B) {
	s, dir := largeLedger(b)
	l := open(b, dir, s.options())
	b.ResetTimer()
	for i := range b.N {
		if _, err := l.TlogProof(b.Context(), int64(i)*7919%large); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAuditAt100000 recomputes everything.
func BenchmarkAuditAt100000(b *testing.B) {
	s, dir := largeLedger(b)
	l := open(b, dir, s.options())
	b.ResetTimer()
	for range b.N {
		if _, err := l.Audit(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenAt100000 is a start of the station: SQLite's integrity check and the audit.
func BenchmarkOpenAt100000(b *testing.B) {
	s, dir := largeLedger(b)
	for range b.N {
		l, err := ledger.Open(b.Context(), dir, s.options())
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
