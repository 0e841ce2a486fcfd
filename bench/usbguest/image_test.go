package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestPack reads the archive back by its own definition: every file with its bytes,
// every directory before what lies in it, a trailer at the end.
func TestPack(t *testing.T) {
	files := map[string][]byte{"init": []byte("one"), "lib/a/b.so": bytes.Repeat([]byte{7}, 4097), "plan": {}}
	path := filepath.Join(t.TempDir(), "image")
	if err := pack(path, files); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{".": true}
	got := map[string][]byte{}
	for at := 0; ; {
		field := func(i int) int {
			n, err := strconv.ParseUint(string(b[at+6+8*i:at+14+8*i]), 16, 32)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		if string(b[at:at+6]) != "070701" {
			t.Fatalf("no header at %d", at)
		}
		size, nameSize, mode := field(6), field(11), field(1)
		name := string(b[at+110 : at+110+nameSize-1])
		data := (at + 110 + nameSize + 3) &^ 3
		at = (data + size + 3) &^ 3
		if name == "TRAILER!!!" {
			if at != len(b) {
				t.Errorf("%d bytes behind the trailer", len(b)-at)
			}
			break
		}
		if !seen[filepath.Dir(name)] {
			t.Errorf("%s comes before its directory", name)
		}
		seen[name] = true
		if mode&0o170000 == 0o100000 {
			got[name] = b[data : data+size]
		}
	}
	if len(got) != len(files) {
		t.Errorf("%d files, want %d", len(got), len(files))
	}
	for name, want := range files {
		if !bytes.Equal(got[name], want) {
			t.Errorf("%s holds %d bytes, want %d", name, len(got[name]), len(want))
		}
	}
}

// TestFollow: only the line itself counts, not a line that mentions it.
func TestFollow(t *testing.T) {
	for text, want := range map[string]bool{
		"boot\r\nSEXTON-GUEST: PASS\r\nreboot: Power down\n": true,
		"SEXTON-GUEST: FAIL\n":                               false,
		"running: echo SEXTON-GUEST: PASS\n":                 false,
		"":                                                   false,
	} {
		if got := follow(strings.NewReader(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
