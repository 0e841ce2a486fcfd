package ledger_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"sexton/ledger"
	"sexton/ledger/leaf"
)

// The crash tests run this test binary again as a child that appends as fast as it can and prints what was acknowledged. The
// parent kills it, or cuts the power of the filesystem below it, and then demands every acknowledged leaf at its place.

const childEnv = "SEXTON_LEDGER_CRASH_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(crashChild())
	}
	code := m.Run()
	if largeOnce.dir != "" {
		if err := os.RemoveAll(filepath.Dir(largeOnce.dir)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// exitStorage is how the child ends when the ledger calls Exit.
const exitStorage = 42

// crashChild appends with several writers until it is killed. Environment: directory, secret, event key seed, synchronous, and
// an optional limit of the file size in bytes.
func crashChild() int {
	s := &testStation{secret: os.Getenv("LOG_SECRET"), at: time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)}
	s.loadEventKey(os.Getenv("EVENT_SEED"))
	if limit, err := strconv.ParseUint(os.Getenv("FILE_LIMIT"), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			fmt.Println("limit:", err)
			return 2
		}
	}
	var mu sync.Mutex // guards stdout: an acknowledgement is printed whole or not at all
	o := ledger.WithSynchronous(s.options(), os.Getenv("SYNCHRONOUS"))
	o.Projections = []ledger.Projection{&kinds{}}
	o.Exit = func(err error) {
		mu.Lock()
		fmt.Println("exit", err)
		os.Exit(exitStorage)
	}
	l, err := ledger.Open(context.Background(), os.Getenv(childEnv), o)
	if err != nil {
		fmt.Println("open:", err)
		return 3
	}
	mu.Lock()
	fmt.Println("ready")
	mu.Unlock()
	for w := range 4 {
		go func() {
			for i := 0; ; i++ {
				e := s.refusal(l.Head(), strings.Repeat(fmt.Sprintf("%d-%d ", w, i), 1+i%40))
				r, err := l.Append(context.Background(), e)
				mu.Lock()
				if err != nil {
					fmt.Println("failed", err)
				} else {
					fmt.Println("ack", r[0].Index, r[0].Hash)
				}
				mu.Unlock()
			}
		}()
	}
	select {}
}

// rounds is how often a crash is provoked: SEXTON_CRASH_ROUNDS, else n.
func rounds(t *testing.T, n int) int {
	if s := os.Getenv("SEXTON_CRASH_ROUNDS"); s != "" {
		v, err := strconv.Atoi(s)
		if err != nil || v < 1 {
			t.Fatalf("SEXTON_CRASH_ROUNDS=%q is no number", s)
		}
		return v
	}
	return n
}

type child struct {
	cmd  *exec.Cmd
	out  *bufio.Scanner
	acks map[int64]string
	tail []string // lines that are no acknowledgement
}

func startChild(t *testing.T, s *testStation, dir, synchronous string, env ...string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childEnv+"="+dir, "LOG_SECRET="+s.secret, "EVENT_SEED="+s.eventSeed(), "SYNCHRONOUS="+synchronous), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd, out: bufio.NewScanner(out), acks: map[int64]string{}}
	if !c.out.Scan() || c.out.Text() != "ready" {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("child: %s", c.out.Text())
	}
	return c
}

// read takes acknowledgements until n were read or the child ended, adding them to all.
func (c *child) read(n int, all map[int64]string) {
	for i := 0; i < n && c.out.Scan(); {
		var at int64
		var hash string
		if k, _ := fmt.Sscanf(c.out.Text(), "ack %d %s", &at, &hash); k != 2 || len(hash) != 64 {
			c.tail = append(c.tail, c.out.Text())
			continue
		}
		all[at] = hash
		c.acks[at] = hash
		i++
	}
}

// lost counts acknowledged leaves that are not at their place.
func lost(t *testing.T, l *ledger.Ledger, all map[int64]string) int {
	t.Helper()
	n := 0
	for at, hash := range all {
		b, err := l.Leaf(t.Context(), at)
		if err != nil && !errors.Is(err, ledger.ErrNotFound) {
			t.Fatal(err)
		}
		if err != nil || leaf.Hash(b) != hash {
			n++
		}
	}
	return n
}

