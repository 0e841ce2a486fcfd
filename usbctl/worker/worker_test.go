package worker_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/bot"
	"sexton/usbctl/ident"
	"sexton/usbctl/model"
	"sexton/usbctl/scsi"
	"sexton/usbctl/wire"
	"sexton/usbctl/worker"
)

// claim is a device in memory as the broker holds it.
type claim struct {
	*model.Pipe
	resets int
}

func (c *claim) Endpoint() worker.Endpoint { return worker.Endpoint{Pipe: c.Pipe} }
func (c *claim) PortReset(ctx context.Context) error {
	c.resets++
	return c.Pipe.PortReset(ctx)
}

func key(blocks uint64) *model.Device {
	return model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: blocks, Thin: true})
}

func on(d *model.Device) *claim { return &claim{Pipe: model.NewPipe(d)} }

// journal remembers the epochs.
type journal struct {
	ident.Epochs
	fail error
}

func (j *journal) Begin(_ context.Context, n uint64) error {
	j.Pending = n
	return j.fail
}
func (j *journal) Commit(_ context.Context, n uint64) error {
	j.Epochs = ident.Epochs{Current: n}
	return nil
}

var secret = bytes.Repeat([]byte{7}, ident.SecretSize)

func canary(kind worker.Kind, e ident.Epochs) worker.Job {
	return worker.Job{Kind: kind, Canary: &worker.CanaryJob{Secret: secret, Region: ident.Region{Start: 3000, Count: 1000}, Epochs: e}}
}

func TestCanaryOverTwoWorkers(t *testing.T) {
	d, j := key(4096), &journal{}
	run := func(d *model.Device, job worker.Job) worker.Outcome {
		t.Helper()
		o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(d), Job: job, Journal: j})
		if !o.Sound() || o.Result.Err() != nil {
			t.Fatalf("%s: %+v %v", job.Kind, o, o.Result)
		}
		return o
	}
	if o := run(d, canary(worker.CanaryLay, ident.Epochs{})); o.Result.Epochs != (ident.Epochs{Current: 1}) || j.Current != 1 {
		t.Fatalf("laid: %+v, journal %+v", o.Result, j)
	}
	copied := model.New(model.Config{Vendor: "ACME", Product: "KEY", Serial: "S1", Blocks: 4096, Store: d.Store.Clone()})
	if o := run(d, canary(worker.CanaryCheck, j.Epochs)); o.Result.Verdict != ident.Current || j.Current != 1 {
		t.Errorf("checked: %+v", o.Result)
	}
	if o := run(d, canary(worker.CanaryMeet, j.Epochs)); o.Result.Verdict != ident.Current || j.Current != 2 {
		t.Errorf("met: %+v", o.Result)
	}
	if o := run(copied, canary(worker.CanaryMeet, j.Epochs)); o.Result.Verdict != ident.Stale || j.Current != 2 {
		t.Errorf("the copy is %s", o.Result.Verdict)
	}
	o := run(d, worker.Job{Kind: worker.Portray})
	if o.Result.Portrait == nil || len(o.Result.Portrait.Pages) != 6 || o.Result.Info.Capacity.Blocks != 4096 || o.Result.Info.Mode != usbctl.ReadOnly || !o.Result.Erasure.Unmap {
		t.Errorf("portrait: %+v", o.Result)
	}
	if o.Report.Commands == 0 || len(o.Report.Transcript) != 64 || len(o.Report.Violations) != 0 {
		t.Errorf("report: %+v", o.Report)
	}
}

func TestCapacityOverTwoWorkers(t *testing.T) {
	nonce := make([]byte, 16)
	job := worker.Job{Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: nonce}}
	honest := on(key(70000))
	o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: honest, Job: job})
	if !o.Sound() || !o.Result.Proven || o.Result.Fake != nil || honest.resets != 1 {
		t.Errorf("an honest key: %+v %+v, %d port resets", o, o.Result, honest.resets)
	}
	fake := model.New(model.Config{Vendor: "ACME", Product: "KEY", Blocks: 1 << 20, Store: model.NewStore(65536 * 512)})
	o = worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(fake), Job: job})
	if !o.Sound() || o.Result.Proven || o.Result.Fake == nil || o.Result.Fake.Claimed != 1<<20 {
		t.Errorf("a fake: %+v %+v", o, o.Result)
	}
}

