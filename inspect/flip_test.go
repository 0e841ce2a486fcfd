package inspect_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"sexton/certificate/certtest"
	"sexton/inspect"
)

// small is the smallest certificate: one carrier.
func small(t testing.TB) (*certtest.World, []byte) {
	c := config()
	c.Carriers, c.Missing, c.Disputed, c.Unfed, c.Withdraw, c.Intermediate, c.Plain = 1, 0, 0, 0, false, false, true
	w := newWorld(t, c)
	return w, bundleOf(t, w)
}

// stride is how far apart flipped bytes are. The whole file takes a minute, so
// it is done with the system tests (scripts/test); otherwise a seventh of it.
func stride() int {
	switch {
	case os.Getenv("SEXTON_SYSTEM_TESTS") != "" && !raceEnabled:
		return 1
	case testing.Short() || raceEnabled:
		return 97
	}
	return 7
}

// withoutRace runs the test again in a build without the race detector, which
// would take many minutes for every byte.
func withoutRace(t *testing.T) {
	out, err := exec.Command("go", "test", "-count=1", "-v", "-run", "^"+t.Name()+"$", ".").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "every 1 flipped") {
		t.Fatalf("without the race detector: %v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// TestFlipEveryByte flips one bit in every byte of a real certificate, and
// every bit of a sample of bytes. None may leave the certificate valid, and
// each refusal must name a field.
func TestFlipEveryByte(t *testing.T) {
	w, bundle := small(t)
	trust := trustOf(t, w.Trust())
	if r := inspect.Verify(bundle, trust, inspect.Options{First: true}); !r.OK() {
		t.Fatalf("before any flip: %s", explain(r))
	}
	if raceEnabled && os.Getenv("SEXTON_SYSTEM_TESTS") != "" {
		withoutRace(t)
	}
	step := stride()
	var wg sync.WaitGroup
	var mu sync.Mutex
	named := map[string]int{}
	for worker := range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			data := make([]byte, len(bundle))
			copy(data, bundle)
			for i := worker * step; i < len(bundle); i += step * runtime.GOMAXPROCS(0) {
				masks := []byte{1 << (i % 8)}
				if i%257 == 0 {
					masks = []byte{1, 2, 4, 8, 16, 32, 64, 128, 0xff}
				}
				for _, m := range masks {
					data[i] ^= m
					r := inspect.Verify(data, trust, inspect.Options{First: true})
					data[i] = bundle[i]
					if r.OK() || r.Failed == nil || r.Failed.Field == "" {
						t.Errorf("byte %d (%q in %q) flipped by %#x: %s", i, bundle[i], around(bundle, i), m, explain(r))
						continue
					}
					mu.Lock()
					named[r.Failed.ID]++
					mu.Unlock()
				}
			}
		}()
	}
	wg.Wait()
	t.Logf("%d bytes, every %d flipped; refused by %v", len(bundle), step, named)
}

func around(b []byte, i int) string { return string(b[max(0, i-20):min(len(b), i+20)]) }

// TestTruncateExtendDouble: shortened, lengthened and repeated files.
func TestTruncateExtendDouble(t *testing.T) {
	w, bundle := small(t)
	trust := trustOf(t, w.Trust())
	for name, data := range map[string][]byte{
		"empty": nil, "half": bundle[:len(bundle)/2], "no line feed": bundle[:len(bundle)-1], "two line feeds": append([]byte(string(bundle)), '\n'),
		"twice": append([]byte(string(bundle)), bundle...), "space first": append([]byte{' '}, bundle...), "null": []byte("null\n"), "array": []byte("[]\n"),
	} {
		if r := inspect.Verify(data, trust, inspect.Options{}); r.OK() || r.Failed == nil || r.Failed.ID != "file.form" {
			t.Errorf("%s: %s", name, explain(r))
		}
	}
}

