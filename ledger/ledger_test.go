package ledger_test

import (
	"bytes"
	"context"
	"crypto"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

func TestInitAppendReopen(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	dir := initialised(t, s, o)

	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	var last ledger.Receipt
	for i := range 20 {
		last = appendOK(t, l, s.refusal(l.Head(), fmt.Sprint("code-", i)))[0]
	}
	if last.Index != 20 || last.Size != 21 {
		t.Fatalf("last receipt %+v", last)
	}
	text := []byte("profile = 1\n")
	appendOK(t, l, s.carrier(l.Head(), "c-1", nil), s.carrier(l.Head(), "c-2", nil), s.adopted(l.Head(), "p", text))
	head := l.Head()
	report, err := l.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if report.Entries != 24 || report.Openings != 3 || report.Attachments != 1 || report.Subjects != 4 || report.Root != head.Root {
		t.Errorf("report %+v", report)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), s.refusal(head, "late")); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("append after close: %v", err)
	}

	l = open(t, dir, o)
	if got := l.Head(); got.Size != head.Size || got.Root != head.Root || !bytes.Equal(got.Note, head.Note) {
		t.Errorf("head after reopening %+v, before %+v", got, head)
	}
	appendOK(t, l, s.refusal(l.Head(), "again"))
}

func TestRootsAreThoseOfRFC6962(t *testing.T) {
	s := newStation()
	l := open(t, initialised(t, s, s.options()), s.options())
	f := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	judge := f.NewEmptyRange(0)
	add := func(b []byte) {
		if err := judge.Append(rfc6962.DefaultHasher.HashLeaf(b), nil); err != nil {
			t.Fatal(err)
		}
	}
	first, err := l.Leaf(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	add(first)
	for i := range 300 {
		e := s.refusal(l.Head(), fmt.Sprint(i))
		r := appendOK(t, l, e)[0]
		add(e.Leaf)
		root, err := judge.GetRootHash(nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Root != hex.EncodeToString(root) {
			t.Fatalf("root at %d is %s, the judge says %x", r.Size, r.Root, root)
		}
	}
}

func TestRepeatingIsAcknowledgedOnce(t *testing.T) {
	s := newStation()
	k := &kinds{}
	o := s.options()
	o.Projections = []ledger.Projection{k}
	l := open(t, initialised(t, s, o), o)
	e := []ledger.Entry{s.carrier(l.Head(), "c-1", nil), s.carrier(l.Head(), "c-2", nil)}
	a := appendOK(t, l, e...)
	before := l.Head()
	b := appendOK(t, l, e...)
	if l.Head().Size != before.Size || !bytes.Equal(l.Head().Note, before.Note) {
		t.Error("the repetition was stored")
	}
	for i := range a {
		if !b[i].Duplicate || a[i].Duplicate || b[i].Index != a[i].Index || b[i].Hash != a[i].Hash {
			t.Errorf("receipts %+v and %+v", a[i], b[i])
		}
	}
	_, p, err := leaf.Decode(e[0].Leaf)
	if err != nil {
		t.Fatal(err)
	}
	other := s.entry(leaf.Payload{ID: p.ID, Kind: leaf.RefusalRecorded, Seen: seen(l.Head()), Body: &leaf.Refusal{}}, nil)
	if _, err := l.Append(t.Context(), other); !errors.Is(err, ledger.ErrConflict) {
		t.Errorf("the same id with other bytes: %v", err)
	}
	if _, err := l.Append(t.Context(), e[0], e[0]); !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("the same entry twice in one call: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	l := open(t, initialised(t, s, o), o)
	c1 := appendOK(t, l, s.carrier(l.Head(), "c-1", nil))[0]
	h := l.Head()
	opened := s.carrier(h, "c-9", nil)
	closed := opened
	closed.Openings = nil
	unknown := s.refusal(h, "x")
	unknown.Attachments = [][]byte{[]byte("not mentioned")}
	stranger := newStation()
	future := h
	future.Size++
	wrongRoot := h
	wrongRoot.Root = strings.Repeat("0", 64)
	zero := ledger.Head{Root: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
	for name, c := range map[string]struct {
		e    ledger.Entry
		want error
	}{
		"no leaf":                  {ledger.Entry{Leaf: []byte("{}")}, ledger.ErrInvalid},
		"opening missing":          {closed, ledger.ErrInvalid},
		"attachment not mentioned": {unknown, ledger.ErrInvalid},
		"second genesis":           {stranger.genesis(), ledger.ErrInvalid},
		"seen from the future":     {s.refusal(future, "x"), ledger.ErrSeen},
		"seen with another root":   {s.refusal(wrongRoot, "x"), ledger.ErrSeen},
		"seen nothing":             {s.refusal(zero, "x"), ledger.ErrSeen},
		"prev missing":             {s.carrier(h, "c-1", nil), ledger.ErrStale},
		"prev of another":          {s.carrier(h, "c-1", map[string]string{"carrier/c-1": strings.Repeat("1", 64)}), ledger.ErrStale},
		"prev of a new subject":    {s.carrier(h, "c-2", map[string]string{"carrier/c-2": c1.Hash}), ledger.ErrStale},
		"projection":               {s.refusal(h, "refuse me"), ledger.ErrRefused},
	} {
		if _, err := l.Append(t.Context(), s.refusal(h, "good"), c.e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if got := l.Head(); got.Size != h.Size || !bytes.Equal(got.Note, h.Note) {
			t.Fatalf("%s: the head moved", name)
		}
	}
	appendOK(t, l, s.carrier(h, "c-1", map[string]string{"carrier/c-1": c1.Hash}))
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

// Many writers at once, a third of them refused: the others of their group must be committed, at consecutive places, and the
// refused must leave nothing.
func TestGroupsCommitWhatIsGood(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	dir := initialised(t, s, o)
	l := open(t, dir, o)
	h := l.Head()
	const writers, each = 48, 15
	var mu sync.Mutex
	places := map[int64]string{}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range each {
				code := fmt.Sprintf("%d-%d", w, i)
				if (w+i)%3 == 0 {
					if _, err := l.Append(context.Background(), s.refusal(h, code), s.refusal(h, "refuse me")); !errors.Is(err, ledger.ErrRefused) {
						t.Errorf("want refused: %v", err)
					}
					continue
				}
				a, b := s.refusal(h, code), s.refusal(h, code)
				r, err := l.Append(context.Background(), a, b)
				if err != nil || r[1].Index != r[0].Index+1 {
					t.Errorf("%v %+v", err, r)
					continue
				}
				mu.Lock()
				for k, e := range []ledger.Entry{a, b} {
					if places[r[k].Index] != "" {
						t.Errorf("place %d given twice", r[k].Index)
					}
					places[r[k].Index] = leaf.Hash(e.Leaf)
				}
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
	if got := l.Head().Size; got != int64(len(places))+1 {
		t.Fatalf("size %d, %d acknowledged", got, len(places))
	}
	for at, hash := range places {
		b, err := l.Leaf(t.Context(), at)
		if err != nil || leaf.Hash(b) != hash {
			t.Fatalf("leaf %d is not the one acknowledged: %v", at, err)
		}
	}
	if _, err := l.Audit(t.Context()); err != nil {
		t.Fatal(err)
	}
	var refused int
	err := l.Query(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM codes WHERE code = 'refuse me'").Scan(&refused)
	})
	if err != nil || refused != 0 {
		t.Errorf("%d rows of refused entries, %v", refused, err)
	}
}

func TestOnlyInitMakesALedger(t *testing.T) {
	s := newStation()
	dir := filepath.Join(t.TempDir(), "x", "ledger")
	var c *ledger.Contradiction
	if _, err := ledger.Open(t.Context(), dir, s.options()); !errors.As(err, &c) {
		t.Errorf("open of nothing: %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Error("Open made something")
	}
	if err := ledger.Init(t.Context(), dir, s.options(), s.refusal(ledger.Head{Root: strings.Repeat("0", 64)}, "x")); err == nil {
		t.Error("init without genesis leaf")
	}
	other := newStation()
	if err := ledger.Init(t.Context(), dir, other.options(), s.genesis()); err == nil {
		t.Error("init with another key than genesis names")
	}
	names, err := os.ReadDir(filepath.Dir(dir))
	if err != nil || len(names) != 0 {
		t.Errorf("refused init left %v, %v", names, err)
	}
	if err := ledger.Init(t.Context(), dir, s.options(), s.genesis()); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Init(t.Context(), dir, s.options(), s.genesis()); err == nil || !strings.Contains(err.Error(), "never overwritten") {
		t.Errorf("second init: %v", err)
	}
	if _, err := ledger.Open(t.Context(), dir, other.options()); !errors.As(err, &c) {
		t.Errorf("open with another key: %v", err)
	}
	l := open(t, dir, s.options())
	if _, err := ledger.Open(t.Context(), dir, s.options()); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("second open: %v", err)
	}
	_ = l
}

func TestReadersSeeWhatIsThere(t *testing.T) {
	s := newStation()
	l := open(t, initialised(t, s, s.options()), s.options())
	text := []byte("a profile")
	e := s.carrier(l.Head(), "c-1", nil)
	r := appendOK(t, l, e, s.adopted(l.Head(), "p", text))
	_, p, _ := leaf.Decode(e.Leaf)
	got, b, err := l.ByEvent(t.Context(), p.ID)
	if err != nil || got.Index != r[0].Index || !bytes.Equal(b, e.Leaf) {
		t.Errorf("by event: %+v %v", got, err)
	}
	if got, _, err := l.ByHash(t.Context(), r[0].Hash); err != nil || got.Index != r[0].Index {
		t.Errorf("by hash: %+v %v", got, err)
	}
	if o, err := l.Openings(t.Context(), p.ID); err != nil || len(o) != 1 || o[0].Value != "标题 c-1" {
		t.Errorf("openings %v %v", o, err)
	}
	_, q, _ := leaf.Decode(must(l.Leaf(t.Context(), r[1].Index)))
	if a, err := l.Attachment(t.Context(), q.Body.(*leaf.Adopted).SHA256); err != nil || !bytes.Equal(a, text) {
		t.Errorf("attachment %q %v", a, err)
	}
	if h, err := l.SubjectHead(t.Context(), "carrier/c-1"); err != nil || h != r[0].Hash {
		t.Errorf("subject head %s %v", h, err)
	}
	if h, err := l.SubjectHead(t.Context(), "carrier/none"); err != nil || h != "" {
		t.Errorf("subject head of nothing %q %v", h, err)
	}
	if n, err := l.Checkpoint(t.Context(), 1); err != nil || !strings.HasPrefix(string(n), origin+"\n1\n") {
		t.Errorf("checkpoint at 1: %q %v", n, err)
	}
	for name, f := range map[string]func() error{
		"leaf":       func() error { _, err := l.Leaf(t.Context(), 99); return err },
		"leaves":     func() error { _, err := l.Leaves(t.Context(), 2, 2); return err },
		"event":      func() error { _, _, err := l.ByEvent(t.Context(), "x"); return err },
		"hash":       func() error { _, _, err := l.ByHash(t.Context(), strings.Repeat("0", 64)); return err },
		"openings":   func() error { _, err := l.Openings(t.Context(), "x"); return err },
		"attachment": func() error { _, err := l.Attachment(t.Context(), strings.Repeat("0", 64)); return err },
		"checkpoint": func() error { _, err := l.Checkpoint(t.Context(), 2); return err },
		"proof":      func() error { _, err := l.TlogProof(t.Context(), 3); return err },
		"inclusion":  func() error { _, err := l.ProveInclusion(t.Context(), 0, 4); return err },
	} {
		if err := f(); !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	err = l.Query(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("DELETE FROM subject_head")
		return err
	})
	if err == nil {
		t.Error("a query wrote")
	}
	appendOK(t, l, s.refusal(l.Head(), "writing still works"))
}

// Readers that give up at any moment must not disturb the writer on the same connection.
func TestCancelledReadersDisturbNobody(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	l := open(t, initialised(t, s, o), o)
	fill(t, s, l, 200)
	h := l.Head()
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for k := range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				var err error
				switch (i + k) % 5 {
				case 0:
					_, err = l.Leaves(ctx, 0, 100)
				case 1:
					_, err = l.ProveInclusion(ctx, 17, h.Size)
				case 2:
					_, err = l.Audit(ctx)
				case 3:
					err = l.Rebuild(ctx)
				case 4:
					err = l.Query(ctx, func(tx *sql.Tx) error {
						var n int
						return tx.QueryRow("SELECT count(*) FROM entry").Scan(&n)
					})
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("reader: %v", err)
				}
				cancel()
			}
		}()
	}
	for i := range 150 {
		if _, err := l.Append(t.Context(), s.refusal(h, fmt.Sprint(i))); err != nil {
			t.Errorf("append: %v", err)
			break
		}
	}
	close(stop)
	wg.Wait()
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestVerifyRefusesBeforeTheQueue(t *testing.T) {
	s := newStation()
	o := s.options()
	dir := initialised(t, s, o)
	o.Verify = func(env leaf.Envelope, p leaf.Payload) error {
		return leaf.Check(env, p, stationOnly{s})
	}
	l := open(t, dir, o)
	appendOK(t, l, s.refusal(l.Head(), "signed by the station"))
	stranger := newStation()
	if _, err := l.Append(t.Context(), stranger.refusal(l.Head(), "signed by another")); !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("a stranger's signature: %v", err)
	}
}

type stationOnly struct{ s *testStation }

func (k stationOnly) StationKey(string) (crypto.PublicKey, error) { return k.s.event.Public(), nil }
func (stationOnly) PersonKey(string, string) (crypto.PublicKey, error) {
	return nil, errors.New("nobody is enrolled")
}
