package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func readSource(t *testing.T) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", sourceName))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestGeneratedFilesAreCurrent(t *testing.T) {
	files, err := Generate(readSource(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s differs from what registers.json yields: run go generate ./firmware-iface", name)
		}
	}
}

// A host trusts the map hash alone, so each change that matters on the wire must change it, and rewording must not.
func TestMapHash(t *testing.T) {
	raw := string(readSource(t))
	base, err := parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, from, to string
		same           bool
	}{
		{"explanation", "what the machine is doing now", "what it does", true},
		{"address", `"0x0200"`, `"0x0210"`, false},
		{"unit", `"unit": "J"`, `"unit": "kJ"`, false},
		{"type", `{"name": "InletMG", "type": "i64"`, `{"name": "InletMG", "type": "u64"`, false},
		{"name of a code", `"name": "Late"`, `"name": "Tardy"`, false},
		{"name of a bit", `"name": "Jam"`, `"name": "Stuck"`, false},
		{"width", `"name": "Model", "type": "text", "words": 16`, `"name": "Model", "type": "text", "words": 15`, false},
		{"minor version", `"minor": 0`, `"minor": 1`, false},
	} {
		changed := strings.Replace(raw, c.from, c.to, 1)
		if changed == raw {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		m, err := parse([]byte(changed))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if (m.hash() == base.hash()) != c.same {
			t.Errorf("%s: hash %08x, before %08x", c.name, m.hash(), base.hash())
		}
	}
	swapped := strings.Replace(strings.Replace(raw, `"name": "Jams"`, `"name": "Tmp"`, 1), `"name": "Cycles"`, `"name": "Jams"`, 1)
	swapped = strings.Replace(swapped, `"name": "Tmp"`, `"name": "Cycles"`, 1)
	if m, err := parse([]byte(swapped)); err != nil || m.hash() == base.hash() {
		t.Errorf("two fields of one type exchanged: hash stays, err %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	raw := string(readSource(t))
	for _, c := range []struct{ name, from, to string }{
		{"unknown key", `"profile":`, `"colour": 1, "profile":`},
		{"trailing text", "", ""},
		{"gap in codes", `{"code": 4, "name": "Tape"`, `{"code": 9, "name": "Tape"`},
		{"overlapping blocks", `"0x0200"`, `"0x0120"`},
		{"unknown enumeration", `"of": "Material"`, `"of": "Stuff"`},
		{"repeated name", `"name": "Jams"`, `"name": "Feed"`},
		{"too long for a read", `"name": "Serial", "type": "text", "words": 16`, `"name": "Serial", "type": "text", "words": 60`},
		{"repeat of a later field", `"of": "Sequence"`, `"of": "CRC"`},
		{"no version", `"major": 1`, `"major": 0`},
	} {
		changed := strings.Replace(raw, c.from, c.to, 1)
		if c.from == "" {
			changed = raw + "{}"
		}
		if changed == raw {
			t.Fatalf("%s: nothing was replaced", c.name)
		}
		if _, err := parse([]byte(changed)); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
}

func TestUpper(t *testing.T) {
	for in, want := range map[string]string{"GuardOpen": "GUARD_OPEN", "BootID": "BOOT_ID", "EStop": "E_STOP", "UptimeMS": "UPTIME_MS", "CRC": "CRC", "MapHash": "MAP_HASH"} {
		if got := upper(in); got != want {
			t.Errorf("upper(%s) = %s, want %s", in, got, want)
		}
	}
}
