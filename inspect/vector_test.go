package inspect_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"sexton/inspect"
)

var update = flag.Bool("update", false, "write the vectors anew; only together with a new format number")

// TestVectors: certificates issued by earlier builds stay what they were. A
// failure here means that a change of rules needs a new format number (FORMAT.md,
// section 10), unless no station has been in use yet.
func TestVectors(t *testing.T) {
	dir := filepath.Join("testdata", "vectors")
	if *update {
		c := config()
		c.Carriers, c.Resolve = 5, "held"
		w := newWorld(t, c)
		full := bundleOf(t, w)
		redacted, err := inspect.Redact(full)
		if err != nil {
			t.Fatal(err)
		}
		for name, data := range map[string][]byte{"full.sexton": full, "redacted.sexton": redacted, "trust.policy": w.Trust()} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	trust := trustOf(t, read("trust.policy"))
	for name, form := range map[string]string{"full.sexton": "full", "redacted.sexton": "redacted"} {
		data := read(name)
		r := inspect.Verify(data, trust, inspect.Options{})
		if r.Grade != inspect.ValidTimeUnproven || r.Summary.Form != form || r.Summary.Tally.Destroyed != 2 || r.Summary.Open[0].Closed != "held" {
			t.Errorf("%s: %s", name, explain(r))
		}
		if r := inspect.Verify(bytes.Replace(data, []byte("certificate/1"), []byte("certificate/0"), 1), trust, inspect.Options{}); r.OK() || r.Failed.Field != "format" {
			t.Errorf("%s of another version: %s", name, explain(r))
		}
	}
}
