package host_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sexton/bench/usb"
	"sexton/bench/usbguest/guest"
	"sexton/usbctl"
	"sexton/usbctl/broker"
	"sexton/usbctl/desc"
	"sexton/usbctl/host"
	"sexton/usbctl/ident"
	"sexton/usbctl/line"
	"sexton/usbctl/model"
	"sexton/usbctl/model/vhci"
	"sexton/usbctl/rules"
	"sexton/usbctl/usbfs"
	"sexton/usbctl/watch"
	"sexton/usbctl/worker"
	"sexton/usbctl/worker/process"
	"sexton/usbctl/worker/sandbox"
)

// TestMain is a worker when it is started as one, as sexton-usbd is.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "worker" {
		id, err := strconv.Atoi(os.Args[3])
		if err == nil {
			err = process.Main(context.Background(), worker.Role(os.Args[2]), sandbox.Options{ID: id, Ioctls: usbfs.Ioctls()},
				func(f *os.File, d worker.Device, c *worker.Control) (usbctl.Pipe, error) {
					return usbfs.New(f, usbfs.Interface{Number: d.Interface, In: d.In, Out: d.Out}, c)
				})
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// station is the broker on this kernel, and what it told.
type station struct {
	t      *testing.T
	broker *broker.Broker
	mu     sync.Mutex // guards events
	events []line.Event
	news   chan struct{}
}

func newStation(t *testing.T) *station {
	set, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := &station{t: t, news: make(chan struct{}, 1)}
	s.broker = broker.New(broker.Options{Bus: host.Bus{}, Rules: set, Tell: s.tell, Starter: &process.Processes{Args: func(r worker.Role, id int) []string {
		return []string{"worker", string(r), strconv.Itoa(id)}
	}}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = watch.New(host.Bus{}.FS).Run(ctx, func(e watch.Event) {
			switch {
			case strings.HasPrefix(e.Name, "usb"):
			case e.Kind == watch.Arrived:
				s.broker.Arrived(ctx, e.Name, e.Generation, false)
			default:
				s.broker.Gone(e.Name, e.Generation)
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		if err := s.broker.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *station) tell(e line.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// await gives the first event that is such, and forgets those before it.
func (s *station) await(what string, such func(line.Event) bool) line.Event {
	s.t.Helper()
	end := time.NewTimer(time.Minute)
	defer end.Stop()
	for {
		s.mu.Lock()
		for i, e := range s.events {
			if such(e) {
				s.events = s.events[i+1:]
				s.mu.Unlock()
				return e
			}
		}
		s.mu.Unlock()
		select {
		case <-s.news:
		case <-end.C:
			s.t.Fatalf("%s never happened", what)
		}
	}
}

// plug puts a device behind the kernel and waits for its verdict.
func (s *station) plug(d *model.Device, want rules.Action) (line.Event, *vhci.Port) {
	s.t.Helper()
	p, err := vhci.Plug(d)
	if err != nil {
		s.t.Fatal(err)
	}
	e := s.await("its arrival", func(e line.Event) bool {
		return e.Kind == line.Attached && string(e.Device.Descriptors) == string(d.USB.Blob())
	})
	v := s.await("a verdict", func(v line.Event) bool {
		return v.Kind == line.Judged && v.Port == e.Port && v.Generation == e.Generation
	})
	if v.Verdict.Action != want {
		s.t.Fatalf("judged %+v, wanted %s", v.Verdict, want)
	}
	return e, p
}

type epochs struct{ ident.Epochs }

func (j *epochs) Begin(_ context.Context, n uint64) error { j.Pending = n; return nil }
func (j *epochs) Commit(_ context.Context, n uint64) error {
	j.Epochs = ident.Epochs{Current: n}
	return nil
}

// TestKernel is the whole way behind a real kernel: descriptors from sysfs, verdict,
// authorisation of one interface, claim, two sealed processes, a canary laid and met;
// and a keyboard that stays dead beside it.
func TestKernel(t *testing.T) {
	if !guest.In() {
		t.Skip("this needs the kernel of the USB guest: make vm")
	}
	s := newStation(t)
	d := usb.Good("S1")
	e, port := s.plug(d, rules.Quarantine)
	parsed, err := desc.Parse(e.Device.Descriptors)
	if err != nil {
		t.Fatal(err)
	}
	l := ident.LikenessOf(ident.Look{Speed: e.Device.Speed, Device: parsed, Strings: e.Device.Strings})
	if e.Device.Serial != "S1" {
		t.Errorf("serial %q", e.Device.Serial)
	}
	if err := s.broker.Apply(line.Policy{Keys: []line.Key{{ID: "K-1", Descriptors: l.Descriptors, Strings: l.Strings}}}); err != nil {
		t.Fatal(err)
	}
	s.await("that the key is let in", func(v line.Event) bool { return v.Kind == line.Judged && v.Verdict.Key == "K-1" })
	j := &epochs{}
	run := func(job worker.Job) line.Answer {
		t.Helper()
		a, err := s.broker.Run(t.Context(), line.Request{Port: e.Port, Generation: e.Generation, Job: job, LimitS: 120}, j)
		if err != nil || !a.Sound || a.Result.Err() != nil {
			t.Fatalf("%s: %+v %v", job.Kind, a, err)
		}
		return a
	}
	canary := func(k worker.Kind) worker.Job {
		return worker.Job{Kind: k, Canary: &worker.CanaryJob{Secret: make([]byte, ident.SecretSize), Region: ident.Region{Start: 100000, Count: 4096}, Epochs: j.Epochs}}
	}
	if a := run(worker.Job{Kind: worker.Portray}); a.Result.Info.Capacity.Blocks != d.Blocks {
		t.Errorf("%+v", a.Result.Info)
	}
	run(canary(worker.CanaryLay))
	began := time.Now()
	if a := run(canary(worker.CanaryMeet)); a.Result.Verdict != ident.Current || j.Current != 2 {
		t.Errorf("%+v", a.Result)
	}
	t.Logf("two processes, check and rotate: %s", time.Since(began).Round(time.Millisecond))
	if a := run(worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: make([]byte, 16)}}); !a.Result.Proven {
		t.Errorf("capacity over a port reset: %+v", a.Result)
	}
	bad, badPort := s.plug(usb.BadUSB("B1"), rules.Quarantine)
	fs := host.Bus{}.FS
	if on, err := fs.Read(bad.Port); err != nil || on.Authorised {
		t.Errorf("the keyboard is authorised: %+v %v", on.Authorised, err)
	}
	if err := badPort.Close(); err != nil {
		t.Error(err)
	}
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	s.await("that the key left", func(r line.Event) bool { return r.Kind == line.Removed && r.Port == e.Port })
	if _, err := s.broker.Run(t.Context(), line.Request{Port: e.Port, Generation: e.Generation, Job: worker.Job{Kind: worker.Portray}, LimitS: 1}, nil); err == nil {
		t.Error("a job on a key that left")
	}
}
