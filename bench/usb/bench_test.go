package usb_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sexton/bench/usb"
	"sexton/usbctl/desc"
	"sexton/usbctl/ident"
	"sexton/usbctl/line"
	"sexton/usbctl/media"
	"sexton/usbctl/model"
	"sexton/usbctl/rules"
	"sexton/usbctl/usbctltest"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
)

func start(t *testing.T) (*usb.Bench, string) {
	path := filepath.Join(t.TempDir(), "usb.sock")
	b, err := usb.Start(usb.NewHub(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	return b, path
}

func dial(t *testing.T, path string) *line.Client {
	t.Helper()
	c, err := line.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// wait reads events until one is of a kind, and gives it.
func wait(t *testing.T, c *line.Client, k line.Kind) line.Event {
	t.Helper()
	for e := range c.Events() {
		if e.Kind == k {
			return e
		}
	}
	t.Fatalf("no %s came: %v", k, c.Err())
	return line.Event{}
}

// known makes a policy of the devices that were attached.
func known(t *testing.T, events ...line.Event) line.Policy {
	t.Helper()
	var p line.Policy
	for _, e := range events {
		d, err := desc.Parse(e.Device.Descriptors)
		if err != nil {
			t.Fatal(err)
		}
		l := ident.LikenessOf(ident.Look{Speed: e.Device.Speed, Device: d, Strings: e.Device.Strings})
		p.Keys = append(p.Keys, line.Key{ID: "K-1", Descriptors: l.Descriptors, Strings: l.Strings})
	}
	return p
}

type journal struct {
	ident.Epochs
	fail error
}

func (j *journal) Begin(_ context.Context, n uint64) error { j.Pending = n; return j.fail }
func (j *journal) Commit(_ context.Context, n uint64) error {
	j.Epochs = ident.Epochs{Current: n}
	return nil
}

func canary(e line.Event, kind worker.Kind, epochs ident.Epochs) line.Request {
	return line.Request{Port: e.Port, Generation: e.Generation, LimitS: 60, Job: worker.Job{Kind: kind,
		Canary: &worker.CanaryJob{Secret: make([]byte, ident.SecretSize), Region: ident.Region{Start: 100000, Count: 4096}, Epochs: epochs}}}
}

// TestStation is the life of a key and its clone as a station sees it over the socket.
func TestStation(t *testing.T) {
	b, path := start(t)
	c := dial(t, path)
	if h := c.Hello(); !h.Bench || h.Version != line.Version || h.Boot == "" {
		t.Fatalf("%+v", h)
	}
	key := usb.Good("S1")
	b.Insert("1-1", key)
	e := wait(t, c, line.Attached)
	if v := wait(t, c, line.Judged); v.Verdict.Action != rules.Quarantine || e.Device.Serial != "S1" || e.Device.Product != "SLATE KEY" {
		t.Fatalf("%+v %+v", e.Device, v.Verdict)
	}
	var f *line.Fault
	if _, err := c.Run(t.Context(), canary(e, worker.CanaryLay, ident.Epochs{}), nil); !errors.As(err, &f) || f.Code != line.CodeShut {
		t.Fatalf("a job on a key that is not let in: %v", err)
	}
	p := known(t, e)
	if err := c.Policy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if v := wait(t, c, line.Judged); v.Verdict.Action != rules.Allow || v.Verdict.Key != "K-1" {
		t.Fatalf("%+v", v.Verdict)
	}
	var j journal
	if a, err := c.Run(t.Context(), canary(e, worker.CanaryLay, j.Epochs), &j); err != nil || !a.Sound || j.Current != 1 {
		t.Fatalf("laid: %+v %v %+v", a, err, j)
	}
	clone := usb.Clone(key)
	if a, err := c.Run(t.Context(), canary(e, worker.CanaryMeet, j.Epochs), &j); err != nil || a.Result.Verdict != ident.Current || j.Current != 2 {
		t.Fatalf("met: %+v %v %+v", a, err, j)
	}
	b.Insert("1-1", clone)
	wait(t, c, line.Removed)
	e = wait(t, c, line.Attached)
	if a, err := c.Run(t.Context(), canary(e, worker.CanaryMeet, j.Epochs), &j); err != nil || a.Result.Verdict != ident.Stale || j.Current != 2 {
		t.Fatalf("the clone: %+v %v %+v", a, err, j)
	}
	if err := c.Expel(t.Context(), line.Expulsion{Port: e.Port, Generation: e.Generation, Reason: "stale"}); err != nil {
		t.Fatal(err)
	}
	if on, _ := b.Alive("1-1"); on {
		t.Error("an expelled key lives")
	}
	b.Insert("1-1", key)
	e = wait(t, c, line.Attached)
	j.fail = errors.New("the disk is full")
	a, err := c.Run(t.Context(), canary(e, worker.CanaryMeet, j.Epochs), &j)
	if err != nil || a.Result.Err() == nil || !strings.Contains(a.Result.Err().Error(), "the disk is full") || j.Current != 2 {
		t.Errorf("a journal that fails: %+v %v", a.Result, err)
	}
	j.fail = nil
	if a, err := c.Run(t.Context(), canary(e, worker.CanaryMeet, j.Epochs), &j); err != nil || a.Result.Verdict != ident.Interrupted || j.Current != 4 {
		t.Errorf("after a rotation that broke off: %+v %v %+v", a.Result, err, j)
	}
}

// TestConformance: the broker behind its socket is what the station's contract says.
func TestConformance(t *testing.T) {
	usbctltest.Media(t, func(t *testing.T) (media.Media, usbctltest.Ports) {
		b, path := start(t)
		return line.NewMedia(path), b
	})
}

// TestTheOthers: each kind of virtual key shows what it is.
func TestTheOthers(t *testing.T) {
	b, path := start(t)
	c := dial(t, path)
	insert := func(d *model.Device) line.Event {
		b.Insert("1-1", d)
		e := wait(t, c, line.Attached)
		if err := c.Policy(t.Context(), known(t, e)); err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := insert(usb.Fake("F1"))
	probe := line.Request{Port: e.Port, Generation: e.Generation, LimitS: 60, Job: worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: make([]byte, 16)}}}
	if a, err := c.Run(t.Context(), probe, nil); err != nil || a.Result.Fake == nil {
		t.Errorf("fake: %+v %v", a.Result, err)
	}
	e = insert(usb.Dying("D1", 1024))
	probe.Generation = e.Generation
	if a, err := c.Run(t.Context(), probe, nil); err != nil || a.Result.Err() == nil || a.Result.Fake != nil {
		t.Errorf("dying: %+v %v", a.Result, err)
	}
	insert(usb.BadUSB("B1"))
	if on, _ := b.Alive("1-1"); on {
		t.Error("a BadUSB lives")
	}
}

// TestStationIsLost: with the station everything it allowed is gone; what happens
// meanwhile is told to the next one.
func TestStationIsLost(t *testing.T) {
	b, path := start(t)
	c := dial(t, path)
	b.Insert("1-1", usb.Good("S1"))
	e := wait(t, c, line.Attached)
	if err := c.Policy(t.Context(), known(t, e)); err != nil {
		t.Fatal(err)
	}
	other, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := line.New(t.Context(), other); err == nil {
		t.Error("two stations are served")
	}
	for v := wait(t, c, line.Judged); v.Verdict.Action != rules.Allow; {
		v = wait(t, c, line.Judged)
	}
	c.Close()
	if err := c.Policy(t.Context(), line.Policy{}); !errors.Is(err, line.ErrLost) {
		t.Errorf("%v", err)
	}
	b.Insert("1-2", usb.BadUSB("B1"))
	var next *line.Client
	for next == nil { // the server notices the loss in its own time
		next, _ = line.Dial(t.Context(), path)
	}
	defer next.Close()
	// Nothing was on record, so everything is told again, and what came after it.
	var story []string
	for e := range next.Events() {
		if e.Seq != uint64(len(story)+1) {
			t.Fatalf("event %d is numbered %d", len(story)+1, e.Seq)
		}
		story = append(story, e.Port+" "+string(e.Kind))
		if e.Verdict != nil {
			story[len(story)-1] += " " + string(e.Verdict.Action)
		}
		_, after, let := strings.Cut(strings.Join(story, "\n"), "1-1 verdict allow-interfaces")
		if let && strings.Contains(after, "1-1 verdict quarantine") && slices.Contains(story, "1-2 verdict quarantine") {
			break
		}
	}
	if story[0] != "1-1 attached" {
		t.Errorf("told: %q", story)
	}
	if err := next.Told(2); err != nil {
		t.Error(err)
	}
	if err := next.Told(1 << 40); err != nil {
		t.Error(err)
	}
	for range next.Events() { // until the broker hangs up on a number that it never told
	}
	if on, _ := b.Alive("1-1"); on {
		t.Error("a key lives without a station")
	}
}

// TestBreaches: what no honest station sends ends the connection.
func TestBreaches(t *testing.T) {
	_, path := start(t)
	frame := func(op wire.Op, tag uint32, p string) []byte {
		b, err := wire.Append(nil, wire.Frame{Op: op, Tag: tag, Payload: []byte(p)})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"unknown operation":        frame(99, 1, "{}"),
		"tag 0":                    frame(1, 0, "{}"),
		"unknown key":              frame(1, 1, `{"keys":[],"more":1}`),
		"no JSON":                  frame(2, 1, "x"),
		"an answer nobody asked":   frame(4, 1, "{}"),
		"an operation of a broker": frame(64, 1, "{}"),
		"garbage":                  []byte("GET / HTTP/1.1\r\n\r\n"),
	} {
		for {
			c, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := wire.Read(c, nil); err != nil {
				c.Close()
				continue // the one before is not lost yet
			}
			if _, err := c.Write(b); err != nil {
				t.Fatal(err)
			}
			if _, err := wire.Read(c, nil); err == nil {
				t.Errorf("%s is answered", name)
			}
			c.Close()
			break
		}
	}
}
