package index_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// recorder is SQLite, remembering what it was asked.
type recorder struct {
	driver.Driver
	mu    sync.Mutex
	asked map[string]bool
}

type recordedConn struct {
	driver.Conn
	r *recorder
}

func (r *recorder) Open(name string) (driver.Conn, error) {
	c, err := r.Driver.Open(name)
	return &recordedConn{c, r}, err
}

func (c *recordedConn) note(query string) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	c.r.asked[query] = true
}

func (c *recordedConn) Prepare(query string) (driver.Stmt, error) {
	c.note(query)
	return c.Conn.Prepare(query)
}

func (c *recordedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.note(query)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c *recordedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *recordedConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
}

var registerOnce sync.Once

var recording = &recorder{asked: map[string]bool{}}

// walks are the queries that may go along a whole table or index, or sort.
var walks = []*regexp.Regexp{
	// read into memory once
	regexp.MustCompile(`^SELECT n FROM ix_(carrier ORDER BY number|order WHERE space = '[a-z]+' AND field = '[a-z]+' ORDER BY key, n)$`),
	// along an index, and left when the page is full
	regexp.MustCompile(`^SELECT n, due FROM ix_carrier WHERE due <> '' ORDER BY due, n$`),
	regexp.MustCompile(`^SELECT [^()]* FROM ix_(list|batch|refusal|policy|report) ORDER BY idx( DESC)? LIMIT \? OFFSET \?$`),
	// a summary of a few hundred rows; what one batch has, and one carrier was in
	regexp.MustCompile(`^SELECT .* FROM ix_stock ORDER BY`),
	regexp.MustCompile(`(?s)^SELECT .* FROM ix_member m JOIN ix_(carrier|batch) . ON .*WHERE m\.(batch|carrier) = \?`),
}