// TestSameMeaningOtherBytes: JSON that any lenient parser would take for the
// same certificate is refused.
func TestSameMeaningOtherBytes(t *testing.T) {
	w, bundle := small(t)
	trust := trustOf(t, w.Trust())
	var any map[string]json.RawMessage
	if err := json.Unmarshal(bundle, &any); err != nil {
		t.Fatal(err)
	}
	indented, err := json.MarshalIndent(any, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text := string(bundle)
	for name, data := range map[string]string{
		"indented":       string(indented) + "\n",
		"escaped slash":  strings.Replace(text, "/", `\/`, 1),
		"unicode escape": strings.Replace(text, `"format":"sexton`, `"format":"\u0073exton`, 1),
		"duplicate":      strings.Replace(text, `{"attachments":{},`, `{"attachments":{},"attachments":{},`, 1),
		"other order":    strings.Replace(text, `{"attachments":{},`, `{`, 1)[:len(text)-len(`"attachments":{},`)-2] + `,"attachments":{}}` + "\n",
		"unknown member": strings.Replace(text, `{"attachments":{},`, `{"attachments":{},"b":1,`, 1),
		"number form":    strings.Replace(text, `"start":0}`, `"start":0.0}`, 1),
		"number zero":    strings.Replace(text, `"start":0}`, `"start":-0}`, 1),
		"other version":  strings.Replace(text, `"sexton-certificate/1"`, `"sexton-certificate/2"`, 1),
	} {
		if data == text {
			t.Errorf("%s: the test changes nothing", name)
		}
		if r := inspect.Verify([]byte(data), trust, inspect.Options{}); r.OK() || r.Failed.ID != "file.form" || r.Failed.Field == "" {
			t.Errorf("%s: %s", name, explain(r))
		}
	}
	if r := inspect.Verify([]byte(strings.Replace(text, `"sexton-certificate/1"`, `"sexton-certificate/2"`, 1)), trust, inspect.Options{}); r.Failed.Field != "format" {
		t.Errorf("another version is refused in field %q", r.Failed.Field)
	}
}

// FuzzVerify: no input makes the inspector panic, and nothing that differs
// from the certificate is believed.
func FuzzVerify(f *testing.F) {
	w, bundle := small(f)
	trust := trustOf(f, w.Trust())
	f.Add(bundle)
	f.Add(bundle[:200])
	f.Add([]byte(`{"attachments":{},"checkpoint":"a\n1\nx\n\n— a AAAAAA=\n","credentials":[],"format":"sexton-certificate/1","openings":[],"policy":"eA==","proof":"p","range_proof":[],"segments":[{"leaves":["{}"],"start":0}],"statement":"s"}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := inspect.Verify(data, trust, inspect.Options{})
		if r.OK() && string(data) != string(bundle) {
			t.Errorf("believed a certificate that nobody issued")
		}
		if !r.OK() && r.Failed == nil {
			t.Errorf("refused without a reason")
		}
	})
}

// FuzzParseTrust: any file is a trust file or an error.
func FuzzParseTrust(f *testing.F) {
	w, _ := small(f)
	_, v := witnessKey(f, "w.example")
	f.Add(w.Trust())
	f.Add([]byte("log " + w.VKey + "\nwitness a " + v + "\ngroup g 1 a\ngroup h all g a\nquorum h\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if tr, err := inspect.ParseTrust(data); err == nil && tr == nil {
			t.Error("neither trust nor error")
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for _, n := range []int{50, 1000} {
		c := config()
		c.Carriers = n
		w := newWorld(b, c)
		bundle := bundleOf(b, w)
		trust := trustOf(b, w.Trust())
		b.Run(fmt.Sprintf("carriers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := inspect.Verify(bundle, trust, inspect.Options{}); !r.OK() {
					b.Fatal(explain(r))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "us/carrier")
			b.ReportMetric(float64(len(bundle))/float64(n), "B/carrier")
		})
	}
}
