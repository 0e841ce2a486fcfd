package policy

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Formats of a profile file, its first line. The older one has approval rows
// for the act "destroy" where the newer one has rules for every act.
const (
	Format         = "sexton-policy/2"
	formatDestroy  = "sexton-policy/1"
	formatsSpoken  = formatDestroy + " and " + Format
	formatsInWords = formatDestroy + "、" + Format
)

// maxProfile bounds a profile file, bytes.
const maxProfile = 1 << 20

// Status says how sure a row is.
type Status string

// Statuses.
const (
	Confirmed   Status = "confirmed"
	Unconfirmed Status = "unconfirmed"
	Empty       Status = "empty"
)

// Text is one sentence in both languages.
type Text struct {
	Zh string `toml:"zh" json:"zh"`
	En string `toml:"en" json:"en"`
}

func (t Text) missing() bool { return t.Zh == "" || t.En == "" }

// Basis is what a row rests on.
type Basis struct {
	Law       Text   `toml:"law"`       // law or standard, with its section
	Document  string `toml:"document"`  // its number
	Effective string `toml:"effective"` // day from which the row holds, 2006-01-02
	Status    Status `toml:"status"`
	Note      Text   `toml:"note"` // optional; for an empty row: who fills it in
}

// Terms is what a rule demands. Which terms an act needs and which it may have
// is said in its row of acts.
type Terms struct {
	Approval      bool     `toml:"approval"`       // a leader approves before the act
	Audit         string   `toml:"audit"`          // role that audits before it is approved, "" = nobody
	Approver      string   `toml:"approver"`       // role that approves
	Authority     string   `toml:"authority"`      // least approving authority: own-leader, issuer, superior
	Persons       int      `toml:"persons"`        // who sign the act together, the approver not counted
	Channels      []string `toml:"channels"`       // by which it may travel
	Escorts       int      `toml:"escorts"`        // least number of persons who carry it
	MaxDays       int      `toml:"max_days"`       // longest absence in days, 0 = no limit of its own
	Places        []string `toml:"places"`         // uses of places where it may be
	RecordReaders bool     `toml:"record_readers"` // who knew is on record
	Cleared       bool     `toml:"cleared"`        // everybody who handles it is posted, cleared high enough, trained and pledged
	Qualified     bool     `toml:"qualified"`      // the other body's qualification is needed
	Retention     string   `toml:"retention"`      // how long the records are kept: "permanent" or "10 years"
}

// Rule decides one act for some classifications.
type Rule struct {
	ID              string   `toml:"id"`
	Act             string   `toml:"act"`
	Classifications []string `toml:"classifications"`
	Media           []string `toml:"media"` // none = every medium
	Terms
	Basis Basis `toml:"basis"`
}

// Limits are how a carrier is destroyed.
type Limits struct {
	Methods    []string `toml:"methods"`   // "shred"
	MinLevel   int64    `toml:"min_level"` // ISO/IEC 21964-1 security level 1 to 7
	MaxAreaMM2 float64  `toml:"max_area_mm2"`
	MaxWidthMM float64  `toml:"max_width_mm"` // 0 = no limit of its own
}

// Method is how carriers of some categories may be destroyed.
type Method struct {
	ID              string   `toml:"id"`
	Act             string   `toml:"act"` // "destroy"
	Classifications []string `toml:"classifications"`
	Categories      []string `toml:"categories"` // letters of ISO/IEC 21964-1: P F O T H E
	Limits
	Basis Basis `toml:"basis"`
}

// Fill replaces one empty row in a supplement: a method row by Limits, a rule
// by Terms.
type Fill struct {
	ID string `toml:"id"` // of the empty row
	Limits
	Terms
	Basis Basis `toml:"basis"`
}

// approval is a rule of the older format.
type approval struct {
	ID              string   `toml:"id"`
	Act             string   `toml:"act"`
	Classifications []string `toml:"classifications"`
	Persons         int      `toml:"persons"`
	Authority       string   `toml:"authority"`
	Retention       string   `toml:"retention"`
	Basis           Basis    `toml:"basis"`
}

// Profile is one set of rules.
type Profile struct {
	Format         string   `toml:"format"`
	Name           string   `toml:"name"`
	Version        string   `toml:"version"`
	Title          Text     `toml:"title"`
	Effective      string   `toml:"effective"` // day
	Training       bool     `toml:"training"`  // invented values, for exercises only
	Extends        string   `toml:"extends"`
	ExtendsVersion string   `toml:"extends_version"`
	Rules          []Rule   `toml:"rule"`
	Methods        []Method `toml:"method"`
	Fills          []Fill   `toml:"fill"`
}

