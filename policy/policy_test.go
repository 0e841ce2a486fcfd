package policy_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sexton/custody"
	"sexton/policy"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func query(kind, class string) policy.Query {
	k, _ := custody.KindOf(kind)
	return policy.Query{CarrierKind: kind, Medium: k.Medium, Classification: class, Act: "destroy", Method: "shred", At: now,
		MachineLevels: map[string]int64{"P": 7, "F": 7, "O": 7, "T": 7, "H": 7, "E": 7}}
}

func refusal(t *testing.T, err error) *policy.Refusal {
	t.Helper()
	var r *policy.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("not a refusal: %v", err)
	}
	if r.Zh == "" || r.En == "" || r.Who.Zh == "" || r.Who.En == "" {
		t.Errorf("%s lacks a sentence, or does not say who can do what: %+v", r.Code, r)
	}
	return r
}

func builtin(t *testing.T, name string) *policy.Profile {
	t.Helper()
	data, err := policy.BuiltinBytes(name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if p.Name != name {
		t.Errorf("%s calls itself %s", name, p.Name)
	}
	return p
}

func training(t *testing.T) (*policy.Profile, []byte) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "policy", "unit-training.toml"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return p, data
}

// TestShippedVersionsStay: certificates and supplements name these bytes. A
// change is a new version in a new file.
func TestShippedVersionsStay(t *testing.T) {
	shipped := map[string]string{
		"cn-state-secrets@2026.11": "8d04686ce7252110179c929bee952132d9c92064e7feed48e09d407b29a4a357",
		"iso-21964@2026.11":        "d1b84c1afe7dd34a909b0a43c856a4fc2d4052a9f7b6f8f87a7011ede106bfe7",
		"nist-800-88@2026.11":      "47fb0e79fd57281f9b2c7febf8dda9754d3ba89dd05db5783c242b490f82a25b",
		"cn-state-secrets@2026.12": "dcafd3f0c6c7721e2a94c0ce11e1b91bcc2f7fb840eb0a262fa4574a4da2e1d9",
		"iso-21964@2026.12":        "13f03a17635ce5098f868d7b2c509036d9c5ee31f918be53da8b351d1a450649",
		"nist-800-88@2026.12":      "4741e00c7f9466fd12ff1c1798e1c8e2b048faa9e78f83a408bd46e91e8530c8",
	}
	entries, err := os.ReadDir("profiles")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join("profiles", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		p, err := policy.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		name := p.Name + "@" + p.Version
		if file := strings.TrimSuffix(e.Name(), ".toml"); file != p.Name && file != name {
			t.Errorf("%s calls itself %s", e.Name(), name)
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(data)); got != shipped[name] {
			t.Errorf("%s has SHA-256 %s, shipped was %q", name, got, shipped[name])
		}
		if again, err := policy.Builtin(p.Name, p.Version); err != nil || again.Version != p.Version {
			t.Errorf("%s cannot be referred to: %v", name, err)
		}
		delete(shipped, name)
	}
	for name := range shipped {
		t.Errorf("%s was shipped and is gone", name)
	}
}

// TestStateSecretsShipEmpty: what is in a controlled text is not guessed.
func TestStateSecretsShipEmpty(t *testing.T) {
	p := builtin(t, "cn-state-secrets")
	for _, k := range custody.CarrierKinds() {
		for _, class := range []string{"top-secret", "secret", "confidential"} {
			_, err := p.Decide(query(k.Word, class))
			r := refusal(t, err)
			if r.Code != policy.CodeEmptyRow || !strings.Contains(r.Zh, "保密办公室") || !strings.Contains(r.En, "secrecy office") || !strings.Contains(r.Row, class) {
				t.Errorf("%s %s: %+v", class, k.Word, r)
			}
		}
		if d, err := p.Decide(query(k.Word, "public")); err != nil || d.Persons < 2 {
			t.Errorf("public %s: %+v, %v", k.Word, d, err)
		}
	}
	for _, m := range p.Methods {
		if strings.Contains(m.Basis.Document, "BMB21") && (m.Basis.Status != policy.Empty || m.MinLevel != 0 || m.MaxAreaMM2 != 0) {
			t.Errorf("%s carries a number of a controlled text", m.ID)
		}
	}
}

