package inspect_test

import (
	"bytes"
	"strings"
	"testing"

	"sexton/certificate"
	"sexton/inspect"
)

func TestTrustFile(t *testing.T) {
	w := base(t)
	good := string(w.Trust())
	var logLine, anchorLine, profileLine string
	for _, l := range strings.Split(good, "\n") {
		switch {
		case strings.HasPrefix(l, "log "):
			logLine = l
		case strings.HasPrefix(l, "anchor "):
			anchorLine = l
		case strings.HasPrefix(l, "profile "):
			profileLine = l
		}
	}
	_, v1 := witnessKey(t, "w1.example")
	_, v2 := witnessKey(t, "w2.example")
	for name, text := range map[string]string{
		"with addresses":  strings.Replace(good, logLine, logLine+" https://log.example", 1) + "witness w " + v1 + " https://w.example\n",
		"tabs and CRLF":   strings.ReplaceAll(strings.ReplaceAll(good, " ", "\t"), "\n", "\r\n"),
		"comment inside":  good + "   # indented\n\n\n",
		"no last newline": strings.TrimSuffix(good, "\n"),
		"unused group":    good + "witness a " + v1 + "\nwitness b " + v2 + "\ngroup g 2 a b\n",
	} {
		if _, err := inspect.ParseTrust([]byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"empty":               "",
		"no log":              "quorum none\n",
		"no quorum":           strings.Replace(good, "quorum none\n", "", 1),
		"two quorums":         good + "quorum none\n",
		"unknown word":        good + "trust everything\n",
		"log twice":           good + logLine + "\n",
		"log with more":       good + logLine + " a b\n",
		"bad log key":         good + "log x+00000000+AAAA\n",
		"log key with flaw":   good + strings.Replace(logLine, "+", "+0", 1) + "\n",
		"witness key as log":  good + "log " + v1 + "\n",
		"log key as witness":  good + "witness w " + strings.TrimPrefix(logLine, "log ") + "\n",
		"witness none":        good + "witness none " + v1 + "\n",
		"witness twice":       good + "witness w " + v1 + "\nwitness w " + v2 + "\n",
		"one key, two names":  good + "witness a " + v1 + "\nwitness b " + v1 + "\n",
		"witness id forged":   good + "witness w " + strings.Replace(v1, "+", "+0", 1) + "\n",
		"group of unknown":    good + "group g any a\n",
		"group of itself":     good + "group g any g\n",
		"group too demanding": good + "witness a " + v1 + "\ngroup g 2 a\n",
		"group of nothing":    good + "group g any\n",
		"group asks zero":     good + "witness a " + v1 + "\ngroup g 0 a\n",
		"group asks 01":       good + "witness a " + v1 + "\ngroup g 01 a\n",
		"member twice":        good + "witness a " + v1 + "\ngroup g 2 a a\n",
		"quorum unknown":      strings.Replace(good, "quorum none", "quorum q", 1),
		"anchor garbage":      good + "anchor AAAA\n",
		"anchor not base64":   good + "anchor !\n",
		"anchor twice":        good + anchorLine + "\n",
		"profile short":       good + "profile a b\n",
		"profile upper case":  good + "profile a b " + strings.Repeat("AB", 32) + "\n",
		"profile twice":       good + profileLine + "\n",
		"byte order mark":     "\xef\xbb\xbf" + good,
		"not UTF-8":           good + "# \xff\n",
		"too long":            good + strings.Repeat("#\n", inspect.MaxTrust/2),
	} {
		if _, err := inspect.ParseTrust([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.ContainsAny(err.Error(), "\n\r\x1b") {
			t.Errorf("%s: the error is not one line: %q", name, err)
		}
	}
}

// TestFormatTrust: what the station writes for the inspector's office can be
// read back and verifies.
func TestFormatTrust(t *testing.T) {
	w := base(t)
	hash := ""
	for _, f := range strings.Fields(string(w.Trust())) {
		if len(f) == 64 {
			hash = f
		}
	}
	text := inspect.FormatTrust([]string{w.VKey}, [][]byte{w.CA.Cert.Raw}, []inspect.Profile{{Name: w.Profile, Version: w.Version, SHA256: hash}})
	if r := inspect.Verify(bundleOf(t, w), trustOf(t, text), inspect.Options{}); !r.OK() {
		t.Error(explain(r))
	}
}

// TestNoteForms: a checkpoint and a proof have one encoding each, even where
// the libraries below would take several.
func TestNoteForms(t *testing.T) {
	w := base(t)
	_, v1 := witnessKey(t, "w1.example")
	trust := trustOf(t, append(w.Trust(), "witness w "+v1+"\n"...))
	both := func(old, new string) func(p *certificate.Parts) {
		return func(p *certificate.Parts) {
			head := strings.Replace(p.Checkpoint, old, new, 1)
			p.Proof = strings.Replace(p.Proof, p.Checkpoint, head, 1)
			p.Checkpoint = head
		}
	}
	p, err := w.Parts()
	if err != nil {
		t.Fatal(err)
	}
	sig := p.Checkpoint[strings.Index(p.Checkpoint, "— "):]
	size := strings.Split(p.Checkpoint, "\n")[1]
	// A signature is 68 bytes: its last character has four spare bits.
	loose := []byte(sig)
	loose[len(loose)-3]++
	for name, c := range map[string]struct {
		edit func(p *certificate.Parts)
		id   string
	}{
		"spare bits of base64": {both(sig, string(loose)), "checkpoint.signature"},
		"signature twice":      {both(sig, sig+sig), "checkpoint.signature"},
		"extension line":       {both("\n\n", "\nmore\n\n"), "checkpoint.signature"},
		"size with a zero":     {both("\n"+size+"\n", "\n0"+size+"\n"), "checkpoint.signature"},
		"carriage return":      {both("\n", "\r\n"), "checkpoint.signature"},
		"no signature":         {both(sig, ""), "checkpoint.signature"},
		"seventeen signatures": {both(sig, sig+strangers(17)), "checkpoint.signature"},
		"index with a zero":    {func(p *certificate.Parts) { p.Proof = strings.Replace(p.Proof, "\nindex ", "\nindex 0", 1) }, "tree.proof"},
		"extra data":           {func(p *certificate.Parts) { p.Proof = strings.Replace(p.Proof, "\nindex ", "\nextra AAAA\nindex ", 1) }, "tree.proof"},
		"a hash too many": {func(p *certificate.Parts) {
			p.Proof = strings.Replace(p.Proof, "\n\n", "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", 1)
		}, "tree.proof"},
		"an endless proof": {func(p *certificate.Parts) {
			p.Proof = "c2sp.org/tlog-proof@v1\nindex 1\n" + strings.Repeat("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", 60)
		}, "tree.proof"},
		"one checkpoint changed": {func(p *certificate.Parts) { p.Checkpoint += strangers(1) }, "tree.proof"},
		"a range hash missing":   {func(p *certificate.Parts) { p.RangeProof = p.RangeProof[1:] }, "tree.range"},
		"a range hash too many":  {func(p *certificate.Parts) { p.RangeProof = append(p.RangeProof, [32]byte{}) }, "tree.range"},
	} {
		r := inspect.Verify(with(t, w, c.edit), trust, inspect.Options{First: true})
		if r.OK() || r.Failed.ID != c.id {
			t.Errorf("%s: %s", name, explain(r))
		}
	}
	// Signatures of keys nobody here knows mean nothing (C2SP signed-note).
	if r := inspect.Verify(with(t, w, both(sig, sig+strangers(2))), trust, inspect.Options{}); !r.OK() || r.Grade != inspect.ValidTimeUnproven {
		t.Errorf("strangers' signatures: %s", explain(r))
	}
}

// strangers is n signature lines of keys nobody knows.
func strangers(n int) string {
	var b bytes.Buffer
	for i := range n {
		b.WriteString("— stranger.example " + string(rune('A'+i)) + "AAAAAAA\n")
	}
	return b.String()
}

// TestHostileSizes: files that promise much are refused for what they are.
func TestHostileSizes(t *testing.T) {
	trust := trustOf(t, base(t).Trust())
	head := `{"attachments":{},"checkpoint":"x","credentials":[],"format":"sexton-certificate/1","openings":[],"policy":"eA==","proof":"p","range_proof":[`
	mid := `],"segments":[{"leaves":[`
	tail := `],"start":0}],"statement":"s"}` + "\n"
	hash := `"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="`
	for name, data := range map[string]string{
		"many leaves":        head + mid + strings.Repeat(`"x",`, certificate.MaxLeaves) + `"x"` + tail,
		"many hashes":        head + strings.Repeat(hash+",", certificate.MaxRangeProof) + hash + mid + `"x"` + tail,
		"one long leaf":      head + mid + `"` + strings.Repeat("x", certificate.MaxLeaf+1) + `"` + tail,
		"deep nesting":       head + mid + strings.Repeat("[", 1<<20) + tail,
		"nested leaf":        head + mid + `"` + strings.Repeat("[", certificate.MaxLeaf) + `"` + tail,
		"longer than a file": strings.Repeat("x", certificate.MaxBundle+1),
	} {
		if r := inspect.Verify([]byte(data), trust, inspect.Options{}); r.OK() || r.Failed == nil || r.Failed.Field == "" {
			t.Errorf("%s: %s", name, explain(r))
		}
	}
}
