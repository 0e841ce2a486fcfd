package usbcases

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sexton/bench/usbguest/guest"
	"sexton/usbctl/ident"
	"sexton/usbctl/sysfs"
)

// Of one cell: so much is moved, at these transfer sizes.
const cellBytes = 16 << 20

var cellSizes = []int{64 << 10, 256 << 10, 1 << 20}

// cell is one measured way of moving data.
type cell struct {
	size  int
	write bool
}

func (c cell) String() string {
	what := "read"
	if c.write {
		what = "write"
	}
	return fmt.Sprintf("%s-%dK", what, c.size>>10)
}

func cells() (out []cell) {
	for _, size := range cellSizes {
		out = append(out, cell{size, false}, cell{size, true})
	}
	return out
}

// BenchmarkAgainstKernel moves the same data on the same emulated key by the kernel's
// usb-storage with O_DIRECT and by usbfs, in turns, and reports the ratio of the two
// speeds, the median over rounds. One operation is one round.
func BenchmarkAgainstKernel(b *testing.B) {
	r := benchInGuest(b)
	if err := guest.Load("sd_mod", ""); err != nil {
		b.Fatal(err)
	}
	if err := guest.Load("usb_storage", "delay_use=0"); err != nil {
		b.Fatal(err)
	}
	ratios, kernel := map[cell][]float64{}, map[cell][]float64{}
	for round := 0; b.Loop(); round++ {
		var k, u map[cell]float64
		if round%2 == 0 {
			k = byKernel(b, r)
			u = byUsbfs(b, r)
		} else {
			u = byUsbfs(b, r)
			k = byKernel(b, r)
		}
		for _, c := range cells() {
			ratios[c] = append(ratios[c], u[c]/k[c])
			kernel[c] = append(kernel[c], k[c])
		}
	}
	for _, c := range cells() {
		all := ratios[c]
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], c.String()+"-ratio")
		slices.Sort(kernel[c])
		fmt.Printf("RATIO usbfs/kernel %-10s median %.2f (least %.2f, most %.2f, %d rounds; kernel %.0f MB/s)\n", c, all[len(all)/2], all[0], all[len(all)-1], len(all), kernel[c][len(all)/2])
	}
}

func benchInGuest(b *testing.B) *guestRig {
	b.Helper()
	if !guest.In() {
		b.Skip("needs the guest: make vm ARGS=-bench")
	}
	r := newGuestRig()
	b.Cleanup(func() {
		if err := r.close(); err != nil {
			b.Error(err)
		}
	})
	return r
}

// measure gives MB/s of each cell, in random order.
func measure(b *testing.B, move func(c cell, offset int) error) map[cell]float64 {
	b.Helper()
	out := map[cell]float64{}
	all := cells()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, c := range all {
		began := time.Now()
		for offset := 0; offset < cellBytes; offset += c.size {
			if err := move(c, offset); err != nil {
				b.Fatalf("%s: %v", c, err)
			}
		}
		out[c] = cellBytes / 1e6 / time.Since(began).Seconds()
	}
	return out
}

func byUsbfs(b *testing.B, r *guestRig) map[cell]float64 {
	b.Helper()
	k, err := r.qemuKey(b.Context(), "XHCI0001")
	if err != nil {
		b.Fatal(err)
	}
	defer k.pipe.Close()
	buffer, err := k.pipe.Buffer(1 << 20)
	if err != nil {
		b.Fatal(err)
	}
	return measure(b, func(c cell, offset int) error {
		if c.write {
			return k.unit.WriteBlocks(b.Context(), uint64(offset/512), buffer[:c.size])
		}
		return k.unit.ReadBlocks(b.Context(), uint64(offset/512), buffer[:c.size])
	})
}

