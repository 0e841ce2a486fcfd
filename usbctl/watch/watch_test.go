package watch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"sexton/usbctl/model"
	"sexton/usbctl/sysfs/sysfstest"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func TestUpdate(t *testing.T) {
	var s State
	step := func(found map[string]uint64, want ...Event) {
		t.Helper()
		if got := s.Update(start, found); !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	step(map[string]uint64{"usb1": 1, "1-1": 2}, Event{Arrived, "1-1", 1, false}, Event{Arrived, "usb1", 2, false})
	step(map[string]uint64{"usb1": 1, "1-1": 2})
	// Another device at the same port between two looks: one left, one came.
	step(map[string]uint64{"usb1": 1, "1-1": 3}, Event{Gone, "1-1", 1, false}, Event{Arrived, "1-1", 3, false})
	if g, ok := s.Generation("1-1"); !ok || g != 3 {
		t.Errorf("generation %d", g)
	}
	step(map[string]uint64{"usb1": 1}, Event{Gone, "1-1", 3, false})
	if _, ok := s.Generation("1-1"); ok {
		t.Error("it is still there")
	}
}

// TestUpdateKeepsAccount: whatever comes and goes, the events account for what is
// there, generations are never reused, and a device leaves as it came.
func TestUpdateKeepsAccount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s State
		now := start
		present, used := map[string]uint64{}, map[uint64]bool{}
		var want map[string]uint64
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20000).Draw(t, "ms")) * time.Millisecond)
			want = rapid.MapOf(rapid.SampledFrom([]string{"1-1", "1-2", "2-1", "usb1"}), rapid.Uint64Range(1, 3)).Draw(t, "found")
			for _, e := range s.Update(now, maps.Clone(want)) {
				switch e.Kind {
				case Gone:
					if g, there := present[e.Name]; !there || g != e.Generation {
						t.Fatalf("%v left, but %d was there", e, g)
					}
					delete(present, e.Name)
				case Arrived:
					if _, there := present[e.Name]; there || used[e.Generation] {
						t.Fatalf("%v came, but %v is there", e, present)
					}
					present[e.Name], used[e.Generation] = e.Generation, true
				}
			}
			if len(present) != len(want) {
				t.Fatalf("%v by events, %v there", present, want)
			}
			for name := range want {
				if g, ok := s.Generation(name); !ok || g != present[name] {
					t.Fatalf("%s: generation %d, by events %d", name, g, present[name])
				}
			}
		}
	})
}

// TestStorm: the sixth arrival at one port within ten seconds is a storm, at another
// port it is none, and ten quiet seconds end it.
func TestStorm(t *testing.T) {
	var s State
	now, number := start, uint64(0)
	plug := func(name string, after time.Duration) bool {
		now, number = now.Add(after), number+1
		s.Update(now, nil)
		events := s.Update(now, map[string]uint64{name: number})
		return events[len(events)-1].Storm
	}
	for i := range StormCount {
		if plug("1-1", time.Second) {
			t.Fatalf("arrival %d is a storm", i+1)
		}
	}
	for range 50 {
		if !plug("1-1", time.Second) {
			t.Fatal("no storm")
		}
	}
	if len(s.arrivals["1-1"]) > StormCount+1 {
		t.Errorf("%d arrivals are remembered", len(s.arrivals["1-1"]))
	}
	if plug("1-2", 0) {
		t.Error("a storm at another port")
	}
	if plug("1-1", StormWindow) {
		t.Error("the storm never ends")
	}
	if len(s.arrivals) != 1 {
		t.Errorf("%d ports are remembered", len(s.arrivals))
	}
}

// TestRun: the bell brings an arrival at once, the tick brings what no bell
// announced, a broken bell is told, and everything ends with the context.
func TestRun(t *testing.T) {
	tree := sysfstest.New(t)
	u := model.NewUSB(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 1})
	synctest.Test(t, func(t *testing.T) {
		w := New(tree.FS())
		ring, broken := make(chan struct{}), make(chan error, 1)
		w.bell = func(ctx context.Context, bell chan<- struct{}) error {
			for {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case _, ok := <-ring:
					if !ok {
						return unix.ENOMEM
					}
					bell <- struct{}{}
				}
			}
		}
		w.Deaf = func(err error) { broken <- err }
		ctx, cancel := context.WithCancel(t.Context())
		events, ended := make(chan Event, 10), make(chan error, 1)
		go func() { ended <- w.Run(ctx, func(e Event) { events <- e }) }()
		if e := <-events; e.Name != "usb1" || e.Kind != Arrived {
			t.Fatal(e)
		}
		began := time.Now()
		tree.Add("1-1", 1, 2, u)
		ring <- struct{}{}
		if e := <-events; e.Name != "1-1" || e.Generation != 2 || time.Since(began) != 0 {
			t.Errorf("%v after %v", e, time.Since(began))
		}
		close(ring)
		if err := <-broken; !errors.Is(err, unix.ENOMEM) {
			t.Error(err)
		}
		tree.Remove("1-1")
		if e := <-events; e.Kind != Gone || e.Generation != 2 {
			t.Error(e)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

// TestAnnounces: only the kernel's own messages about USB ring.
func TestAnnounces(t *testing.T) {
	kernel := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	usb := []byte("add@/devices/pci0000:00/usb1/1-1\x00ACTION=add\x00SUBSYSTEM=usb\x00SEQNUM=7\x00")
	for name, c := range map[string]struct {
		from unix.Sockaddr
		b    []byte
		want bool
	}{
		"usb":            {kernel, usb, true},
		"another":        {kernel, []byte("add@/x\x00SUBSYSTEM=block\x00"), false},
		"nearly":         {kernel, []byte("add@/x\x00SUBSYSTEM=usbmon\x00"), false},
		"nothing":        {kernel, nil, false},
		"a process":      {&unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: 42}, usb, false},
		"another family": {&unix.SockaddrUnix{}, usb, false},
		"nobody":         {nil, usb, false},
	} {
		if got := announces(c.from, c.b); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestListen: the real socket opens where the kernel has one, and ends with the
// context.
func TestListen(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- listen(ctx, make(chan struct{}, 1)) }()
	cancel()
	err := <-done
	if errors.Is(err, unix.EPROTONOSUPPORT) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skipf("no events of the kernel here: %v", err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
