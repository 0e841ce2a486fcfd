package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sexton/bench/year"
)

// A year that nobody looked at before is lived through by the real programs,
// and its books are those of the generator. Books that are not are found out.
func TestPrologue(t *testing.T) {
	if os.Getenv("SEXTON_SYSTEM_TESTS") != "1" {
		t.Skip("needs pcscd, vsmartcard-vpcd and the built programs: run by scripts/test with SEXTON_SYSTEM_TESTS=1")
	}
	bin := os.Getenv("SEXTON_BIN")
	if bin == "" {
		t.Fatal("SEXTON_BIN must name the directory of sextond, sexton, sexton-bench and sexton-inspect")
	}
	var out bytes.Buffer
	o := prologueOptions{carriers: 120, seed: 7, bin: bin, profile: filepath.Join("..", "..", "testdata", "policy", "unit-training.toml"), pace: prologuePace}
	p, err := newPrologue(t.Context(), o, t.TempDir(), &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.rig.close)
	if err := p.tell(t.Context()); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), p.rig.daemon.tail())
	}
	for _, code := range []string{"list.not-counted", "custody.refused", "document.circle", "movement.channel", "copies.over-approved", "person.not-fit", "list.bad-rows", "person.outstanding"} {
		if !strings.Contains(out.String(), "["+code+"]") {
			t.Errorf("no scene was refused with %s", code)
		}
	}

	last := p.plot.events[len(p.plot.events)-1]
	doc := year.Document{ID: p.b.oracle.Documents() + 1, Class: year.Internal}
	extra := year.Event{At: last.At, What: year.Entered, By: p.plot.clerk, Documents: []year.Document{doc},
		Entries: []year.Carrier{{ID: p.b.oracle.Carriers() + 1, Document: doc.ID, Kind: year.Film, Class: doc.Class}}}
	if err := p.b.oracle.Observe(extra); err != nil {
		t.Fatal(err)
	}
	if _, err := (books{p.b}).reports(t.Context(), when(last)); err == nil || !strings.Contains(err.Error(), "internal film") || !strings.Contains(err.Error(), "received 1") {
		t.Errorf("a carrier that never reached the station: %v", err)
	}
}