// byKernel binds usb-storage to the key, measures, and unbinds it again.
func byKernel(b *testing.B, r *guestRig) map[cell]float64 {
	b.Helper()
	name, err := r.find(b.Context(), "XHCI0001")
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(r.fs.Authorise(name, true), r.fs.AuthoriseInterface(name, 1, 0, true)); err != nil {
		b.Fatal(err)
	}
	driver, inner := "/sys/bus/usb/drivers/usb-storage", sysfs.Interface(name, 1, 0)
	if err := guest.Write(driver+"/bind", inner); err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := guest.Write(driver+"/unbind", inner); err != nil {
			b.Error(err)
		}
	}()
	var file *os.File
	if err := poll(b.Context(), func() bool {
		found, _ := filepath.Glob(filepath.Join("/sys/bus/usb/devices", inner, "host*/target*/*/block/*"))
		if len(found) != 1 {
			return false
		}
		file, err = os.OpenFile(filepath.Join("/dev", filepath.Base(found[0])), os.O_RDWR|unix.O_DIRECT, 0)
		return err == nil // its probe goes on behind the node for a moment
	}); err != nil {
		b.Fatalf("no disk of the kernel's: %v", err)
	}
	defer file.Close()
	buffer, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Munmap(buffer)
	if uintptr(unsafe.Pointer(&buffer[0]))%4096 != 0 {
		b.Fatal("the buffer is not aligned")
	}
	return measure(b, func(c cell, offset int) error {
		if c.write {
			_, err := file.WriteAt(buffer[:c.size], int64(offset))
			return err
		}
		_, err := file.ReadAt(buffer[:c.size], int64(offset))
		return err
	})
}

// BenchmarkCanary meets a key with a canary: check, journal, rotate, flush, read back.
// The ratio is to as many bare commands on the same key in the same run.
func BenchmarkCanary(b *testing.B) {
	r := benchInGuest(b)
	k, err := r.qemuKey(b.Context(), "XHCI0001")
	if err != nil {
		b.Fatal(err)
	}
	defer k.pipe.Close()
	c, err := newCanary(1)
	if err != nil {
		b.Fatal(err)
	}
	var j journal
	if _, err := c.Rotate(b.Context(), k.unit, &j, j.Epochs); err != nil {
		b.Fatal(err)
	}
	var meet, bare time.Duration
	block := make([]byte, 512)
	rounds := 0
	for b.Loop() {
		rounds++
		before := k.engine.Commands()
		began := time.Now()
		if v, _, err := c.Meet(b.Context(), k.unit, &j, j.Epochs); err != nil || v != ident.Current {
			b.Fatalf("%s, %v", v, err)
		}
		meet += time.Since(began)
		commands := k.engine.Commands() - before
		began = time.Now()
		for i := range commands {
			if err := k.unit.ReadBlocks(b.Context(), i, block); err != nil {
				b.Fatal(err)
			}
		}
		bare += time.Since(began)
	}
	b.ReportMetric(float64(meet)/float64(bare), "meet/bare")
	fmt.Printf("RATIO canary meeting to bare commands %.2f; %d ms a meeting\n", float64(meet)/float64(bare), meet.Milliseconds()/int64(rounds))
}

// BenchmarkVerdict plugs a registered key in and judges it. The ratio is of what the
// station adds, from the event to the verdict, to what the kernel needs until there is
// an event.
func BenchmarkVerdict(b *testing.B) {
	r := benchInGuest(b)
	k, err := newDesk(r)
	if err != nil {
		b.Fatal(err)
	}
	var attach, judge time.Duration
	rounds := 0
	for b.Loop() {
		rounds++
		d := k.register(good("S1"))
		began := time.Now()
		s, err := r.plug(b.Context(), d)
		if err != nil {
			b.Fatal(err)
		}
		attach += time.Since(began)
		began = time.Now()
		m, err := k.meet(b.Context(), s)
		if err != nil || m.says() != "allow-interfaces registered-key" {
			b.Fatalf("%v", err)
		}
		judge += time.Since(began)
		if err := m.close(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(judge)/float64(attach), "verdict/enumeration")
	fmt.Printf("RATIO verdict to enumeration %.2f; %d ms after %d ms\n", float64(judge)/float64(attach), judge.Milliseconds()/int64(rounds), attach.Milliseconds()/int64(rounds))
}