// TestEveryCarrierIsDecided: no combination is forgotten in a filled profile.
func TestEveryCarrierIsDecided(t *testing.T) {
	unit, _ := training(t)
	for _, p := range []*policy.Profile{builtin(t, "iso-21964"), builtin(t, "nist-800-88"), unit} {
		for _, k := range custody.CarrierKinds() {
			last := int64(8)
			for _, c := range custody.Classifications() {
				d, err := p.Decide(query(k.Word, c.Word))
				if err != nil {
					t.Errorf("%s: %s %s: %v", p.Name, c.Word, k.Word, err)
					continue
				}
				if d.Persons < 2 || len(d.Rows) != 2 || d.Category != k.Letter || d.Retention == "" {
					t.Errorf("%s: %s %s: %+v", p.Name, c.Word, k.Word, d)
				}
				if d.MinLevel > last {
					t.Errorf("%s: %s needs a higher level than what is above it", p.Name, c.Word)
				}
				last = d.MinLevel
			}
		}
	}
}

// TestParticles checks the built-in table against the published areas of
// ISO/IEC 21964-2 (table for P, O and H).
func TestParticles(t *testing.T) {
	p := builtin(t, "iso-21964")
	for _, c := range []struct {
		kind, class string
		level       int64
		area, width float64
		unconfirmed bool
	}{
		{"paper", "top-secret", 7, 5, 1, false}, {"paper", "secret", 6, 10, 1, false}, {"paper", "confidential", 5, 30, 2, false},
		{"paper", "work-secret", 4, 160, 6, false}, {"disc", "top-secret", 7, 0.2, 0, false}, {"hdd", "top-secret", 7, 5, 0, false},
		{"usb-key", "top-secret", 7, 0.5, 0, true}, {"tape", "secret", 6, 10, 0, true}, {"film", "confidential", 5, 1, 0, true},
	} {
		d, err := p.Decide(query(c.kind, c.class))
		if err != nil || d.MinLevel != c.level || d.MaxAreaMM2 != c.area || d.MaxWidthMM != c.width || (len(d.Unconfirmed) > 0) != c.unconfirmed {
			t.Errorf("%s %s: %+v, %v", c.class, c.kind, d, err)
		}
	}
}

func TestTrainingSupplement(t *testing.T) {
	p, data := training(t)
	if !p.Training || p.Name != "unit-training" || !strings.Contains(string(data), "演练") {
		t.Errorf("the training profile does not say that it is one: %+v", p.Title)
	}
	d, err := p.Decide(query("usb-key", "secret"))
	if err != nil || !slices.Equal(d.Rows, []string{"approve.secret", "destroy.electronic.secret"}) || !slices.Equal(d.Unconfirmed, d.Rows[1:]) {
		t.Errorf("%+v, %v", d, err)
	}
	for _, m := range p.Methods {
		if m.ID != "destroy.any.public" && !strings.Contains(m.Basis.Law.Zh, "演练") {
			t.Errorf("%s is not marked as invented", m.ID)
		}
	}
}

func TestRefusals(t *testing.T) {
	p, _ := training(t)
	for name, c := range map[string]struct {
		spoil func(q *policy.Query)
		want  string
	}{
		"no machine":        {func(q *policy.Query) { q.MachineLevels = nil }, policy.CodeNoMachine},
		"other category":    {func(q *policy.Query) { q.MachineLevels = map[string]int64{"H": 7} }, policy.CodeNoMachine},
		"low level":         {func(q *policy.Query) { q.MachineLevels = map[string]int64{"P": 5} }, policy.CodeLevelTooLow},
		"other method":      {func(q *policy.Query) { q.Method = "burn" }, policy.CodeMethod},
		"other act":         {func(q *policy.Query) { q.Act = "purge" }, policy.CodeNoRule},
		"unknown kind":      {func(q *policy.Query) { q.CarrierKind = "stone" }, policy.CodeUnknown},
		"wrong medium":      {func(q *policy.Query) { q.Medium = "flash" }, policy.CodeUnknown},
		"unknown level":     {func(q *policy.Query) { q.Classification = "绝密" }, policy.CodeUnknown},
		"before its day":    {func(q *policy.Query) { q.At = now.AddDate(-1, 0, 0) }, policy.CodeNotInForce},
		"at no time at all": {func(q *policy.Query) { q.At = time.Time{} }, policy.CodeNotInForce},
	} {
		q := query("paper", "secret")
		c.spoil(&q)
		d, err := p.Decide(q)
		if r := refusal(t, err); r.Code != c.want {
			t.Errorf("%s: %s, want %s", name, r.Code, c.want)
		}
		if len(d.Rows) != 0 {
			t.Errorf("%s: a refusal with conditions %+v", name, d)
		}
	}
}

