package index_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sexton/custody"
	"sexton/ledger/index"
)

// carriersToSearch is how many carriers BenchmarkSearch fills in:
// SEXTON_BENCH_CARRIERS, or 100,000.
func carriersToSearch(b *testing.B) int {
	text := os.Getenv("SEXTON_BENCH_CARRIERS")
	if text == "" {
		return 100_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		b.Fatalf("SEXTON_BENCH_CARRIERS=%s", text)
	}
	return n
}

// openFile opens a database as the ledger does.
func openFile(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, p := range []string{"page_size=8192", "journal_mode=WAL", "synchronous=NORMAL", "locking_mode=EXCLUSIVE", "cache_size=-32768", "temp_store=MEMORY"} {
		if _, err := db.Exec("PRAGMA " + p); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// large is a register of n carriers in a file that is kept for the next run with
// the same tables.
func large(b *testing.B, n int) *filler {
	const generator = "3" // grows when the data changes
	sum := sha256.Sum256([]byte(generator + strings.Join(index.New().Schema(), ";")))
	path := filepath.Join(os.TempDir(), fmt.Sprintf("sexton-search-%d-%x.db", n, sum[:6]))
	if _, err := os.Stat(path); err != nil {
		fill(b, path, n)
	}
	db := openFile(b, path)
	b.Cleanup(func() { db.Close() })
	f := newFiller(b, db)
	if err := db.QueryRow(`SELECT max(idx) + 1 FROM ix_event`).Scan(&f.next); err != nil {
		b.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("%d carriers, %.0f bytes of tables a carrier (%s)", n, float64(st.Size())/float64(n), path)
	return f
}

func fill(b *testing.B, path string, n int) {
	b.Helper()
	unfinished := path + ".part"
	os.Remove(unfinished)
	db := openFile(b, unfinished)
	for _, q := range index.New().Schema() {
		if _, err := db.Exec(q); err != nil {
			b.Fatal(err)
		}
	}
	f := newFiller(b, db)
	f.found()
	began := time.Now()
	for from := 0; from < n; from += 5000 {
		f.do(func() {
			for i := from; i < min(from+5000, n); i++ {
				f.carrier(i, n)
			}
		})
	}
	took := time.Since(began)
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(unfinished, path); err != nil {
		b.Fatal(err)
	}
	b.Logf("filled at %.0f carriers/s, %d leaves", float64(n)/took.Seconds(), f.next)
}

// query is one kind of question; ask draws one.
type query struct {
	name string
	ask  func(r *rand.Rand, n int) index.Search
}

// queries is every kind of question the register answers, alone, in other
// orders, deep in the pages, and combined.
func queries() []query {
	one := func(s index.Search) func(*rand.Rand, int) index.Search {
		return func(*rand.Rand, int) index.Search { return s }
	}
	year := func(r *rand.Rand) int { return 2020 + r.IntN(6) }
	title := func(r *rand.Rand) string {
		s := []rune(pick(r, subjects))
		from := r.IntN(len(s) - 1)
		return string(s[from : from+min(2+r.IntN(4), len(s)-from)])
	}
	list := []query{
		{"number prefix", func(r *rand.Rand, n int) index.Search {
			return index.Search{Number: fmt.Sprintf("YZCZ-Z-%d-%03d", year(r), r.IntN(1000))}
		}},
		{"number part of 7", func(r *rand.Rand, n int) index.Search { return index.Search{Part: fmt.Sprintf("%07d", r.IntN(n))} }},
		{"number part of 3", func(r *rand.Rand, n int) index.Search { return index.Search{Part: fmt.Sprintf("%03d", r.IntN(1000))} }},
		{"number part of 2", func(r *rand.Rand, n int) index.Search { return index.Search{Part: fmt.Sprintf("%02d", r.IntN(100))} }},
		{"文号", func(r *rand.Rand, n int) index.Search {
			return index.Search{DocumentNumber: fmt.Sprintf("某%s(%d)%d号", pick(r, abbrevs), year(r), 1+r.IntN(2000))}
		}},
		{"文号 prefix", func(r *rand.Rand, n int) index.Search {
			return index.Search{DocumentPrefix: fmt.Sprintf("某%s〔%d〕", pick(r, abbrevs), year(r))}
		}},
		{"title", func(r *rand.Rand, n int) index.Search { return index.Search{Title: title(r)} }},
		{"title in nearly all", one(index.Search{Title: "关于"})},
		{"title in none", one(index.Search{Title: "核算器年度"})},
		{"title by title", func(r *rand.Rand, n int) index.Search { return index.Search{Title: title(r), Order: index.ByTitle} }},
		{"keeper", func(r *rand.Rand, n int) index.Search { return index.Search{Keeper: personID(r.IntN(fillPlaces))} }},
		{"holder", func(r *rand.Rand, n int) index.Search { return index.Search{Holder: personID(r.IntN(fillPersons))} }},
		{"holder name", func(r *rand.Rand, n int) index.Search { return index.Search{HolderName: string(pick(r, given))} }},
		{"place", func(r *rand.Rand, n int) index.Search { return index.Search{Place: placeID(r.IntN(fillPlaces))} }},
		{"department", func(r *rand.Rand, n int) index.Search {
			return index.Search{Department: departmentID(r.IntN(fillDepartments))}
		}},
		{"level", func(r *rand.Rand, n int) index.Search {
			return index.Search{Levels: []string{pick(r, custody.Classifications()).Word}}
		}},
		{"state", func(r *rand.Rand, n int) index.Search {
			return index.Search{States: []custody.State{pick(r, custody.States())}}
		}},
		{"whereabouts", func(r *rand.Rand, n int) index.Search {
			return index.Search{Wheres: []custody.Where{pick(r, custody.Wheres())}}
		}},
		{"kind", func(r *rand.Rand, n int) index.Search {
			return index.Search{Kinds: []string{pick(r, custody.CarrierKinds()).Word}}
		}},
		{"overdue by due", func(r *rand.Rand, n int) index.Search {
			return index.Search{DueBefore: epoch.AddDate(0, 0, r.IntN(2300)), Order: index.ByDue}
		}},
		{"overdue by number", func(r *rand.Rand, n int) index.Search {
			return index.Search{DueBefore: epoch.AddDate(0, 0, r.IntN(2300))}
		}},
		{"document", func(r *rand.Rand, n int) index.Search { return index.Search{Document: fakeID(5_000_000 + r.IntN(n))} }},
		{"list", func(r *rand.Rand, n int) index.Search { return index.Search{List: fakeID(9_000_000 + r.IntN(n/200))} }},
		{"batch", func(r *rand.Rand, n int) index.Search { return index.Search{Batch: fakeID(8_000_000 + r.IntN(4))} }},
		{"campaign and fate", func(r *rand.Rand, n int) index.Search {
			return index.Search{Campaign: fakeID(6_000_000 + r.IntN(3)), Fate: pick(r, custody.Fates())}
		}},
		{"entered in a month", func(r *rand.Rand, n int) index.Search {
			at := epoch.AddDate(0, r.IntN(70), 0)
			return index.Search{EnteredFrom: at, EnteredBefore: at.AddDate(0, 1, 0), Order: index.ByNewest}
		}},
		{"clear-out of last year", one(index.Search{Held: true, NoCampaign: true, EnteredBefore: epoch.AddDate(5, 0, 0)})},
		{"all by number", one(index.Search{})}, {"all by newest", one(index.Search{Order: index.ByNewest})},
		{"all by title", one(index.Search{Order: index.ByTitle})}, {"all by 文号", one(index.Search{Order: index.ByDocumentNumber})},
		{"held by keeper name", one(index.Search{Held: true, Order: index.ByKeeper})},
		{"on loan by holder name", one(index.Search{Wheres: []custody.Where{custody.OnLoan}, Order: index.ByHolder})},
		{"rare by title", one(index.Search{States: []custody.State{custody.Missing}, Levels: []string{"top-secret"}, Order: index.ByTitle})},
		{"combined", func(r *rand.Rand, n int) index.Search {
			return index.Search{Held: true, Levels: []string{"secret", "top-secret"}, Kinds: []string{"paper"}, Department: departmentID(r.IntN(fillDepartments)), Title: title(r), Order: index.ByTitle}
		}},
		{"combined, few", func(r *rand.Rand, n int) index.Search {
			return index.Search{Wheres: []custody.Where{custody.OnLoan}, Place: placeID(r.IntN(fillPlaces)), Title: title(r), Order: index.ByKeeper}
		}},
	}
	return list
}

// BenchmarkSearch asks every kind of question of a large register, pages of 50,
// and gives the median and the 99th percentile in microseconds, the 99th of the
// processor's time, which others on the machine do not touch, and how many times
// a lookup of one carrier by its id, measured in turns with it, that is.
func BenchmarkSearch(b *testing.B) {
	if testing.Short() {
		b.Skip("fills a large register")
	}
	n := carriersToSearch(b)
	f := large(b, n)
	began := time.Now()
	if err := f.r.Warm(context.Background()); err != nil {
		b.Fatal(err)
	}
	b.Logf("warm in %v", time.Since(began).Round(time.Millisecond))
	for _, q := range queries() {
		b.Run(strings.ReplaceAll(q.name, " ", "-"), func(b *testing.B) { f.measure(b, q, n) })
		if q.name == "all by title" || q.name == "title" || q.name == "level" {
			b.Run("deep-in-"+strings.ReplaceAll(q.name, " ", "-"), func(b *testing.B) { f.measure(b, f.deep(q, n), n) })
		}
	}
}

// deep asks for a page far behind the first.
func (f *filler) deep(q query, n int) query {
	r := rand.New(rand.NewPCG(7, 8))
	var asked []index.Search
	for range 5 {
		s := q.ask(r, n)
		s.Limit = index.MaxPage
		found, err := f.r.Search(context.Background(), s)
		if err != nil {
			f.t.Fatal(err)
		}
		s.After = found.Next
		asked = append(asked, s)
	}
	return query{q.name, func(r *rand.Rand, n int) index.Search { return pick(r, asked) }}
}

// threadTime is the processor's time this thread has had.
func threadTime(t testing.TB) time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		t.Fatal(err)
	}
	return time.Duration(ts.Nano())
}

func (f *filler) measure(b *testing.B, q query, n int) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	r := rand.New(rand.NewPCG(5, 6))
	var took, busy, bare []time.Duration
	hits := 0
	for b.Loop() {
		s := q.ask(r, n)
		s.Limit = 50
		began, cpu := time.Now(), threadTime(b)
		found, err := f.r.Search(context.Background(), s)
		took, busy = append(took, time.Since(began)), append(busy, threadTime(b)-cpu)
		if err != nil {
			b.Fatal(err)
		}
		hits += len(found.Hits)
		cpu = threadTime(b)
		if _, err := f.r.Carrier(context.Background(), carrierID(r.IntN(n))); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, threadTime(b)-cpu)
	}
	at := func(d []time.Duration, part float64) float64 {
		slices.Sort(d)
		return float64(d[min(int(part*float64(len(d))), len(d)-1)].Nanoseconds()) / 1000
	}
	b.ReportMetric(at(took, 0.5), "p50-µs")
	b.ReportMetric(at(took, 0.99), "p99-µs")
	b.ReportMetric(at(busy, 0.99), "p99-cpu-µs")
	b.ReportMetric(at(busy, 0.99)/at(bare, 0.5), "p99-cpu/lookup")
	b.ReportMetric(float64(hits)/float64(len(took)), "hits")
	b.ReportMetric(0, "ns/op")
}
