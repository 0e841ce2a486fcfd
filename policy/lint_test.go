package policy_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/width"

	"sexton/policy"
)

// TestShippedProfilesAreSound: no gap, no contradiction; what is empty or
// unconfirmed is listed row by row.
func TestShippedProfilesAreSound(t *testing.T) {
	entries, err := os.ReadDir("profiles")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile("profiles/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		r := policy.Lint(data)
		empty, unsure := 0, 0
		for _, f := range r.Findings {
			switch {
			case f.Severity == policy.Error:
				t.Errorf("%s: %+v", e.Name(), f)
			case f.Zh == "" || f.En == "" || (f.Row != "" && f.Line == 0):
				t.Errorf("%s: half said: %+v", e.Name(), f)
			case f.Code == policy.FindEmpty:
				empty++
			case f.Code == policy.FindUnconfirmed:
				unsure++
			}
		}
		if want := strings.Count(string(data), `status = "empty"`); empty != want {
			t.Errorf("%s: %d empty rows of %d listed", e.Name(), empty, want)
		}
		if want := strings.Count(string(data), `status = "unconfirmed"`); unsure != want {
			t.Errorf("%s: %d unconfirmed rows of %d listed", e.Name(), unsure, want)
		}
	}
}

// spoilt replaces text in one row of a profile and says in which line the row
// begins.
func spoilt(t *testing.T, text, row, old, new string) (string, int) {
	t.Helper()
	i := strings.Index(text, `id = "`+row+`"`)
	if i < 0 {
		t.Fatalf("there is no row %s", row)
	}
	end := len(text)
	for _, next := range []string{"\n[[rule]]", "\n[[method]]", "\n[[fill]]"} {
		if j := strings.Index(text[i:], next); j >= 0 {
			end = min(end, i+j)
		}
	}
	body := text[i:end]
	if !strings.Contains(body, old) {
		t.Fatalf("row %s does not contain %q", row, old)
	}
	return text[:i] + strings.Replace(body, old, new, 1) + text[end:], strings.Count(text[:i], "\n")
}