// file is a profile as it is written, in either format.
type file struct {
	Profile
	Approvals []approval `toml:"approval"`
}

// Parse reads one profile. A supplement is merged with the built-in profile it
// extends: the result has the supplement's name and all rows.
func Parse(data []byte) (*Profile, error) {
	p, found := read(data)
	for _, f := range found {
		if f.Severity == Error {
			one := []Finding{f}
			place(one, lines(data))
			return nil, &Unreadable{one[0]}
		}
	}
	return p, nil
}

// Unreadable is why Parse refuses a file: the first error in it. Lint finds
// the others.
type Unreadable struct{ Finding }

func (u *Unreadable) Error() string {
	s := "cannot read policy profile: "
	if u.Line > 0 {
		s += fmt.Sprintf("line %d: ", u.Line)
	}
	if u.Row != "" {
		s += fmt.Sprintf("row %q: ", u.Row)
	}
	return s + u.En
}

// Sentence says in both languages what is wrong and where.
func (f Finding) Sentence() Text {
	var zh, en string
	if f.Line > 0 {
		zh, en = fmt.Sprintf("第 %d 行：", f.Line), fmt.Sprintf("line %d: ", f.Line)
	}
	if f.Row != "" {
		zh, en = zh+"〔"+f.Row+"〕", en+"["+f.Row+"] "
	}
	return Text{zh + f.Zh, en + f.En}
}

// read decodes a profile, merges a supplement with its base, and finds what
// has no meaning or two. The profile is nil when it cannot even be decoded.
func read(data []byte) (*Profile, []Finding) {
	f, found := decode(data)
	if f == nil {
		return nil, found
	}
	p := f.Profile
	found = append(found, f.older(&p)...)
	if p.Extends != "" {
		found = append(found, p.extend()...)
	}
	return &p, append(found, p.check()...)
}

// decode reads the TOML strictly.
func decode(data []byte) (*file, []Finding) {
	if len(data) > maxProfile {
		return nil, unreadable(0, fmt.Sprintf("共 %d 字节，超过上限", len(data)), fmt.Sprintf("%d bytes are too many", len(data)))
	}
	if !utf8.Valid(data) {
		return nil, unreadable(0, "不是 UTF-8 编码", "not UTF-8")
	}
	var f file
	meta, err := toml.Decode(string(data), &f)
	if err != nil {
		return nil, unreadable(tomlLine(err), "TOML 格式有误，详见英文说明", err.Error())
	}
	var found []Finding
	for _, key := range meta.Undecoded() {
		found = append(found, Finding{Severity: Error, Code: FindUnknownKey, Line: keyLine(data, key[len(key)-1]), Zh: "没有名为 " + key.String() + " 的项", En: "unknown key " + key.String()})
	}
	if f.Format != Format && f.Format != formatDestroy {
		found = append(unreadable(1, "格式 "+quote(f.Format)+" 不明，本程序只读 "+formatsInWords, fmt.Sprintf("format %q, this program reads %s", f.Format, formatsSpoken)), found...)
	}
	return &f, found
}

func unreadable(line int, zh, en string) []Finding {
	return []Finding{{Severity: Error, Code: FindUnreadable, Line: line, Zh: zh, En: en}}
}

// older makes rules of the approval rows of the older format, which has no
// others.
func (f *file) older(p *Profile) []Finding {
	if f.Format != formatDestroy {
		if len(f.Approvals) > 0 {
			return unreadable(0, "approval 行只见于 "+formatDestroy, "approval rows are of "+formatDestroy)
		}
		return nil
	}
	var found []Finding
	if len(f.Rules) > 0 {
		found = unreadable(0, "rule 行只见于 "+Format, "rule rows are of "+Format)
	}
	for _, a := range f.Approvals {
		r := Rule{ID: a.ID, Act: a.Act, Classifications: a.Classifications, Basis: a.Basis}
		if a.Basis.Status != Empty {
			r.Terms = Terms{Approval: true, Approver: "approver", Authority: a.Authority, Persons: a.Persons, Retention: a.Retention}
		}
		p.Rules = append(p.Rules, r)
	}
	return found
}

// isToken says that s can stand in one line of a trust file: 1 to 64 letters,
// digits, dots, hyphens and underscores.
func isToken(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	return len(s) >= 1 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(allowed, r) })
}

// day reads a date strictly.
func day(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Format(time.DateOnly) != s {
		return time.Time{}, fmt.Errorf("%q is not a day like 2026-01-31", s)
	}
	return t, nil
}