// TestErrorsKeepTheirTypes: what a medium did wrong is known on the other side of
// two processes by errors.As and errors.Is.
func TestErrorsKeepTheirTypes(t *testing.T) {
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	for _, c := range []struct {
		fault model.Fault
		times int
		want  func(error) bool
		told  int // violations that were told as they happened
	}{
		{model.WrongTag, 1, func(err error) bool {
			v := (*bot.Violation)(nil)
			return errors.As(err, &v) && v.Code == bot.CodeTag
		}, 1},
		{model.BadSignature, -1, func(err error) bool { v := (*bot.Violation)(nil); return errors.As(err, &v) }, 1},
		{model.Yank, 1, is(usbctl.ErrGone), 0},
		{model.Capacity16Less, -1, func(err error) bool { l := (*scsi.Lie)(nil); return errors.As(err, &l) && l.Code == "capacity" }, 0},
		{model.MaxLUN255, -1, func(err error) bool { l := (*scsi.Lie)(nil); return errors.As(err, &l) && l.Code == "max-lun" }, 0},
		{model.CheckForever, -1, func(err error) bool { s := (*scsi.Sense)(nil); return errors.As(err, &s) && s.Key == 4 }, 0},
		{model.ResetStall, 0, nil, 0},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			told := 0
			d := key(4096).Break(c.fault, c.times)
			o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(d), Job: worker.Job{Kind: worker.Portray}, Violation: func(worker.Violation) { told++ }})
			if !o.Sound() {
				t.Fatalf("%+v", o)
			}
			err := o.Result.Err()
			if c.want == nil {
				if err != nil {
					t.Errorf("an honest key: %v", err)
				}
				return
			}
			if !c.want(err) || told != c.told || len(o.Report.Broken()) != c.told {
				t.Errorf("%v (%T), told of %d violations, reported %d", err, err, told, len(o.Report.Broken()))
			}
		})
	}
	t.Run("quarantined", func(t *testing.T) {
		d := key(4096).Break(model.WrongTag, -1).Break(model.ResetStall, -1)
		o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(d), Job: worker.Job{Kind: worker.Portray}})
		var q *bot.Quarantined
		if !errors.As(o.Result.Err(), &q) || !errors.As(o.Report.Over(), &q) {
			t.Errorf("%v, %+v", o.Result.Err(), o.Report)
		}
	})
	t.Run("journal", func(t *testing.T) {
		o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(key(4096)), Job: canary(worker.CanaryLay, ident.Epochs{}), Journal: &journal{fail: errors.New("the disk is full")}})
		if err := o.Result.Err(); err == nil || !bytes.Contains([]byte(err.Error()), []byte("the disk is full")) {
			t.Errorf("%v", err)
		}
	})
}

// TestDeadline: a device that never answers is ended with its job, by the deadline.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		d := key(4096).Break(model.NotReadyForever, -1)
		d.Break(model.StatusNever, -1).Break(model.ResetIgnored, -1)
		o := worker.Supervise(ctx, worker.Memory{}, worker.Task{Lenient: true, Claim: on(d), Job: worker.Job{Kind: worker.Portray}})
		var v *bot.Quarantined
		if o.Result == nil || !errors.As(o.Result.Err(), &v) {
			t.Errorf("silent for ever: %+v", o)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c := on(key(4096))
		c.Slow = func(ctx context.Context) {
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
		o := worker.Supervise(ctx, worker.Memory{}, worker.Task{Lenient: true, Claim: c, Job: worker.Job{Kind: worker.Portray}})
		if !errors.Is(o.Err, context.DeadlineExceeded) || o.Sound() {
			t.Errorf("a job that never ends: %+v", o)
		}
	})
}

// TestRefusedJobs: a job that cannot be meant is begun by nobody.
func TestRefusedJobs(t *testing.T) {
	for name, j := range map[string]worker.Job{
		"none":             {},
		"unknown":          {Kind: "format"},
		"canary without":   {Kind: worker.CanaryMeet},
		"portray with":     {Kind: worker.Portray, Canary: &worker.CanaryJob{Secret: secret}},
		"short secret":     {Kind: worker.CanaryLay, Canary: &worker.CanaryJob{Secret: secret[1:]}},
		"short nonce":      {Kind: worker.Capacity, Probe: &worker.CapacityJob{Nonce: make([]byte, 15)}},
		"capacity without": {Kind: worker.Capacity},
	} {
		c := on(key(4096))
		if o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: c, Job: j}); o.Err == nil || o.Result != nil {
			t.Errorf("%s: %+v", name, o)
		}
	}
	far := canary(worker.CanaryCheck, ident.Epochs{})
	far.Canary.Region.Start = 1 << 63
	if o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Lenient: true, Claim: on(key(4096)), Job: far}); o.Result.Err() == nil {
		t.Error("a canary beyond the end is looked for")
	}
}

// TestOpenSandboxGetsNothing: a worker that does not show a closed sandbox is handed
// neither a device nor a job.
func TestOpenSandboxGetsNothing(t *testing.T) {
	d := key(4096)
	o := worker.Supervise(t.Context(), worker.Memory{}, worker.Task{Claim: on(d), Job: worker.Job{Kind: worker.Portray}})
	if !errors.Is(o.Err, worker.ErrOpen) || o.Sound() || o.Result != nil || o.Report != nil || d.Commands() != 0 {
		t.Errorf("%+v, %d commands reached the device", o, d.Commands())
	}
}