// TestLintFindsEachDefect plants one defect each.
func TestLintFindsEachDefect(t *testing.T) {
	data, err := policy.BuiltinBytes("cn-state-secrets")
	if err != nil {
		t.Fatal(err)
	}
	iso, err := policy.BuiltinBytes("iso-21964")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, row, old, new string
		iso                 bool
		severity            policy.Severity
		code, says          string
	}{
		{name: "gap", row: "lend.secret", old: `classifications = ["secret"]`, new: `classifications = ["public"]`, severity: policy.Error, code: policy.FindGap, says: "no row: lend, Secret"},
		{name: "gap of one medium", row: "copy.secret", old: `classifications = ["secret"]`, new: `classifications = ["secret"]` + "\n" + `media = ["paper", "optical", "magnetic", "film"]`, severity: policy.Error, code: policy.FindGap, says: "copy, Secret, medium flash"},
		{name: "gap of a category", row: "destroy.film.secret", old: `categories = ["F"]`, new: `categories = ["P"]`, iso: true, severity: policy.Error, code: policy.FindGap, says: "destroy, Secret, category F"},
		{name: "decided twice", row: "lend.secret", old: `classifications = ["secret"]`, new: `classifications = ["secret", "confidential"]`, severity: policy.Error, code: policy.FindTwice, says: "row lend.secret: lend confidential"},
		{name: "never decides", row: "lend.confidential", old: `classifications = ["confidential"]`, new: `classifications = ["secret"]`, severity: policy.Error, code: policy.FindUnreachable, says: "superseded by row lend.secret"},
		{name: "superseded before effective", row: "lend.confidential", old: `classifications = ["confidential"]`, new: `classifications = ["secret"]`, severity: policy.Error, code: policy.FindUnreachable, says: "before it takes effect (2027-01-01) row lend.secret"},
		{name: "sound: one's own leader for both", row: "copy.top-secret", old: `authority = "issuer"`, new: `authority = "own-leader"`},
		{name: "weaker authority above", row: "copy.secret", old: `authority = "own-leader"`, new: `authority = "superior"`, severity: policy.Error, code: policy.FindLooser, says: "top secret is treated more loosely than secret (row copy.secret): weaker authority"},
		{name: "fewer persons", row: "copy.confidential", old: "persons = 1", new: "persons = 3", severity: policy.Error, code: policy.FindLooser, says: "fewer persons"},
		{name: "sound: audited above only", row: "copy.secret", old: "audit = \"auditor\"\n", new: ""},
		{name: "sound: another auditor", row: "copy.confidential", old: `approval = true`, new: "approval = true\naudit = \"secrecy-officer\""},
		{name: "no approval above", row: "circulate.secret", old: "approval = true\napprover = \"approver\"\nauthority = \"own-leader\"\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "no approval"},
		{name: "longer loan", row: "lend.secret", old: "max_days = 7", new: "max_days = 16", severity: policy.Error, code: policy.FindLooser, says: "more days"},
		{name: "loan without limit", row: "lend.top-secret", old: "max_days = 1\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "more days"},
		{name: "more channels", row: "consign.secret", old: `channels = ["own-vehicle"]`, new: `channels = ["own-vehicle", "hand"]`, severity: policy.Error, code: policy.FindLooser, says: "more channels: hand"},
		{name: "fewer escorts", row: "archive.top-secret", old: "escorts = 2\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "fewer escorts"},
		{name: "more places", row: "keep.top-secret", old: `["approved-cabinet"]`, new: `["approved-cabinet", "room"]`, severity: policy.Error, code: policy.FindLooser, says: "more places: room"},
		{name: "readers not on record", row: "lend.top-secret", old: "record_readers = true\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "readers not on record"},
		{name: "unfit persons", row: "copy.secret", old: "cleared = true\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "persons need not be fit"},
		{name: "no qualification", row: "consign.secret", old: "qualified = true\n", new: "", severity: policy.Error, code: policy.FindLooser, says: "no qualification"},
		{name: "shorter retention", row: "keep.secret", old: `retention = "permanent"`, new: `retention = "30 years"`, severity: policy.Error, code: policy.FindLooser, says: "shorter time"},
		{name: "coarser particle", row: "destroy.paper.secret", old: "max_area_mm2 = 10", new: "max_area_mm2 = 31", iso: true, severity: policy.Error, code: policy.FindLooser, says: "coarser particle"},
		{name: "lower level", row: "destroy.paper.secret", old: "min_level = 6", new: "min_level = 4", iso: true, severity: policy.Error, code: policy.FindLooser, says: "lower level"},
		{name: "not yet", row: "destroy.paper.secret", old: "2018-08-01", new: "2027-01-01", iso: true, severity: policy.Warning, code: policy.FindNotYet, says: "until 2027-01-01 it refuses"},
		{name: "open channel", row: "dispatch.secret", old: `channels = ["hand"`, new: `channels = ["ordinary-post", "hand"`, severity: policy.Error, code: policy.FindOpenChannel, says: "secret may never travel by ordinary-post"},
		{name: "no approval at all", row: "copy.open", old: "approval = true\napprover = \"approver\"\nauthority = \"own-leader\"\n", new: "", severity: policy.Error, code: policy.FindMalformed, says: `needs approval`},
		{name: "approver without approval", row: "lend.open", old: "max_days = 60", new: "max_days = 60\napprover = \"approver\"", severity: policy.Error, code: policy.FindMalformed, says: "yet it names"},
		{name: "foreign term", row: "copy.open", old: "persons = 1", new: "persons = 1\nescorts = 1", severity: policy.Error, code: policy.FindMalformed, says: "has no escorts"},
		{name: "unknown role", row: "copy.open", old: `approver = "approver"`, new: `approver = "boss"`, severity: policy.Error, code: policy.FindMalformed, says: `"boss" is no role`},
		{name: "auditor approves", row: "copy.secret", old: `audit = "auditor"`, new: `audit = "approver"`, severity: policy.Error, code: policy.FindMalformed, says: "or the approver's"},
		{name: "unknown channel", row: "hand-over.open", old: `["hand"]`, new: `["pigeon"]`, severity: policy.Error, code: policy.FindMalformed, says: `"pigeon" is not known`},
		{name: "unknown place", row: "keep.top-secret", old: `["approved-cabinet"]`, new: `["drawer"]`, severity: policy.Error, code: policy.FindMalformed, says: `"drawer" is not known`},
		{name: "unknown medium", row: "copy.secret", old: `act = "copy"`, new: "act = \"copy\"\nmedia = [\"stone\"]", severity: policy.Error, code: policy.FindMalformed, says: `"stone" is not known`},
		{name: "unknown act", row: "copy.secret", old: `act = "copy"`, new: `act = "photograph"`, severity: policy.Error, code: policy.FindMalformed, says: `"photograph" is not known`},
		{name: "words for a retention", row: "copy.secret", old: `retention = "permanent"`, new: `retention = "long"`, severity: policy.Error, code: policy.FindMalformed, says: `retention "long"`},
		{name: "no law", row: "copy.secret", old: `document = "`, new: `document = ""` + "\n" + `note = { zh = "x", en = "`, severity: policy.Error, code: policy.FindUnreadable},
		{name: "no document", row: "keep.open", old: `document = "本站规则"`, new: `document = ""`, severity: policy.Error, code: policy.FindNoBasis, says: "no legal basis"},
		{name: "unknown key", row: "keep.open", old: "retention", new: "unless = \"night\"\nretention", severity: policy.Error, code: policy.FindUnknownKey, says: "rule.unless"},
		{name: "empty with values", row: "keep.open", old: `status = "confirmed"`, new: `status = "empty"` + "\n" + `note = { zh = "甲", en = "a" }`, severity: policy.Error, code: policy.FindMalformed, says: "yet has values"},
		{name: "empty row", row: "destroy.paper.secret", old: `status = "empty"`, new: `status = "empty"`, severity: policy.Warning, code: policy.FindEmpty, says: "secrecy office"},
		{name: "unconfirmed row", row: "lend.open", old: `status = "unconfirmed"`, new: `status = "unconfirmed"`, severity: policy.Note, code: policy.FindUnconfirmed, says: "not compared"},
	} {
		text := string(data)
		if c.iso {
			text = string(iso)
		}
		text, line := spoilt(t, text, c.row, c.old, c.new)
		if c.name == "superseded before effective" {
			text, _ = spoilt(t, text, c.row, "2024-09-01", "2027-01-01")
		}
		r := policy.Lint([]byte(text))
		i := slices.IndexFunc(r.Findings, func(f policy.Finding) bool {
			return f.Code == c.code && f.Severity == c.severity && strings.Contains(strings.ReplaceAll(f.En, "’", "'"), c.says) && f.Zh != ""
		})
		if c.severity == "" {
			if found := errorsOf(r); len(found) > 0 {
				t.Errorf("%s: %+v", c.name, found)
			}
			continue
		}
		if i < 0 {
			t.Errorf("%s is not found among %+v", c.name, errorsOf(r))
			continue
		}
		f := r.Findings[i]
		if f.Row == c.row && f.Line != line {
			t.Errorf("%s: line %d, the row begins in line %d", c.name, f.Line, line)
		}
		if c.code == policy.FindUnknownKey && !strings.HasPrefix(strings.Split(text, "\n")[f.Line-1], "unless") {
			t.Errorf("%s: line %d is another one", c.name, f.Line)
		}
		structural := c.severity == policy.Error && !slices.Contains([]string{policy.FindGap, policy.FindLooser, policy.FindUnreachable}, c.code)
		if _, err := policy.Parse([]byte(text)); structural && err == nil {
			t.Errorf("%s: and yet it parses", c.name)
		}
	}
}

func errorsOf(r policy.Report) (out []policy.Finding) {
	for _, f := range r.Findings {
		if f.Severity == policy.Error {
			out = append(out, f)
		}
	}
	return out
}

// TestLintOfFiles: what is no profile at all, what is of the older format, and
// what fills nothing.
func TestLintOfFiles(t *testing.T) {
	_, unit := training(t)
	head := string(unit[:strings.Index(string(unit), "[[fill]]")])
	older, err := os.ReadFile("profiles/nist-800-88@2026.11.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		text     string
		severity policy.Severity
		code     string
		line     int
	}{
		"no TOML":          {"format = \"sexton-policy/2\"\nname = \n", policy.Error, policy.FindUnreadable, 2},
		"other format":     {"format = \"sexton-policy/9\"\n", policy.Error, policy.FindUnreadable, 1},
		"fills nothing":    {head, policy.Warning, policy.FindFillsNone, 0},
		"older format":     {string(older), policy.Note, policy.FindOlder, 0},
		"mixed formats":    {strings.Replace(string(older), "[[approval]]", "[[rule]]", 1), policy.Error, policy.FindUnreadable, 0},
		"older with newer": {strings.Replace(head, "sexton-policy/2", "sexton-policy/1", 1), policy.Error, policy.FindSupplement, 0},
		"full row filled":  {head + "[[fill]]\nid = \"copy.secret\"\n[fill.basis]\nlaw = { zh = \"甲\", en = \"a\" }\ndocument = \"1\"\neffective = \"2026-01-01\"\nstatus = \"confirmed\"\n", policy.Error, policy.FindSupplement, 13},
	} {
		r := policy.Lint([]byte(c.text))
		if !slices.ContainsFunc(r.Findings, func(f policy.Finding) bool {
			return f.Severity == c.severity && f.Code == c.code && (c.line == 0 || f.Line == c.line)
		}) {
			t.Errorf("%s: %+v", name, r.Findings)
		}
	}
}

// TestTablesAreAligned: every cell begins in the column of the terminal in
// which its head begins, whatever the language.
func TestTablesAreAligned(t *testing.T) {
	grids := policy.DoorTables()
	for _, name := range policy.BuiltinNames() {
		grids = append(grids, builtin(t, name).Tables()...)
	}
	for _, g := range grids {
		for _, lang := range []policy.Lang{policy.InChinese, policy.InEnglish, policy.InBoth} {
			lines := strings.Split(strings.TrimSuffix(g.Text(lang), "\n"), "\n")
			if len(lines) != len(g.Rows)+1 {
				t.Fatalf("%s: %d lines for %d rows", g.Title.En, len(lines), len(g.Rows))
			}
			starts, at := make([]int, len(g.Head)), 0
			for j, h := range g.Head {
				i := strings.Index(lines[0][at:], say(h, lang))
				at += i
				starts[j] = columns(lines[0][:at])
				at += len(say(h, lang))
			}
			for i, r := range g.Rows {
				for j, cell := range r {
					if have := from(lines[i+1], starts[j]); !strings.HasPrefix(have, say(cell, lang)) {
						t.Fatalf("%s: column %d of row %d shows %q, not %q", g.Title.En, j, i, have, say(cell, lang))
					}
				}
			}
			if md := g.Markdown(lang); strings.Count(md, "\n") != len(g.Rows)+2 || strings.Count(md, "\n| ") != len(g.Rows) {
				t.Errorf("%s: Markdown of %d lines", g.Title.En, strings.Count(md, "\n"))
			}
		}
	}
}

func say(t policy.Text, lang policy.Lang) string {
	switch {
	case lang == policy.InChinese:
		return t.Zh
	case lang == policy.InEnglish || t.Zh == t.En:
		return t.En
	}
	return t.Zh + " / " + t.En
}

// from is what line shows from a column of the terminal on.
func from(line string, column int) string {
	for i := range line {
		if columns(line[:i]) == column {
			return line[i:]
		}
	}
	return ""
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
			n++
		}
	}
	return n
}
