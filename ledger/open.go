package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"sexton/internal/durable"
	"sexton/ledger/leaf"
)

func (o *Options) check() error {
	if err := checkOrigin(o.Origin); err != nil {
		return err
	}
	if o.LogSigner == nil || o.LogSigner.Name() != o.Origin {
		return fmt.Errorf("cannot use log key: it is missing or its name is not the origin %q", o.Origin)
	}
	names := map[string]bool{}
	for _, p := range o.Projections {
		if names[p.Name()] {
			return fmt.Errorf("cannot use two projections named %q", p.Name())
		}
		names[p.Name()] = true
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Exit == nil {
		o.Exit = func(err error) { panic(err) }
	}
	if o.testOnlySynchronous == "" {
		o.testOnlySynchronous = "FULL"
	}
	return nil
}

func newLedger(o Options, dir string, s *store) *Ledger {
	return &Ledger{o: o, dir: dir, store: s, logger: o.Logger, in: make(chan *request), quit: make(chan struct{}),
		roots: map[int64]tlog.Hash{}, state: state{edge: newEdge(), live: map[string]liveRun{}}}
}

// Init makes a ledger in the directory path, with its genesis leaf. It refuses a path that exists, save an empty directory, and
// leaves either a complete ledger or nothing under that name.
func Init(ctx context.Context, path string, o Options, genesis Entry) error {
	if err := o.check(); err != nil {
		return err
	}
	if names, err := os.ReadDir(path); err == nil && len(names) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("cannot init ledger: %s exists; a ledger is never overwritten", path)
	}
	path = filepath.Clean(path)
	parent := filepath.Dir(path)
	if err := durable.MkdirAll(parent, 0o700); err != nil {
		return fmt.Errorf("cannot init ledger: %w", err)
	}
	tmp, err := os.MkdirTemp(parent, initPattern)
	if err != nil {
		return fmt.Errorf("cannot init ledger: %w", err)
	}
	// Crash from here to the rename: a directory with another name is left; Init can be repeated.
	if err := initIn(ctx, tmp, o, genesis); err != nil {
		return errors.Join(fmt.Errorf("cannot init ledger: %w", err), os.RemoveAll(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return errors.Join(fmt.Errorf("cannot init ledger: %w", err), os.RemoveAll(tmp))
	}
	// Crash here: the ledger exists or not, as a whole.
	return durable.SyncDir(parent)
}

func initIn(ctx context.Context, dir string, o Options, genesis Entry) error {
	lock, err := lockDir(dir)
	if err != nil {
		return err
	}
	s, err := openStore(ctx, dir, true, o.testOnlySynchronous)
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	l := newLedger(o, dir, s)
	l.lock = lock
	defer func() { err = errors.Join(err, l.lock.Close()) }()
	err = func() error {
		for _, q := range append(coreSchema(), projectionSchema(&o)...) {
			if _, err := s.conn.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("cannot make schema: %s: %w", q, err)
			}
		}
		if err := l.noteProjections(ctx); err != nil {
			return err
		}
		if err := l.stmt.prepare(ctx, s.conn); err != nil {
			return err
		}
		r := &request{done: make(chan struct{})}
		var err error
		if r.entries, err = l.prepare([]Entry{genesis}); err != nil {
			return err
		}
		if _, err := genesisKey(r.entries[0].payload, o); err != nil {
			return err
		}
		if err := l.commitGroup([]*request{r}); err != nil {
			return err
		}
		if r.err != nil {
			return r.err
		}
		return l.commitClosing()
	}()
	if l.head != nil {
		err = errors.Join(err, l.head.f.Close())
	}
	if err = errors.Join(err, l.stmt.close(), s.close()); err != nil {
		return err
	}
	return durable.SyncDir(dir)
}

// genesisKey checks the first leaf against o and gives the log's verifier.
func genesisKey(p leaf.Payload, o Options) (note.Verifier, error) {
	b, ok := p.Body.(*leaf.Initialised)
	if !ok {
		return nil, fmt.Errorf("the first leaf is %s, want %s", p.Kind, leaf.StationInitialised)
	}
	if b.Origin != o.Origin || p.Station != o.Origin {
		return nil, fmt.Errorf("the ledger's origin is %q, the configuration says %q", b.Origin, o.Origin)
	}
	v, err := note.NewVerifier(b.LogKey)
	if err != nil {
		return nil, fmt.Errorf("the log key in the first leaf cannot be read: %w", err)
	}
	probe, err := sign(o.LogSigner, "sexton log key check\n")
	if err != nil {
		return nil, err
	}
	if _, err := openNote(probe, v); err != nil || v.Name() != o.Origin {
		return nil, errors.New("the log key given is not the one in the first leaf")
	}
	return v, nil
}

// lockDir locks the directory for this process.
func lockDir(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot open ledger: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot open ledger: %s is in use by another process", dir), f.Close())
	}
	return f, nil
}

// checkNames demands the files of a ledger and no other: a stray journal or copy could change what SQLite reads.
func checkNames(dir string) error {
	if err := durable.Sweep(dir); err != nil {
		return err
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("cannot open ledger: %w", err)
	}
	for _, n := range names {
		switch n.Name() {
		case dbName, walName, headName:
			if !n.Type().IsRegular() {
				return contradiction(n.Name(), doMoveAway, "it is not a regular file")
			}
		default:
			return contradiction(n.Name(), doMoveAway, "the file does not belong to a ledger")
		}
	}
	st, err := os.Stat(filepath.Join(dir, dbName))
	switch {
	case errors.Is(err, os.ErrNotExist):
		return contradiction(dbName, doRestore, "the file is missing")
	case err != nil:
		return fmt.Errorf("cannot open ledger: %w", err)
	case st.Size() == 0:
		return contradiction(dbName, doRestore, "the file is empty")
	case st.Size()%pageSize != 0:
		return contradiction(dbName, doRestore, "the file has %d bytes, which is no multiple of its page of %d", st.Size(), pageSize)
	}
	return nil
}

