package ledger_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/ledger"
	"sexton/procedure"
)

// copyDir copies the files of a ledger, as somebody with access to the disk would.
func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "ledger")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// lived makes a ledger with something in every table. It returns the directory closed, an older closed copy, and a copy taken
// while the ledger was running, as a killed process leaves it.
func lived(t testing.TB, s *testStation, o ledger.Options) (closed, older, killed string) {
	t.Helper()
	closed = initialised(t, s, o)
	l, err := ledger.Open(t.Context(), closed, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		appendOK(t, l, s.refusal(l.Head(), fmt.Sprint("code-", i)))
	}
	appendOK(t, l, s.carrier(l.Head(), "c-1", nil), s.carrier(l.Head(), "c-2", nil), s.adopted(l.Head(), "p", []byte("profile text")))
	for i, r := range []procedure.Record{record("run-a", 1, false), record("run-b", 1, false), record("run-a", 2, true), record("run-b", 2, false)} {
		if _, err := l.Save(t.Context(), r, s.refusal(l.Head(), fmt.Sprint("step-", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	older = copyDir(t, closed)
	if l, err = ledger.Open(t.Context(), closed, o); err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		appendOK(t, l, s.refusal(l.Head(), fmt.Sprint("later-", i)))
	}
	killed = copyDir(t, closed)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return closed, older, killed
}

func record(run string, attempt int64, finished bool) procedure.Record {
	return procedure.Record{Run: run, Procedure: "destroy", Step: fmt.Sprint("step-", attempt), Attempt: attempt, Kind: procedure.Actuate,
		Status: procedure.Intent, At: newStation().at, Data: []byte(`{"n":1}`), Finished: finished}
}

func tryOpen(dir string, o ledger.Options) (*ledger.Ledger, error) {
	o.Exit = func(err error) { panic(err) }
	return ledger.Open(context.Background(), dir, o)
}

// refused demands a Contradiction whose sentence has all of words.
func refused(t *testing.T, dir string, o ledger.Options, words ...string) {
	t.Helper()
	l, err := tryOpen(dir, o)
	if err == nil {
		t.Errorf("accepted; want a refusal with %q", words)
		_ = l.Close()
		return
	}
	var c *ledger.Contradiction
	if !errors.As(err, &c) {
		t.Errorf("refused without naming a contradiction: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("refused with %q, want %q in it", err, w)
		}
	}
}

func TestFilesMissingEmptyTruncatedForeign(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	closed, _, killed := lived(t, s, o)
	for _, c := range []struct {
		from, file, name string
		do               func(path string) error
		words            []string
	}{
		{closed, "ledger.db", "removed", os.Remove, []string{"ledger.db", "missing", "restore"}},
		{closed, "head", "removed", os.Remove, []string{"head", "missing", "restore"}},
		{killed, "ledger.db-wal", "removed", os.Remove, []string{"ledger.db", "older copy"}},
		{closed, "ledger.db", "emptied", truncateTo(0), []string{"ledger.db", "empty"}},
		{closed, "ledger.db", "cut by a page", truncateBy(8192), []string{"ledger.db"}},
		{closed, "ledger.db", "cut by a byte", truncateBy(1), []string{"ledger.db", "multiple"}},
		{closed, "head", "emptied", truncateTo(0), []string{"head", "0 bytes"}},
		{closed, "head", "cut", truncateBy(1), []string{"head", "bytes"}},
		{killed, "ledger.db-wal", "emptied", truncateTo(0), []string{"older copy"}},
		{killed, "ledger.db-wal", "cut", truncateBy(5000), []string{"older copy"}},
		{closed, "ledger.db-journal", "added", put("x"), []string{"ledger.db-journal", "does not belong"}},
		{closed, "ledger.db.bak", "added", put("x"), []string{"does not belong"}},
		{closed, "ledger.db", "replaced by text", put(strings.Repeat("nothing ", 1024)), []string{"ledger.db", "SQLite"}},
		{closed, "head", "replaced by zeros", put(strings.Repeat("\x00", 8192)), []string{"head", "no valid statement"}},
	} {
		t.Run(c.file+" "+c.name, func(t *testing.T) {
			dir := copyDir(t, c.from)
			if err := c.do(filepath.Join(dir, c.file)); err != nil {
				t.Fatal(err)
			}
			refused(t, dir, o, c.words...)
		})
	}
	// The untouched copies are fine.
	for _, dir := range []string{closed, killed} {
		l, err := tryOpen(copyDir(t, dir), o)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func truncateTo(n int64) func(string) error { return func(p string) error { return os.Truncate(p, n) } }
func truncateBy(n int64) func(string) error {
	return func(p string) error {
		st, err := os.Stat(p)
		if err != nil {
			return err
		}
		return os.Truncate(p, st.Size()-n)
	}
}
func put(s string) func(string) error {
	return func(p string) error { return os.WriteFile(p, []byte(s), 0o600) }
}

func TestSwappedForAnOlderCopy(t *testing.T) {
	s := newStation()
	o := s.options()
	closed, older, killed := lived(t, s, o)
	swap := func(t *testing.T, into, from string, names ...string) string {
		dir := copyDir(t, into)
		for _, n := range names {
			b, err := os.ReadFile(filepath.Join(from, n))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	t.Run("database", func(t *testing.T) {
		refused(t, swap(t, closed, older, "ledger.db"), o, "ledger.db", "has seen commit", "older copy")
	})
	t.Run("database of a killed ledger", func(t *testing.T) {
		dir := swap(t, killed, older, "ledger.db")
		if err := os.Remove(filepath.Join(dir, "ledger.db-wal")); err != nil {
			t.Fatal(err)
		}
		refused(t, dir, o, "ledger.db", "older copy")
	})
	t.Run("head", func(t *testing.T) {
		refused(t, swap(t, closed, older, "head"), o, "head", "synced")
	})
	t.Run("write-ahead log beside a newer database", func(t *testing.T) {
		refused(t, swap(t, closed, killed, "ledger.db-wal"), o, "ledger.db", "has seen commit")
	})
	t.Run("another ledger of the same key", func(t *testing.T) {
		other, _, _ := lived(t, s, o)
		refused(t, swap(t, closed, other, "ledger.db"), o)
		refused(t, swap(t, closed, other, "head"), o, "head")
	})
	t.Run("head forged with another key", func(t *testing.T) {
		stranger := newStation()
		other, _, _ := lived(t, stranger, stranger.options())
		refused(t, swap(t, closed, other, "head"), o, "head", "no valid statement of the log key")
	})
}

// dump is every row of every table, for comparing what two files mean. The ledger's own openings and closings are left out.
func dump(t testing.TB, dir string, o ledger.Options) (string, error) {
	t.Helper()
	l, err := tryOpen(dir, o)
	if err != nil {
		return "", err
	}
	defer func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	h := sha256.New()
	err = l.Query(t.Context(), func(tx *sql.Tx) error {
		for _, table := range []string{"sqlite_schema", "entry", "hash", "commits", "seal", "subject_head", "opening", "attachment", "attached", "journal",
			"journal_done", "projection"} {
			columns := "*"
			if table == "sqlite_schema" {
				columns = "type, name, tbl_name, sql"
			}
			rows, err := tx.Query("SELECT " + columns + " FROM " + table + " ORDER BY 1, 2")
			if err != nil {
				return err
			}
			names, _ := rows.Columns()
			v := make([]any, len(names))
			for i := range v {
				v[i] = new(any)
			}
			for rows.Next() {
				if err := rows.Scan(v...); err != nil {
					return err
				}
				for _, x := range v {
					fmt.Fprintf(h, "%T %v|", *x.(*any), *x.(*any))
				}
				fmt.Fprintln(h, table)
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := l.Query(t.Context(), func(*sql.Tx) error { return nil }); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x %d %s", h.Sum(nil), l.Head().Size, l.Head().Root), nil
}

// Every place of every file: a flipped byte is refused, or is provably without meaning (slack of a page).
func TestFlippedBytes(t *testing.T) {
	s := newStation()
	o := s.options()
	closed, _, killed := lived(t, s, o)
	random := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct{ from, file string }{{closed, "ledger.db"}, {closed, "head"}, {killed, "ledger.db-wal"}, {killed, "head"}} {
		t.Run(filepath.Base(c.file)+" of "+map[bool]string{true: "closed", false: "killed"}[c.from == closed], func(t *testing.T) {
			whole := must(os.ReadFile(filepath.Join(c.from, c.file)))
			work := copyDir(t, c.from)
			want := ""
			refused, slack := 0, 0
			for range flips(t) {
				at := random.IntN(len(whole))
				b := bytes.Clone(whole)
				b[at] ^= byte(1 + random.IntN(255))
				if err := os.RemoveAll(work); err != nil {
					t.Fatal(err)
				}
				if err := os.CopyFS(work, os.DirFS(c.from)); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(work, c.file), b, 0o600); err != nil {
					t.Fatal(err)
				}
				got, err := dump(t, work, o)
				if err != nil {
					refused++
					var c *ledger.Contradiction
					if !errors.As(err, &c) {
						t.Errorf("byte %d: refused without naming a contradiction: %v", at, err)
					}
					continue
				}
				if want == "" {
					want = must(dump(t, copyDir(t, c.from), o))
				}
				if got != want {
					t.Errorf("byte %d: accepted, and it means something else", at)
				}
				slack++
			}
			t.Logf("%d refused, %d without meaning", refused, slack)
			if c.file == "head" && c.from == closed && slack > 0 {
				t.Errorf("%d flips of a closed ledger's head file were accepted", slack)
			}
		})
	}
}

func flips(t *testing.T) int {
	if testing.Short() {
		return 20
	}
	if os.Getenv("SEXTON_SYSTEM_TESTS") == "1" {
		return 400
	}
	return 120
}

// Changes made through SQL by somebody who knows the schema and has taken the triggers away and put them back.
func TestChangedRows(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	closed, _, _ := lived(t, s, o)
	for _, c := range []struct {
		name, sql string
		words     []string
	}{
		{"entry changed", "UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), 'A', 'B') AS BLOB) WHERE idx = 5", []string{"entry 5"}},
		{"entry emptied", "UPDATE entry SET leaf = x'' WHERE idx = 5", []string{"entry 5"}},
		{"entry exchanged", "UPDATE entry SET leaf = (SELECT leaf FROM entry WHERE idx = 7) WHERE idx = 6", []string{"entry 6", "event id"}},
		{"entry removed", "DELETE FROM entry WHERE idx = 9", []string{"entry 9 is missing"}},
		{"newest entry removed", "DELETE FROM entry WHERE idx = (SELECT max(idx) FROM entry)", []string{"checkpoint"}},
		{"entry added", "INSERT INTO entry SELECT (SELECT max(idx)+1 FROM entry), 'x', hash, leaf FROM entry WHERE idx = 3", []string{"listed under event id"}},
		{"event id changed", "UPDATE entry SET id = 'x' WHERE idx = 4", []string{"entry 4", "event id"}},
		{"leaf hash changed", "UPDATE entry SET hash = zeroblob(32) WHERE idx = 4", []string{"entry 4", "leaf hash"}},
		{"hash changed", "UPDATE hash SET h = zeroblob(32) WHERE i = 12", []string{"tree hash 12"}},
		{"hash removed", "DELETE FROM hash WHERE i = 12", []string{"tree hash 12"}},
		{"hash added", "INSERT INTO hash SELECT max(i)+1, zeroblob(32) FROM hash", []string{"tree hash too many"}},
		{"checkpoint changed", "UPDATE commits SET note = replace(note, 'test', 'tesu') WHERE seq = 3", []string{"checkpoint signed at"}},
		{"checkpoint signature changed", "UPDATE commits SET note = substr(note, 1, length(note)-4) || 'AA=' || char(10) WHERE seq = 3", []string{"commit 3", "chained"}},
		{"checkpoint removed", "DELETE FROM commits WHERE seq = 3", []string{"commit 3 is missing"}},
		{"newest checkpoint removed", "DELETE FROM commits WHERE seq = (SELECT max(seq) FROM commits)", []string{"seal"}},
		{"checkpoint added", "INSERT INTO commits SELECT seq+1, size, note, chain, journal FROM commits ORDER BY seq DESC LIMIT 1", []string{"chained"}},
		{"checkpoint emptied", "UPDATE commits SET note = '' WHERE seq = 3", []string{"checkpoint", "missing"}},
		{"chain changed", "UPDATE commits SET chain = zeroblob(32) WHERE seq = 3", []string{"commit 3"}},
		{"seal changed", "UPDATE seal SET note = replace(note, 'closed', 'open')", []string{"seal", "not signed"}},
		{"seal removed", "DELETE FROM seal", []string{"seal"}},
		{"opening changed", "UPDATE opening SET value = 'other' WHERE idx = 0", []string{"openings of entry 0"}},
		{"opening salt changed", "UPDATE opening SET salt = zeroblob(32) WHERE idx = 0", []string{"openings of entry 0"}},
		{"opening removed", "DELETE FROM opening WHERE idx = 0", []string{"openings of entry 0"}},
		{"opening added", "INSERT INTO opening VALUES (5, '/body/title', zeroblob(32), 'x')", []string{"openings of entry 5"}},
		{"opening of no entry", "INSERT INTO opening VALUES (5000, '/body/title', zeroblob(32), 'x')", []string{"opening too many"}},
		{"attachment changed", "UPDATE attachment SET data = x'00'", []string{"attachment", "other content"}},
		{"attachment removed", "DELETE FROM attachment", []string{"attachment(s) are missing"}},
		{"attachment and reference removed", "DELETE FROM attachment; DELETE FROM attached", []string{"chained"}},
		{"attachment added", "INSERT INTO attachment VALUES (zeroblob(32), x'00')", []string{"attachment"}},
		{"reference added", "INSERT INTO attached VALUES (3, zeroblob(32))", []string{"entry 3", "attachment"}},
		{"subject head moved", "UPDATE subject_head SET idx = 1 WHERE subject = 'carrier/c-1'", []string{"newest leaf of carrier/c-1"}},
		{"subject head removed", "DELETE FROM subject_head WHERE subject = 'carrier/c-1'", []string{"newest leaf of 1 subject"}},
		{"subject head added", "INSERT INTO subject_head VALUES ('carrier/c-9', 1)", []string{"newest leaf of carrier/c-9"}},
		{"journal changed", `UPDATE journal SET data = CAST('{"n":2}' AS BLOB)`, []string{"journal"}},
		{"journal status changed", "UPDATE journal SET status = status + 1", []string{"journal"}},
		{"journal removed", "DELETE FROM journal", []string{"journal"}},
		{"journal added", "INSERT INTO journal SELECT 'run-z', began, procedure, step, attempt, kind, status, at, data FROM journal", []string{"journal"}},
		{"finished run changed", "UPDATE journal_done SET attempt = 7", []string{"chained"}},
		{"finished run removed", "DELETE FROM journal_done", []string{"chained"}},
		{"finished run added", "INSERT INTO journal_done VALUES ('run-z', 5, 1, zeroblob(32))", []string{"chained"}},
		{"projection row changed", "UPDATE kinds SET n = n + 1", []string{"table kinds", "rebuild"}},
		{"projection row removed", "DELETE FROM codes WHERE idx = 4", []string{"table codes", "rebuild"}},
		{"projection table dropped", "DROP TABLE codes", []string{"table codes", "rebuild"}},
		{"trigger dropped", "DROP TRIGGER entry_no_delete", []string{"trigger entry_no_delete", "missing"}},
		{"trigger added", "CREATE TRIGGER x AFTER INSERT ON entry BEGIN DELETE FROM seal; END", []string{"trigger x", "does not belong"}},
		{"table added", "CREATE TABLE x (y)", []string{"table x", "does not belong"}},
		{"view added", "CREATE VIEW x AS SELECT 1", []string{"view x", "does not belong"}},
		{"index dropped", "DROP INDEX entry_hash", []string{"index entry_hash", "missing"}},
		{"version changed", "PRAGMA user_version = 2", []string{"user_version"}},
		{"application changed", "PRAGMA application_id = 2", []string{"application_id"}},
		{"journal mode changed", "PRAGMA journal_mode = DELETE", []string{"journal_mode"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := copyDir(t, closed)
			edit(t, filepath.Join(dir, "ledger.db"), c.sql)
			refused(t, dir, o, append(c.words, "ledger.db")...)
		})
	}
}

// edit changes a database behind the ledger's back: triggers away, change, triggers back.
func edit(t *testing.T, path, change string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var triggers, names []string
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var n, q string
		if err := rows.Scan(&n, &q); err != nil {
			t.Fatal(err)
		}
		names, triggers = append(names, n), append(triggers, q)
	}
	rows.Close()
	schema := strings.Contains(change, "TRIGGER") || strings.HasPrefix(change, "PRAGMA")
	if !schema {
		for _, n := range names {
			mustExec(t, db, "DROP TRIGGER "+n)
		}
	}
	mustExec(t, db, change)
	if !schema {
		for _, q := range triggers {
			mustExec(t, db, q)
		}
	}
}

func mustExec(t *testing.T, db *sql.DB, q string) {
	t.Helper()
	if _, err := db.Exec(q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// The tables refuse what the audit would notice.
func TestTablesAreAppendOnly(t *testing.T) {
	s := newStation()
	closed, _, _ := lived(t, s, s.options())
	db, err := sql.Open("sqlite", filepath.Join(closed, "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"entry", "hash", "commits", "opening", "attachment", "attached", "journal_done"} {
		for _, q := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET rowid = rowid"} {
			if strings.Contains(q, "rowid") && (table == "opening" || table == "attached" || table == "journal_done") {
				q = "UPDATE " + table + " SET " + map[string]string{"opening": "idx = idx", "attached": "idx = idx", "journal_done": "seq = seq"}[table]
			}
			if _, err := db.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	}
}

func TestRebuildHealsProjectionsOnly(t *testing.T) {
	s := newStation()
	o := s.options()
	k := &kinds{}
	o.Projections = []ledger.Projection{k}
	closed, _, _ := lived(t, s, o)
	edit(t, filepath.Join(closed, "ledger.db"), "DROP TABLE codes; UPDATE kinds SET n = 0")
	refused(t, closed, o, "rebuild")
	again := o
	again.Rebuild = true
	l := open(t, copyDir(t, closed), again)
	var n, want int
	err := l.Query(t.Context(), func(tx *sql.Tx) error {
		return errors.Join(tx.QueryRow("SELECT sum(n) FROM kinds").Scan(&n), tx.QueryRow("SELECT count(*) FROM entry").Scan(&want))
	})
	if err != nil || n != want {
		t.Errorf("%d events projected, want %d, %v", n, want, err)
	}
	if err := l.Rebuild(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	appendOK(t, l, s.refusal(l.Head(), "after"))

	// Another set of projections is not a contradiction: it is rebuilt.
	none := o
	none.Projections = nil
	open(t, closed, none)
}
