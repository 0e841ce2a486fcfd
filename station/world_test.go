package station_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	benchmedia "sexton/bench/media"
	"sexton/ledger"
	"sexton/ledger/index"
	"sexton/shredder"
	"sexton/station"
	"sexton/token"
	"sexton/usbctl/media"
)

const origin = "bench.example/station"

// world is what outlives a process: disk, machine, cards and paper.
type world struct {
	t        *testing.T
	dir      string
	secret   string
	verifier string
	cfg      station.Config
	event    ed25519.PrivateKey
	m        *shredderSim    // nil with the bench
	ports    *benchmedia.Hub // nil = the station has no USB ports
	d        *desk           // nil with the bench
	desk     token.Desk
	trust    station.Truster
	mach     func(*life) shredder.Machine
	put      func(number string, p feedPlan) bool // a hand feeds a carrier; says whether it is gone
	source   []byte                               // the transfer list
	cards    map[string]*plastic                  // by person
	list     string
	register func(station.Register) station.Register // nil = as it is
	counted  []string                                // numbers a count finds; nil = all of the list

	later atomic.Int64 // nanoseconds that the station's monotonic clock is ahead
	wall  atomic.Int64 // nanoseconds that its wall clock is ahead

	mu   sync.Mutex
	gone map[string]int // carrier number -> how often it physically went into the machine
	asks map[string]int // how often somebody was asked to feed it after it was gone
	grid map[string]feedPlan

	// of the present life
	life   *life
	led    *ledger.Ledger
	st     *station.Station
	logins map[string]string // person -> session
}

// feedPlan is what happens when a carrier is fed.
type feedPlan struct {
	energy uint64
	skip   bool // nobody feeds it
}

type person struct {
	id    string
	roles []string
}

// crew has everybody a batch needs. The readers are named after the persons.
var crew = []person{{"admin", []string{"admin", "receiver", "counter", "keeper"}}, {"zhang", []string{"applicant", "second-counter"}}, {"wang", []string{"approver"}},
	{"li", []string{"destroyer"}}, {"zhao", []string{"attestor"}}}

func pinOf(id string) string { return fmt.Sprintf("%06d", 271828+len(id)) }

func pin(id string) *station.PIN { return must(station.NewPIN([]byte(pinOf(id)), false)) }

// newWorld is a world of fakes.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, m: newShredder(), d: newDesk(), trust: trustAll{}, cards: map[string]*plastic{}}
	w.desk = w.d
	w.mach = func(l *life) shredder.Machine { return machine{w.m, l} }
	w.put = func(_ string, p feedPlan) bool { return w.m.put(p.energy, 50) }
	for i, p := range crew {
		w.cards[p.id] = newPlastic(p.id, pinOf(p.id), uint32(100+i))
		w.d.insert(p.id, w.cards[p.id])
	}
	w.cfg = station.Config{FeedTimeout: 50 * time.Millisecond, SettleTimeout: 5 * time.Second, Dwell: 15 * time.Millisecond,
		LinkTimeout: 30 * time.Millisecond, CommandTimeout: 2 * time.Second, Poll: time.Millisecond}
	w.found()
	return w
}