// TestParseIsStrict spoils the supplement in one place each.
func TestParseIsStrict(t *testing.T) {
	_, data := training(t)
	good := string(data)
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("the supplement does not contain %q", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	for name, text := range map[string]string{
		"unknown key":          replace("training = true", "training = true\nexception = true"),
		"unknown key in row":   replace("min_level = 7", "min_level = 7\nunless = \"night\""),
		"other format":         replace("sexton-policy/2", "sexton-policy/3"),
		"no name":              replace(`name = "unit-training"`, `name = ""`),
		"version of two words": replace(`version = "2026.12-training"`, `version = "2026.12 training"`),
		"other base version":   replace(`extends_version = "2026.12"`, `extends_version = "2025.01"`),
		"unknown base":         replace(`extends = "cn-state-secrets"`, `extends = "cn"`),
		"unknown row":          replace(`id = "destroy.paper.secret"`, `id = "destroy.paper.cosmic"`),
		"filled twice":         replace(`id = "destroy.paper.secret"`, `id = "destroy.paper.top-secret"`),
		"loosens a full row":   replace(`id = "destroy.paper.secret"`, `id = "destroy.any.public"`),
		"level eight":          replace("min_level = 7", "min_level = 8"),
		"level as text":        replace("min_level = 7", `min_level = "7"`),
		"no legal basis":       replace(`zh = "演练单位自定，非标准数值（P-7）"`, `zh = ""`),
		"filled with nothing":  replace(`status = "unconfirmed"`, `status = "empty"`),
		"status guessed":       replace(`status = "unconfirmed"`, `status = "sure"`),
		"date as text":         replace(`effective = "2026-01-01"`, `effective = "1 January 2026"`),
		"unknown method":       replace(`methods = ["shred"]`, `methods = ["burn"]`),
		"own rows":             good + "\n[[approval]]\nid = \"x\"\nact = \"destroy\"\nclassifications = [\"secret\"]\npersons = 1\n",
		"key twice":            replace("training = true", "training = true\ntraining = false"),
		"not UTF-8":            good + "# \xff",
		"too long":             good + strings.Repeat("#\n", 1<<20),
		"nothing":              "",
	} {
		if _, err := policy.Parse([]byte(text)); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
	base, err := policy.BuiltinBytes("iso-21964")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"one person":  strings.Replace(string(base), "persons = 2", "persons = 1", 1),
		"overlapping": strings.Replace(string(base), `classifications = ["secret"]`, `classifications = ["top-secret"]`, 1),
		"same id":     strings.Replace(string(base), `id = "approve.class-2"`, `id = "approve.class-3"`, 1),
		"category":    strings.Replace(string(base), `categories = ["P"]`, `categories = ["Z"]`, 1),
	} {
		if text == string(base) {
			t.Fatalf("%s: nothing was spoilt", name)
		}
		if _, err := policy.Parse([]byte(text)); err == nil {
			t.Errorf("%s: parsed", name)
		}
	}
}

// FuzzParse: what parses decides without surprise, and Lint agrees with Parse
// about what is an error of the file.
func FuzzParse(f *testing.F) {
	for _, n := range policy.BuiltinNames() {
		b, err := policy.BuiltinBytes(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("format = \"sexton-policy/2\"\nname = \"x\"\nversion = \"1\"\ntitle = { zh = \"甲\", en = \"a\" }\neffective = \"2026-01-01\"\n[[rule]]\nid = \"k\"\nact = \"keep\"\n" +
		"classifications = [\"public\"]\nplaces = [\"room\"]\nretention = \"1 years\"\nbasis = { law = { zh = \"甲\", en = \"a\" }, document = \"1\", effective = \"2026-01-01\", status = \"confirmed\" }\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := policy.Parse(data)
		r := policy.Lint(data)
		if err != nil {
			if r.Count(policy.Error) == 0 {
				t.Fatalf("Lint finds nothing in what does not parse: %v", err)
			}
			return
		}
		p.Tables()
		for _, k := range custody.CarrierKinds() {
			for _, c := range custody.Classifications() {
				d, err := p.Decide(query(k.Word, c.Word))
				if err == nil && (d.Persons < 2 || d.MinLevel < 1) {
					t.Fatalf("loose decision: %+v", d)
				}
				for _, a := range policy.Acts() {
					e := p.Explain(policy.ActQuery{Act: a.Word, Classification: c.Word, CarrierKind: k.Word, At: now})
					if e.Allowed && len(e.Rows) == 0 {
						t.Fatalf("allowed by nothing: %+v", e)
					}
				}
			}
		}
	})
}
