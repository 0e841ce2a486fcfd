package transferlist_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"

	"sexton/transferlist"
)

// huge gives a list of the size without ever holding it, and counts what was
// asked of it.
type huge struct {
	first, row []byte
	size, read int64
}

func (h *huge) Read(p []byte) (int, error) {
	if h.read >= h.size {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), h.size-h.read)]
	for i := range p {
		at := h.read + int64(i)
		if at < int64(len(h.first)) {
			p[i] = h.first[at]
		} else {
			p[i] = h.row[(at-int64(len(h.first)))%int64(len(h.row))]
		}
	}
	h.read += int64(len(p))
	return len(p), nil
}

// TestTwoGigabytes: a list of 2 GB is refused after its limit, with a sentence
// and a bounded amount of memory.
func TestTwoGigabytes(t *testing.T) {
	h := &huge{first: []byte(heading + "\r\n"), row: []byte("1,演-1,标题（演练）,纸介质,秘密★10年,3,1\r\n"), size: 2 << 30}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l, errs, err := transferlist.Parse(h, transferlist.Options{})
	runtime.ReadMemStats(&after)
	var fe *transferlist.FileError
	if !errors.As(err, &fe) || fe.Code != "list.too-large" || !strings.Contains(fe.En, "32 MiB") || !strings.Contains(fe.Zh, "32 MiB") || len(l.Rows) != 0 || len(errs) != 0 {
		t.Fatalf("%v, %d rows, %d errors", err, len(l.Rows), len(errs))
	}
	if h.read > 32<<20+1 {
		t.Errorf("%d bytes were read", h.read)
	}
	// A growing buffer takes a few times what it holds, the race detector as much
	// again; the file itself would be 2048.
	if got := after.TotalAlloc - before.TotalAlloc; got > 512<<20 {
		t.Errorf("%d MiB were allocated in all", got>>20)
	}
	t.Logf("read %d MiB of 2048, allocated %d MiB in all", h.read>>20, (after.TotalAlloc-before.TotalAlloc)>>20)
}

// TestWhatIsNoList: refused by its first bytes, with what to do about it; most
// of it is never read, and nothing is unpacked.
func TestWhatIsNoList(t *testing.T) {
	var bomb, packed bytes.Buffer
	z := zip.NewWriter(&bomb)
	f, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	g := gzip.NewWriter(&packed)
	for range 64 { // 64 MiB of zeros
		zeros := make([]byte, 1<<20)
		if _, err := f.Write(zeros); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), g.Close()); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 1<<20)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	wide := func(high bool) []byte {
		var b []byte
		for _, c := range []byte(strings.Repeat("a,b,c\r\n", 2000)) {
			if high {
				b = append(b, 0, c)
			} else {
				b = append(b, c, 0)
			}
		}
		return b
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"zip bomb": {bomb.Bytes(), "list.spreadsheet"}, "empty zip": {[]byte("PK\x05\x06" + strings.Repeat("\x00", 18)), "list.spreadsheet"}, "xls": {append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), noise...), "list.spreadsheet"},
		"gzip bomb": {packed.Bytes(), "list.packed"}, "7z": {append([]byte("7z\xBC\xAF\x27\x1C"), noise...), "list.packed"},
		"noise": {noise, "list.binary"}, "PDF": {append([]byte("%PDF-1.7\n"), noise...), "list.binary"}, "zeros": {make([]byte, 1<<20), "list.binary"}, "JPEG": {append([]byte("\xFF\xD8\xFF\xE0"), noise...), "list.binary"},
		"UTF-16LE": {append([]byte("\xFF\xFE"), wide(false)...), "list.utf16"}, "UTF-16BE": {append([]byte("\xFE\xFF"), wide(true)...), "list.utf16"},
		"UTF-16LE unmarked": {wide(false), "list.utf16"}, "UTF-16BE unmarked": {wide(true), "list.utf16"},
	} {
		h := &huge{first: c.data, row: []byte{0xAA}, size: 1 << 30}
		_, _, err := transferlist.Parse(h, transferlist.Options{})
		var fe *transferlist.FileError
		if !errors.As(err, &fe) || fe.Code != c.want || fe.Zh == "" || fe.En == "" {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if h.read > 64<<10 {
			t.Errorf("%s: %d bytes were read before it was refused", name, h.read)
		}
	}
}

func TestLongNumbersCutShort(t *testing.T) {
	for cell, want := range map[string]string{"1.23457E+15": "cell.scientific", "1E+15": "cell.scientific", "E+15": "", "1.2.3E+15": "", "SN1E+15": "", "123456789012345678": ""} {
		_, errs, err := parse(t, []byte(strings.Replace(heading, "序号", "序列号", 1)+"\n"+cell+",演-1,盘,U盘,内部,8GB,1\n"))
		got := ""
		if len(errs) > 0 {
			got = errs[0].Code
		}
		if err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", cell, got, err, want)
		}
	}
}