// after opens what a crash left, demands a clean audit and every acknowledgement, and closes again.
func after(t *testing.T, s *testStation, dir string, all map[int64]string) {
	t.Helper()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	l, err := tryOpen(dir, o)
	if err != nil {
		t.Fatalf("after the crash: %v", err)
	}
	if n := lost(t, l, all); n > 0 {
		t.Errorf("%d of %d acknowledged entries are lost", n, len(all))
	}
	if _, err := l.Audit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

func TestKillLosesNothing(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	dir := initialised(t, s, o)
	all := map[int64]string{}
	for range rounds(t, 3) {
		c := startChild(t, s, dir, "FULL")
		c.read(20+rand.IntN(200), all)
		if err := c.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		c.read(1<<30, all) // what was in the pipe
		_ = c.cmd.Wait()
		if len(c.tail) > 0 {
			t.Fatalf("child said %q", c.tail)
		}
		after(t, s, dir, all)
	}
	t.Logf("%d acknowledged entries, none lost", len(all))
}

// A file that may not grow is a disk that is full: the write fails in COMMIT or in a transfer from the write-ahead log. The ledger
// must call Exit, acknowledge nothing more, and lose nothing.
func TestStorageErrorStops(t *testing.T) {
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	dir := initialised(t, s, o)
	all := map[int64]string{}
	for i := range 4 {
		c := startChild(t, s, dir, "FULL", fmt.Sprint("FILE_LIMIT=", 400_000+i*300_000+rand.IntN(100_000)))
		c.read(1<<30, all)
		err := c.cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitStorage {
			t.Fatalf("child ended with %v, said %q", err, c.tail)
		}
		if len(c.acks) == 0 || len(c.tail) != 1 || !strings.HasPrefix(c.tail[0], "exit cannot go on: the ledger's storage failed") {
			t.Fatalf("%d acknowledged, then %q", len(c.acks), c.tail)
		}
		after(t, s, dir, all)
	}
}

// Exit that returns: nothing is acknowledged any more and nothing is written.
func TestStoppedLedgerAnswersNothing(t *testing.T) {
	s := newStation()
	o := s.options()
	dir := initialised(t, s, o)
	exits := 0
	o.Exit = func(error) { exits++ }
	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	head := l.Head()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(t.Context(), s.refusal(head, "x"))
	if e := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); e != nil {
		t.Fatal(e)
	}
	if !errors.Is(err, ledger.ErrStopped) || exits != 1 {
		t.Fatalf("append on a full disk: %v, %d exits", err, exits)
	}
	if _, err := l.Append(t.Context(), s.refusal(head, "y")); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("append after the failure: %v", err)
	}
	if _, err := l.Leaf(t.Context(), 0); !errors.Is(err, ledger.ErrStopped) {
		t.Errorf("read after the failure: %v", err)
	}
	if got := l.Head(); got.Size != head.Size || got.Root != head.Root || string(got.Note) != string(head.Note) {
		t.Error("a head of the failed transaction is shown")
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	after(t, s, dir, nil)
}

// The error comes after the COMMIT: the entry is durable, but nobody may be told; the repetition finds it.
func TestErrorAfterCommit(t *testing.T) {
	s := newStation()
	o := s.options()
	dir := initialised(t, s, o)
	exits := 0
	o.Exit = func(error) { exits++ }
	l, err := ledger.Open(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	e := s.refusal(l.Head(), "x")
	if err := ledger.CloseHead(l); err != nil {
		t.Fatal(err)
	}
	if r, err := l.Append(t.Context(), e); !errors.Is(err, ledger.ErrStopped) || len(r) != 0 || exits != 1 {
		t.Fatalf("append: %v, receipts %v, %d exits", err, r, exits)
	}
	if err := l.Close(); err == nil {
		t.Error("closing the closed head file gave no error")
	}
	o.Exit = nil
	l = open(t, dir, o)
	if r := appendOK(t, l, e); !r[0].Duplicate || r[0].Index != 1 {
		t.Errorf("repeated: %+v", r[0])
	}
}

// system skips a test that needs root and system tools, unless SEXTON_SYSTEM_TESTS=1 demands it.
func system(t *testing.T, tools ...string) {
	t.Helper()
	if os.Getenv("SEXTON_SYSTEM_TESTS") != "1" {
		t.Skip("needs root, loop devices and mkfs.ext4: run by scripts/test with SEXTON_SYSTEM_TESTS=1")
	}
	if os.Getuid() != 0 {
		t.Fatal("needs root")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatal(err)
		}
	}
}

// disk is an ext4 filesystem on a loop device.
type disk struct {
	t          *testing.T
	image, dir string
	mounted    bool
}

