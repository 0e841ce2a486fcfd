package usbcases

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sexton/usbctl"
	"sexton/usbctl/model"
)

// hostile is one row of the table.
type hostile struct {
	number int    // of the case; several rows may share one
	title  string //
	want   string // verdict
	behind string // verdict behind a kernel that shows less than the device says; "" = want
	record string // what must be on the record
	run    func(ctx context.Context, k *desk) (got string, err error)
	// where is "" for memory and kernel, "memory" or "kernel" for one of them, with
	// why the other cannot show it, or the room that shows the case.
	where string
	why   string
}

// rows is the whole list, by number.
func rows() []hostile {
	all := slices.Concat(descriptorRows(), textRows(), identityRows(), capacityRows(), transportRows(), lifeRows(), storageRows(), fileRows())
	slices.SortStableFunc(all, func(a, b hostile) int { return a.number - b.number })
	return all
}

// TestListIsWhole: every case from 1 to 71 has a row, and every row something that
// shows it.
func TestListIsWhole(t *testing.T) {
	seen := map[int]bool{}
	for _, r := range rows() {
		seen[r.number] = true
		if r.title == "" || r.run == nil != (r.where != "" && r.where != "memory" && r.where != "kernel") || r.run != nil && (r.want == "" || r.record == "") || r.where != "" && r.why == "" {
			t.Errorf("case %d %q is incomplete", r.number, r.title)
		}
	}
	for n := 1; n <= 71; n++ {
		if !seen[n] {
			t.Errorf("case %d is missing", n)
		}
	}
}

// TestMemory runs the cases over the pipe in memory under a virtual clock.
func TestMemory(t *testing.T) {
	var table []string
	for _, r := range rows() {
		if r.run == nil || r.where == "kernel" {
			table = append(table, line(r, "-"))
			continue
		}
		t.Run(fmt.Sprintf("%d %s", r.number, r.title), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				table = append(table, line(r, meetOne(t, &memory{}, r)))
			})
		})
	}
	t.Logf("in memory:\n%s", strings.Join(table, "\n"))
}

// TestKernel runs the same cases behind the kernel of the guest, through usbfs.
func TestKernel(t *testing.T) {
	r := inGuest(t)
	// The first key of all opens what the runtime and the watcher keep for good: it is met before anything is counted.
	first, err := newDesk(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := goodKey(t.Context(), first); err != nil {
		t.Fatalf("the first key of all: %v; record %q", err, first.log)
	}
	var table []string
	for _, x := range rows() {
		if x.run == nil || x.where == "memory" {
			table = append(table, line(x, "-"))
			continue
		}
		if x.behind != "" {
			x.want, x.record = x.behind, "verdict "+x.behind
		}
		t.Run(fmt.Sprintf("%d %s", x.number, x.title), func(t *testing.T) {
			began := time.Now()
			table = append(table, fmt.Sprintf("%s | %d ms", line(x, meetOne(t, r, x)), time.Since(began).Milliseconds()))
		})
	}
	fmt.Printf("TABLE of cases behind the kernel\n%s\nEND OF TABLE\n", strings.Join(table, "\n"))
}

func line(r hostile, got string) string {
	if r.run == nil {
		return fmt.Sprintf("%2d | %s | %s: %s", r.number, r.title, r.where, r.why)
	}
	if got == "-" {
		return fmt.Sprintf("%2d | %s | want %s | only in %s: %s", r.number, r.title, r.want, r.where, r.why)
	}
	return fmt.Sprintf("%2d | %s | want %s | got %s | record: %s", r.number, r.title, r.want, got, r.record)
}

// meetOne runs one row, then a good key, and counts what is left behind.
func meetOne(t *testing.T, r rig, x hostile) string {
	t.Helper()
	k, err := newDesk(r)
	if err != nil {
		t.Fatal(err)
	}
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	got, err := x.run(t.Context(), k)
	if err != nil {
		t.Errorf("%v; record %q", err, k.log)
	}
	if got != x.want {
		t.Errorf("got %q, want %q; record %q", got, x.want, k.log)
	}
	if !slices.Contains(k.log, x.record) {
		t.Errorf("%q is not on the record %q", x.record, k.log)
	}
	if err := goodKey(t.Context(), k); err != nil {
		t.Errorf("the good key after it: %v; record %q", err, k.log)
	}
	// What was told to end may take a moment to have ended, and a watcher that looks at
	// this moment has a directory open.
	for range 1000 {
		if runtime.NumGoroutine() <= goroutines && descriptors(t) <= files {
			break
		}
		runtime.Gosched()
	}
	if n := runtime.NumGoroutine(); n > goroutines {
		t.Errorf("%d goroutines, %d before", n, goroutines)
	}
	if n := descriptors(t); n > files {
		t.Errorf("%d descriptors, %d before", n, files)
	}
	return got
}

func descriptors(t *testing.T) int {
	t.Helper()
	e, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(e)
}

// goodKey takes a registered honest key through a session.
func goodKey(ctx context.Context, k *desk) error {
	m, err := k.plug(ctx, k.register(good("GOOD0001")))
	if err != nil {
		return err
	}
	err = m.open(ctx, usbctl.Write)
	if err == nil {
		err = m.writeAndRead(ctx, 64)
	}
	return errors.Join(err, m.close(ctx))
}

// writeAndRead writes eight blocks of a pattern, flushes, and reads them back.
func (m *meeting) writeAndRead(ctx context.Context, lba uint64) error {
	want, got := make([]byte, 4096), make([]byte, 4096)
	for i := range want {
		want[i] = byte(i>>9)*7 + byte(i)
	}
	if err := m.unit.WriteBlocks(ctx, lba, want); err != nil {
		return err
	}
	if err := m.unit.Flush(ctx); err != nil {
		return err
	}
	if err := m.unit.ReadBlocks(ctx, lba, got); err != nil {
		return err
	}
	if string(got) != string(want) {
		m.desk.record("read-back differs")
		return errDiffers
	}
	return nil
}

var errDiffers = fmt.Errorf("what was read back is not what was written")

// judged plugs a device in and gives its verdict.
func judged(d *model.Device) func(context.Context, *desk) (string, error) {
	return func(ctx context.Context, k *desk) (string, error) {
		m, err := k.plug(ctx, d)
		if err != nil {
			return "", err
		}
		return m.says(), m.close(ctx)
	}
}

// allowed plugs a registered device in and opens it.
func allowed(ctx context.Context, k *desk, d *model.Device, mode usbctl.Mode) (*meeting, error) {
	m, err := k.plug(ctx, k.register(d))
	if err != nil {
		return nil, err
	}
	return m, m.open(ctx, mode)
}

// outcome is the last entry of the record since a mark, or "fine".
func outcome(k *desk, mark int) string {
	if len(k.log) == mark {
		return "fine"
	}
	return strings.Join(k.log[mark:], ", ")
}