// Open opens the ledger in the directory path for this process alone. It audits everything (see Audit) and returns a
// *Contradiction if anything does not agree. It repairs nothing, save the tables of projections whose definition has changed.
func Open(ctx context.Context, path string, o Options) (*Ledger, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	dir := filepath.Clean(path)
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil, contradiction(filepath.Base(dir), "run init if this station never had a ledger, else restore it", "there is no ledger at %s", dir)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	if err := checkNames(dir); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s, err := openStore(ctx, dir, false, o.testOnlySynchronous)
	if err != nil {
		return nil, errors.Join(contradiction(dbName, doRestore, "SQLite cannot read it: %v", err), lock.Close())
	}
	l := newLedger(o, dir, s)
	l.lock = lock
	if err := l.start(ctx); err != nil {
		if l.head != nil {
			err = errors.Join(err, l.head.f.Close())
		}
		return nil, errors.Join(err, l.stmt.close(), s.close(), lock.Close())
	}
	return l, nil
}

// start audits and begins work.
func (l *Ledger) start(ctx context.Context) error {
	if err := l.checkHeader(ctx); err != nil {
		return err
	}
	current, err := l.currentProjections(ctx)
	if err != nil {
		return err
	}
	a, err := l.auditAll(ctx, ctx.Err, current && !l.o.Rebuild)
	if err != nil {
		return err
	}
	l.state, l.verifier = a.state, a.verifier
	if err := l.stmt.prepare(ctx, l.store.conn); err != nil {
		return err
	}
	if !current || l.o.Rebuild {
		l.logger.Info("ledger rebuilds its projections", "asked", l.o.Rebuild)
		if err := l.rebuild(ctx); err != nil {
			return err
		}
	}
	l.remember(l.state.size, l.state.root)
	// From here on the ledger is sound. The head file begins anew, so that a torn slot of a power cut does not stay.
	if err := l.replaceHead(); err != nil {
		return err
	}
	l.openedAt = l.state.seq
	l.done.Add(1)
	go l.run()
	l.logger.Info("ledger open", "size", l.state.size, "commits", l.state.seq)
	return nil
}

// checkHeader checks what the SQLite file says of itself, and its structure.
func (l *Ledger) checkHeader(ctx context.Context) error {
	for _, want := range []struct{ pragma, value string }{
		{"application_id", fmt.Sprint(applicationID)}, {"user_version", fmt.Sprint(userVersion)}, {"page_size", fmt.Sprint(pageSize)},
		{"encoding", "UTF-8"}, {"auto_vacuum", "0"}, {"journal_mode", "wal"}, {"locking_mode", "exclusive"},
		{"synchronous", map[string]string{"FULL": "2", "NORMAL": "1"}[l.o.testOnlySynchronous]},
	} {
		var got string
		if err := l.store.conn.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			if strings.Contains(err.Error(), "SQLITE_BUSY") {
				return fmt.Errorf("cannot open ledger: %s is in use by another program: %w", l.dir, err)
			}
			return contradiction(dbName, doRestore, "SQLite cannot read it: %v", err)
		}
		if got != want.value {
			return contradiction(dbName, doRestore, "its %s is %s, want %s", want.pragma, got, want.value)
		}
	}
	var found []string
	err := eachRow(ctx, l.store.conn, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		found = append(found, s)
		return err
	}, "PRAGMA integrity_check(3)")
	if err != nil {
		return contradiction(dbName, doRestore, "SQLite cannot read it: %v", err)
	}
	if len(found) != 1 || found[0] != "ok" {
		return contradiction(dbName, doRestore, "its structure is damaged: %s", strings.Join(found, "; "))
	}
	return l.checkSchema(ctx)
}

// checkSchema compares tables, indexes and triggers, statement by statement, with those of an empty ledger. Tables of a
// projection are compared later; others are foreign.
func (l *Ledger) checkSchema(ctx context.Context) error {
	core, err := schemaOf(ctx, l.store)
	if err != nil {
		return contradiction(dbName, doRestore, "its schema cannot be read: %v", err)
	}
	projected := map[string]bool{}
	if err := l.eachProjectionTable(ctx, func(t string) { projected[t] = true }); err != nil {
		return contradiction(dbName, doRestore, "its list of projections cannot be read: %v", err)
	}
	empty := l.o
	empty.Projections = nil
	twin, err := openTwin(ctx, &empty)
	if err != nil {
		return err
	}
	want, err := schemaOf(ctx, twin)
	if err = errors.Join(err, twin.close()); err != nil {
		return err
	}
	for name, x := range want {
		if got, ok := core[name]; !ok {
			return contradiction(dbName, doRestore, "the %s is missing from its schema", name)
		} else if got != x {
			return contradiction(dbName, doRestore, "the %s of its schema was changed", name)
		}
	}
	for name, x := range core {
		if _, ok := want[name]; !ok && !projected[x.table] {
			return contradiction(dbName, doRestore, "the %s in its schema does not belong to a ledger", name)
		}
	}
	return nil
}

type schemaObject struct{ table, sql string }

// schemaOf reads the schema; keys are such as "table entry".
func schemaOf(ctx context.Context, s *store) (map[string]schemaObject, error) {
	out := map[string]schemaObject{}
	err := eachRow(ctx, s.conn, func(scan func(...any) error) error {
		var kind, name string
		var o schemaObject
		if err := scan(&kind, &name, &o.table, &o.sql); err != nil {
			return err
		}
		out[kind+" "+name] = o
		return nil
	}, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema")
	return out, err
}
