package index_test

import (
	"crypto/rand"
	"fmt"
	"syscall"
	"testing"
	"time"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

// withTexts is registration i as a bureau enters it: with title, number, copy
// and issuer behind commitments.
func (w *real) withTexts(i int) ledger.Entry {
	w.t.Helper()
	b := registered(i)
	var openings []leaf.Opening
	for _, f := range []struct {
		to    *leaf.Commitment
		field string
		value string
	}{{&b.Title, "title", fmt.Sprintf("某省税务局关于印发2026年重点税源企业监控工作方案第%d号的通知", i)}, {&b.Document, "document", fmt.Sprintf("某税发〔2026〕%d号", i)},
		{&b.Copy, "copy", fmt.Sprintf("%06d", i)}, {&b.Issuer, "issuer", "某省税务局"}} {
		c, o, err := leaf.NewCommitment(rand.Reader, "/body/"+f.field, f.value)
		if err != nil {
			w.t.Fatal(err)
		}
		*f.to = c
		openings = append(openings, o)
	}
	e := w.entry(leaf.CarrierRegistered, b, leaf.CarrierSubject+carrierID(i), w.as("wang", leaf.RoleReceiver, "9A"))
	e.Openings = openings
	return e
}

// BenchmarkOpen is a start of the station: audit, replay and comparison of every
// row, for each 100,000 carriers registered with their texts, in seconds of the
// processor.
func BenchmarkOpen(b *testing.B) {
	const n = 5000
	w := newReal(b)
	w.enrol(1)
	extra := fakeID(1_500_000)
	w.append(w.entry(leaf.ListImported, &leaf.Imported{List: extra, SourceSHA256: hash("csv2"), Encoding: "utf-8", Rows: n}, leaf.ListSubject+extra, w.as("wang", leaf.RoleReceiver, "9A")))
	first := list
	list = extra
	defer func() { list = first }()
	for from := 1; from <= n; from += 250 {
		var some []ledger.Entry
		for i := from; i < min(from+250, n+1); i++ {
			some = append(some, w.withTexts(i))
		}
		w.append(some...)
	}
	before := cpu(b)
	for b.Loop() {
		if err := w.l.Close(); err != nil {
			b.Fatal(err)
		}
		w.open()
	}
	b.ReportMetric((cpu(b)-before).Seconds()/float64(b.N)*100_000/n, "cpu-s/100000")
}

func cpu(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