func newDisk(t *testing.T, bytes int64) *disk {
	t.Helper()
	d := &disk{t: t, image: filepath.Join(t.TempDir(), "disk.img"), dir: filepath.Join(t.TempDir(), "mnt")}
	if err := errors.Join(os.Mkdir(d.dir, 0o700), os.WriteFile(d.image, nil, 0o600), os.Truncate(d.image, bytes)); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", "-q", "-F", d.image)
	t.Cleanup(d.unmount)
	d.mount()
	return d
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

func (d *disk) mount() {
	d.t.Helper()
	run(d.t, "mount", "-o", "loop", d.image, d.dir)
	d.mounted = true
}

// unmount waits until nobody uses the filesystem, which after a kill takes a moment.
func (d *disk) unmount() {
	if !d.mounted {
		return
	}
	var out []byte
	var err error
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if out, err = exec.Command("umount", d.dir).CombinedOutput(); err == nil {
			d.mounted = false
			return
		}
	}
	d.t.Errorf("umount: %v: %s", err, out)
}

// Linux, include/uapi/linux/ext4.h: EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32); EXT4_GOING_FLAGS_NOLOGFLUSH is 2: neither dirty
// pages nor the open journal transaction reach the disk, as when the power fails.
const (
	ext4Shutdown    = 0x8004587d
	goingNoLogFlush = 2
)

func (d *disk) cutPower() {
	d.t.Helper()
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	flags := uint32(goingNoLogFlush)
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), ext4Shutdown, uintptr(unsafe.Pointer(&flags))); e != 0 {
		d.t.Fatalf("shutdown ioctl: %v", e)
	}
}

// powerCuts cuts the power n times and returns how many acknowledged entries were lost in all, and how many there were. With
// tolerate a ledger that is refused afterwards counts its acknowledgements as lost and begins anew.
func powerCuts(t *testing.T, n int, synchronous string, tolerate bool) (lostEntries, acked int) {
	s := newStation()
	o := ledger.WithSynchronous(s.options(), synchronous)
	o.Projections = []ledger.Projection{&kinds{}}
	d := newDisk(t, 256<<20)
	dir := filepath.Join(d.dir, "ledger-0")
	if err := ledger.Init(t.Context(), dir, o, s.genesis()); err != nil {
		t.Fatal(err)
	}
	all := map[int64]string{}
	for i := range n {
		c := startChild(t, s, dir, synchronous)
		c.read(50+rand.IntN(600), all)
		d.cutPower()
		c.read(1<<30, all) // until the child notices by itself that its storage is gone, and exits
		err := c.cmd.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitStorage {
			t.Fatalf("child ended with %v after the power cut, said %q", err, c.tail)
		}
		acked += len(c.acks)
		d.unmount()
		d.mount()
		if !tolerate {
			after(t, s, dir, all)
			continue
		}
		l, err := tryOpen(dir, o)
		if err == nil {
			lostEntries += lost(t, l, all)
			err = l.Close()
		} else {
			lostEntries += len(c.acks)
			t.Logf("round %d: %v", i, err)
		}
		if err != nil || lostEntries > 0 {
			all = map[int64]string{}
			dir = filepath.Join(d.dir, fmt.Sprint("ledger-", i+1))
			if err := ledger.Init(t.Context(), dir, o, s.genesis()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return lostEntries, acked
}

func TestPowerCutLosesNothing(t *testing.T) {
	system(t, "mkfs.ext4", "mount", "umount")
	_, acked := powerCuts(t, rounds(t, 4), "FULL", false)
	t.Logf("%d acknowledged entries", acked)
}

// The control: with synchronous=NORMAL the same test must find losses, else it could not find any.
func TestPowerCutWithoutSyncLoses(t *testing.T) {
	system(t, "mkfs.ext4", "mount", "umount")
	lost, acked := powerCuts(t, rounds(t, 4), "NORMAL", true)
	t.Logf("%d of %d acknowledged entries lost", lost, acked)
	if lost == 0 {
		t.Error("synchronous=NORMAL lost nothing: the power cut is none")
	}
}

// A full filesystem, a real one.
func TestFullDiskStops(t *testing.T) {
	system(t, "mkfs.ext4", "mount", "umount")
	s := newStation()
	o := s.options()
	o.Projections = []ledger.Projection{&kinds{}}
	d := newDisk(t, 16<<20)
	dir := filepath.Join(d.dir, "ledger")
	if err := ledger.Init(t.Context(), dir, o, s.genesis()); err != nil {
		t.Fatal(err)
	}
	all := map[int64]string{}
	c := startChild(t, s, dir, "FULL")
	c.read(1<<30, all)
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitStorage || len(all) == 0 {
		t.Fatalf("child ended with %v after %d acknowledgements, said %q", err, len(all), c.tail)
	}
	// Room is made by moving the ledger to a larger disk.
	after(t, s, copyDir(t, dir), all)
}