// TestEveryQueryWalksAnIndex asks every kind of question, in every order, of
// carriers and things, and then asks SQLite how it answered: no table is gone
// through, and nothing is sorted, with the exceptions named.
func TestEveryQueryWalksAnIndex(t *testing.T) {
	registerOnce.Do(func() {
		db, err := sql.Open("sqlite", ":memory:")
		if err != nil {
			t.Fatal(err)
		}
		recording.Driver = db.Driver()
		sql.Register("sqlite-recorded", recording)
	})
	db, err := sql.Open("sqlite-recorded", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	for _, q := range index.New().Schema() {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	f := newFiller(t, db)
	f.found()
	f.do(func() {
		for i := range 1300 {
			f.carrier(i, 1300)
		}
	})
	recording.mu.Lock()
	clear(recording.asked)
	recording.mu.Unlock()
	askEverything(t, f)

	recording.mu.Lock()
	var asked []string
	for q := range recording.asked {
		asked = append(asked, q)
	}
	recording.mu.Unlock()
	if len(asked) < 40 {
		t.Fatalf("only %d queries were recorded", len(asked))
	}
	for _, q := range asked {
		if slices.ContainsFunc(walks, func(w *regexp.Regexp) bool { return w.MatchString(q) }) {
			continue
		}
		for _, step := range planOf(t, db, q) {
			scan := strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "VIRTUAL TABLE") && !strings.Contains(step, "CONSTANT ROW")
			if scan || strings.Contains(step, "TEMP B-TREE") {
				t.Errorf("%s\n\tin %s", step, q)
			}
		}
	}
}

func planOf(t *testing.T, db *sql.DB, query string) (steps []string) {
	t.Helper()
	rows, err := db.Query("EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, detail)
	}
	return steps
}

// askEverything asks every kind of question once and more.
func askEverything(t *testing.T, f *filler) {
	ctx := context.Background()
	r := rand.New(rand.NewPCG(9, 9))
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(f.r.Warm(ctx))
	for _, q := range queries() {
		for o := range index.ByHolder + 1 {
			s := q.ask(r, 1300)
			s.Order, s.Limit = o, 3
			found, err := f.r.Search(ctx, s)
			check(err)
			if s.After = found.Next; s.After != "" {
				_, err := f.r.Search(ctx, s)
				check(err)
			}
		}
	}
	for _, s := range []index.Search{{Person: personID(1)}, {KeeperName: "王"}, {Parent: carrierID(1)}, {Serial: "SN1"}, {NoPlace: true}, {OpenCase: true}, {MustReturn: true}} {
		_, err := f.r.Search(ctx, s)
		check(err)
	}
	for _, kind := range []custody.ThingKind{custody.DocumentThing, custody.MovementThing, custody.PlaceThing, custody.PostThing} {
		for _, o := range []index.Order{index.ByNewest, index.ByEntered, index.ByDue} {
			s := index.ThingSearch{Kind: kind, Order: o, Limit: 3, Tags: map[index.Tag][]string{index.TagLevel: {"secret", "top-secret"}}}
			found, err := f.r.FindThings(ctx, s)
			check(err)
			if s.After = found.Next; s.After != "" {
				_, err := f.r.FindThings(ctx, s)
				check(err)
			}
		}
		_, err := f.r.FindThings(ctx, index.ThingSearch{Kind: kind, DueBefore: epoch})
		check(err)
		_, err = f.r.Things(ctx, kind, index.Page{})
		check(err)
	}
	for _, s := range []index.ThingSearch{{Title: "关于"}, {Title: "出口退税"}, {Number: "x"}, {Prefix: "某税"}, {Order: index.ByTitle}, {Order: index.ByDocumentNumber}} {
		s.Kind, s.Limit = custody.DocumentThing, 3
		found, err := f.r.FindThings(ctx, s)
		check(err)
		if s.After = found.Next; s.After != "" {
			_, err := f.r.FindThings(ctx, s)
			check(err)
		}
	}
	askTheRest(t, f)
}

func askTheRest(t *testing.T, f *filler) {
	ctx := context.Background()
	for name, ask := range map[string]func() error{
		"carrier":       func() error { _, err := f.r.Carrier(ctx, carrierID(1)); return err },
		"number":        func() error { _, err := f.r.CarrierByNumber(ctx, f.number()); return err },
		"copies":        func() error { _, err := f.r.CopiesOf(ctx, "x"); return err },
		"outstanding":   func() error { _, err := f.r.Outstanding(ctx, personID(1)); return err },
		"who knew":      func() error { _, err := f.r.Knew(ctx, "x", "", "", index.Page{}); return err },
		"of a document": func() error { _, err := f.r.Knew(ctx, "", "x", "", index.Page{}); return err },
		"of a person":   func() error { _, err := f.r.Knew(ctx, "", "", "x", index.Page{}); return err },
		"marks":         func() error { _, err := f.r.Marks(ctx, leaf.CarrierSubject+carrierID(1)); return err },
		"holdings":      func() error { _, err := f.r.Holdings(ctx); return err },
		"reports":       func() error { _, err := f.r.Reports(ctx, index.Page{}); return err },
		"names":         func() error { _, err := f.r.Names(ctx, custody.PlaceThing, "柜"); return err },
		"members":       func() error { _, err := f.r.Members(ctx, "x", index.Page{}); return err },
		"batches":       func() error { _, err := f.r.Batches(ctx, custody.BatchUnknown, index.Page{}); return err },
		"batches of":    func() error { _, err := f.r.BatchesOf(ctx, "x"); return err },
		"events":        func() error { _, err := f.r.Events(ctx, "x", index.Page{}); return err },
		"head":          func() error { _, err := f.r.SubjectHead(ctx, "x"); return err },
		"lists":         func() error { _, err := f.r.Lists(ctx, index.Page{}); return err },
		"thing": func() error {
			_, err := f.r.Thing(ctx, custody.Ref{Kind: custody.PlaceThing, ID: placeID(1)})
			return err
		},
		"refusals":        func() error { _, err := f.r.Refusals(ctx, index.Page{}); return err },
		"certificates":    func() error { _, err := f.r.Certificates(ctx, "x"); return err },
		"policies":        func() error { _, err := f.r.Profiles(ctx, index.Page{}); return err },
		"holder of a key": func() error { _, err := f.r.PersonByKey(ctx, hash("a"+personID(1))); return err },
	} {
		if err := ask(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// number is that of some carrier.
func (f *filler) number() (number string) {
	if err := f.db.QueryRow(`SELECT number FROM ix_carrier WHERE n = 1`).Scan(&number); err != nil {
		f.t.Fatal(err)
	}
	return number
}