// found initialises the ledger and begins the first life.
func (w *world) found() {
	t := w.t
	t.Helper()
	w.dir, w.gone, w.asks, w.grid = filepath.Join(t.TempDir(), "ledger"), map[string]int{}, map[string]int{}, map[string]feedPlan{}
	w.cfg.Origin, w.cfg.Bench, w.cfg.Software = origin, true, "test"
	w.secret, w.verifier, _ = ledger.NewLogKey(origin)
	_, w.event, _ = ed25519.GenerateKey(rand.Reader)
	genesis, err := station.Genesis(station.GenesisOptions{Origin: origin, LogKey: w.verifier, EventSigner: w.event, Bench: true, Unit: "某局（演练）", Clock: must(station.SystemClock()), Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Init(t.Context(), w.dir, w.options(), genesis); err != nil {
		t.Fatal(err)
	}
	w.start(nil)
	t.Cleanup(w.stop)
}

// clock is the host's, w.later ahead in its monotonic part.
func (w *world) clock() station.Clock {
	c := must(station.SystemClock())
	mono, now := c.Mono, c.Now
	c.Now = func() time.Time { return now().Add(time.Duration(w.wall.Load())) }
	c.Mono = func() time.Duration { return mono() + time.Duration(w.later.Load()) }
	return c
}

func (w *world) options() ledger.Options {
	return ledger.Options{Origin: origin, LogSigner: must(ledger.ParseLogKey(w.secret)), Projections: []ledger.Projection{index.New()},
		Exit: func(err error) { w.t.Errorf("ledger exit: %v", err) }}
}

// start begins a life. plan may kill it.
func (w *world) start(plan func(string, int) (bool, bool)) {
	w.t.Helper()
	w.life = newLife()
	w.logins = map[string]string{}
	led, err := ledger.Open(context.Background(), w.dir, w.options())
	if err != nil {
		w.t.Fatal(err)
	}
	w.led = led
	w.life.plan = plan
	var ports media.Media
	if w.ports != nil {
		ports = portsOf{w.ports, w.life}
	}
	st, err := station.Open(context.Background(), station.Deps{
		Book: book{led, w.life}, Register: w.registerOf(led), Desk: w.desk, Trust: w.trust, Machine: w.mach(w.life), Media: ports,
		EventSigner: w.event, Clock: w.clock(), Rand: rand.Reader, Logger: slog.New(slog.DiscardHandler),
		Config: w.cfg,
	})
	w.st = st
	if err != nil {
		if !w.life.over() {
			w.t.Fatal(err)
		}
		w.st = nil
	}
}

func (w *world) registerOf(led *ledger.Ledger) station.Register {
	r := station.NewRegister(index.NewReader(led))
	if w.register != nil {
		return w.register(r)
	}
	return r
}

// stop ends a life: with a living one like a clean shutdown, with a dead one like the end of a process.
func (w *world) stop() {
	if w.st != nil {
		_ = w.st.Close()
	}
	if w.led != nil {
		_ = w.led.Close()
	}
	w.st, w.led = nil, nil
}

// restart is the next process after a crash.
func (w *world) restart(plan func(string, int) (bool, bool)) {
	w.t.Helper()
	w.life.kill()
	w.stop()
	w.start(plan)
}

// session logs a person in once per life.
func (w *world) session(id string) (string, error) {
	if s, ok := w.logins[id]; ok {
		return s, nil
	}
	v, err := w.st.Login(w.t.Context(), id, pin(id))
	if err != nil {
		return "", err
	}
	w.logins[id] = v.ID
	return v.ID, nil
}

func (w *world) signer(id string) station.Signer {
	s, err := w.session(id)
	if err != nil {
		return station.Signer{PIN: pin(id)}
	}
	return station.Signer{Session: s, PIN: pin(id)}
}

// paperList is a transfer list of n documents of ten pages; more is appended.
func paperList(n int, more string) []byte {
	b := "序号,载体编号,文件资料名称,制发单位,载体类别,密级,保密期限,页数或容量,份数或数量,须清退,备注\n"
	for i := range n {
		b += fmt.Sprintf("%d,YZ-%03d,文件%d（演练）,某局（演练）,纸介质,秘密,10年,10页,1,否,\n", i+1, i+1, i+1)
	}
	return []byte(b + more)
}

// found an office: people, machine, policy, one received list of n paper carriers.
func (w *world) office(n int) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, p := range crew {
		admin := station.Signer{}
		if p.id != "admin" {
			admin = w.signer("admin")
		}
		if _, err := w.st.EnrolPerson(ctx, station.EnrolOptions{Person: p.id, Name: "姓名" + p.id, Roles: p.roles, Reader: p.id, PIN: pin(p.id)}, admin); err != nil {
			w.t.Fatalf("enrol %s: %v", p.id, err)
		}
	}
	if _, err := w.st.EnrolMachine(ctx, station.MachineOptions{Machine: "shredder-1"}, w.signer("admin")); err != nil {
		w.t.Fatal(err)
	}
	profile := must(os.ReadFile("../testdata/policy/unit-training.toml"))
	if _, err := w.st.AdoptPolicy(ctx, profile, w.signer("admin")); err != nil {
		w.t.Fatal(err)
	}
	w.posts()
	if w.source == nil {
		w.source = paperList(n, "")
	}
	v, err := w.st.ImportList(ctx, w.source, station.ImportOptions{Session: must(w.session("admin"))})
	if err != nil {
		w.t.Fatalf("import: %v, %+v", err, v.Bad)
	}
	w.list = v.List.ID
	w.receive(v.List)
}

// posts puts the crew on post, trained and pledged; nobody but the admin stays logged in.
func (w *world) posts() {
	w.t.Helper()
	ctx := w.t.Context()
	must(w.st.EnterDepartment(ctx, station.DepartmentOptions{Session: must(w.session("admin")), Department: "BMS", Name: "保密室（演练）", Highest: "绝密"}))
	for _, p := range crew {
		must(w.st.PostPerson(ctx, station.PostOptions{Session: w.logins["admin"], Person: p.id, Department: "BMS", Post: "岗位（演练）", Grade: "core",
			Clearance: "绝密", TrainedTill: "2099-12-31", Since: "2020-01-01"}))
		must(w.st.Pledge(ctx, false, w.signer(p.id)))
		if p.id != "admin" {
			if err := w.st.Logout(ctx, w.logins[p.id]); err != nil {
				w.t.Fatal(err)
			}
			delete(w.logins, p.id)
			w.settleLedger()
		}
	}
}

// receive counts, numbers and signs for a list.
func (w *world) receive(l station.ListView) {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.st.CountList(ctx, l.ID, station.ListCountOptions{Session: must(w.session("admin")), Found: l.Rows}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.st.NumberList(ctx, l.ID, station.ListNumberOptions{Session: must(w.session("admin"))}); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.st.ReceiveList(ctx, l.ID, w.signer("admin")); err != nil {
		w.t.Fatal(err)
	}
}

// hands answers "ready": it feeds the carrier as planned, once.
func (w *world) hands(p station.Progress) {
	if p.Phase != "ready" || p.Feed > 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	plan, ok := w.grid[p.Carrier]
	if !ok {
		plan.energy = 5000
	}
	if plan.skip || w.life.over() {
		return
	}
	if w.gone[p.Carrier] > 0 {
		if p.LeftMS == w.cfg.FeedTimeout.Milliseconds() { // the first "ready" of a feed
			w.asks[p.Carrier]++
		}
		return
	}
	if w.put(p.Carrier, plan) {
		w.gone[p.Carrier]++
	}
}

// batchID opens the batch once, and finds it later.
const batchNumber = "XH-2026-01"