// served is blk's end of a medium in a mode, and the stream fs would have.
func served(t *testing.T, d *model.Device, mode usbctl.Mode) (net.Conn, chan error) {
	fs, blk := net.Pipe()
	end := make(chan error, 1)
	go func() { end <- worker.ServeBlocks(t.Context(), model.NewPipe(d), mode, blk) }()
	t.Cleanup(func() { fs.Close() })
	return fs, end
}

// TestWriteBlocker: an fs that a hostile medium has taken over can send what it
// likes; in read-only mode no byte of the medium changes.
func TestWriteBlocker(t *testing.T) {
	d := key(4096)
	d.Sanitize = true
	d.Store.WriteAt([]byte("evidence"), 100*512)
	fs, _ := served(t, d, usbctl.ReadOnly)
	m, err := worker.Reach(t.Context(), fs)
	if err != nil {
		t.Fatal(err)
	}
	for name, act := range map[string]func() error{
		"write":     func() error { return m.WriteBlocks(t.Context(), 100, make([]byte, 512)) },
		"flush":     func() error { return m.Flush(t.Context()) },
		"unmap":     func() error { return m.Unmap(t.Context(), 100, 1) },
		"sanitize":  func() error { return m.Sanitize(t.Context(), scsi.SanitizeBlockErase, nil) },
		"overwrite": func() error { return m.Sanitize(t.Context(), scsi.SanitizeOverwrite, []byte{0}) },
		"progress":  func() error { _, err := m.SanitizeProgress(t.Context()); return err },
	} {
		var r *scsi.Refused
		if err := act(); !errors.As(err, &r) || r.Mode != usbctl.ReadOnly {
			t.Errorf("%s: %v", name, err)
		}
	}
	got := make([]byte, 8)
	d.Store.ReadAt(got, 100*512)
	if string(got) != "evidence" {
		t.Errorf("the medium holds %q", got)
	}
	fs, _ = served(t, d, usbctl.Write)
	if m, err = worker.Reach(t.Context(), fs); err != nil {
		t.Fatal(err)
	}
	var r *scsi.Refused
	if err := errors.Join(m.WriteBlocks(t.Context(), 100, make([]byte, 512)), m.Flush(t.Context())); err != nil {
		t.Error(err)
	}
	if err := m.Sanitize(t.Context(), scsi.SanitizeBlockErase, nil); !errors.As(err, &r) {
		t.Errorf("sanitize while writing: %v", err)
	}
}

// TestBlocksOverFrames: long transfers are cut into frames and put together again.
func TestBlocksOverFrames(t *testing.T) {
	fs, _ := served(t, key(8192), usbctl.Write)
	m, err := worker.Reach(t.Context(), fs)
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 3<<20)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	if err := m.WriteBlocks(t.Context(), 5, data); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(data))
	if err := m.ReadBlocks(t.Context(), 5, got); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%v", err)
	}
	for _, c := range []struct {
		lba uint64
		n   int
	}{{8192, 512}, {8191, 1024}, {1<<64 - 1, 512}, {0, 0}, {0, 511}} {
		if err := m.ReadBlocks(t.Context(), c.lba, make([]byte, c.n)); err == nil {
			t.Errorf("%d bytes at block %d are read", c.n, c.lba)
		}
	}
	if err := m.ReadBlocks(t.Context(), 0, got[:512]); err != nil {
		t.Errorf("after refusals: %v", err)
	}
}

// FuzzSession: no frame that fs can send takes blk down, writes to a read-only
// medium or is answered when it is malformed.
func FuzzSession(f *testing.F) {
	f.Add(byte(2), binary.BigEndian.AppendUint32(make([]byte, 8), 1))
	f.Add(byte(3), make([]byte, 520))
	f.Add(byte(8), []byte{2})
	f.Add(byte(1), []byte{})
	f.Fuzz(func(t *testing.T, op byte, payload []byte) {
		d := key(64)
		before := d.Store.Clone()
		fs, end := served(t, d, usbctl.ReadOnly)
		if _, err := worker.Reach(t.Context(), fs); err != nil {
			t.Fatal(err)
		}
		b, err := wire.Append(nil, wire.Frame{Op: wire.Op(op), Tag: 2, Payload: payload})
		if err != nil {
			return
		}
		go fs.Write(b)
		if _, err := wire.Read(fs, nil); err == nil {
			fs.Close()
		}
		if err := <-end; err != nil {
			var v *wire.Breach
			if !errors.As(err, &v) {
				t.Fatalf("%v", err)
			}
		}
		x, y := make([]byte, 64*512), make([]byte, 64*512)
		before.ReadAt(x, 0)
		d.Store.ReadAt(y, 0)
		if !bytes.Equal(x, y) {
			t.Fatal("the medium changed")
		}
	})
}
