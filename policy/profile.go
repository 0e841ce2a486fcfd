package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"sexton/custody"
)

// Format is the first line of every profile.
const Format = "sexton-policy/1"

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
	Zh string `toml:"zh"`
	En string `toml:"en"`
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

// Approval is what a classification demands before the act.
type Approval struct {
	ID              string   `toml:"id"`
	Act             string   `toml:"act"` // "destroy"
	Classifications []string `toml:"classifications"`
	Persons         int      `toml:"persons"`   // who sign the act together, the approver not counted
	Authority       string   `toml:"authority"` // least approving authority: own-leader, issuer, superior
	Retention       string   `toml:"retention"` // how long the records are kept: "permanent" or "10 years"
	Basis           Basis    `toml:"basis"`
}

// Method is how carriers of some categories may be destroyed.
type Method struct {
	ID              string   `toml:"id"`
	Act             string   `toml:"act"`
	Classifications []string `toml:"classifications"`
	Categories      []string `toml:"categories"` // letters of ISO/IEC 21964-1: P F O T H E
	Methods         []string `toml:"methods"`    // "shred"
	MinLevel        int64    `toml:"min_level"`  // ISO/IEC 21964-1 security level 1 to 7
	MaxAreaMM2      float64  `toml:"max_area_mm2"`
	MaxWidthMM      float64  `toml:"max_width_mm"` // 0 = no limit of its own
	Basis           Basis    `toml:"basis"`
}

// Fill replaces one empty method row in a supplement.
type Fill struct {
	ID         string   `toml:"id"` // of the empty row
	Methods    []string `toml:"methods"`
	MinLevel   int64    `toml:"min_level"`
	MaxAreaMM2 float64  `toml:"max_area_mm2"`
	MaxWidthMM float64  `toml:"max_width_mm"`
	Basis      Basis    `toml:"basis"`
}

// Profile is one set of rules.
type Profile struct {
	Format         string     `toml:"format"`
	Name           string     `toml:"name"`
	Version        string     `toml:"version"`
	Title          Text       `toml:"title"`
	Effective      string     `toml:"effective"` // day
	Training       bool       `toml:"training"`  // invented values, for exercises only
	Extends        string     `toml:"extends"`
	ExtendsVersion string     `toml:"extends_version"`
	Approvals      []Approval `toml:"approval"`
	Methods        []Method   `toml:"method"`
	Fills          []Fill     `toml:"fill"`
}

// Parse reads one profile. A supplement is merged with the built-in profile it
// extends: the result has the supplement's name and all rows.
func Parse(data []byte) (*Profile, error) {
	p, err := parse(data)
	if err == nil && p.Extends != "" {
		err = p.extend()
	}
	if err == nil {
		err = p.check()
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read policy profile: %w", err)
	}
	return p, nil
}

func parse(data []byte) (*Profile, error) {
	if len(data) > maxProfile {
		return nil, fmt.Errorf("%d bytes are too many", len(data))
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8")
	}
	var p Profile
	meta, err := toml.Decode(string(data), &p)
	if err != nil {
		return nil, err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return nil, fmt.Errorf("unknown key %s", extra[0])
	}
	if p.Format != Format {
		return nil, fmt.Errorf("format %q, this program reads %s", p.Format, Format)
	}
	return &p, nil
}

// extend merges the base into the supplement.
func (p *Profile) extend() error {
	if len(p.Approvals)+len(p.Methods) > 0 {
		return fmt.Errorf("a supplement fills rows of %s; it has none of its own", p.Extends)
	}
	base, err := Builtin(p.Extends, p.ExtendsVersion)
	if err != nil {
		return err
	}
	p.Approvals, p.Methods = base.Approvals, base.Methods
	filled := map[string]bool{}
	for _, f := range p.Fills {
		i := slices.IndexFunc(p.Methods, func(m Method) bool { return m.ID == f.ID })
		if i < 0 || filled[f.ID] {
			return fmt.Errorf("row %q is unknown in %s, or filled twice", f.ID, p.Extends)
		}
		m := &p.Methods[i]
		if m.Basis.Status != Empty {
			return fmt.Errorf("row %q is not empty: a supplement may not change it", f.ID)
		}
		if f.Basis.Status == Empty {
			return fmt.Errorf("row %q is filled with nothing", f.ID)
		}
		filled[f.ID] = true
		m.Methods, m.MinLevel, m.MaxAreaMM2, m.MaxWidthMM, m.Basis = f.Methods, f.MinLevel, f.MaxAreaMM2, f.MaxWidthMM, f.Basis
	}
	return nil
}

// check refuses what has no meaning or two.
func (p *Profile) check() error {
	if !isToken(p.Name) || !isToken(p.Version) || p.Title.missing() {
		return fmt.Errorf("name %q, version %q or title is missing or malformed", p.Name, p.Version)
	}
	if _, err := day(p.Effective); err != nil {
		return err
	}
	if p.Extends == "" && (p.ExtendsVersion != "" || len(p.Fills) > 0) {
		return fmt.Errorf("it fills rows but extends nothing")
	}
	ids, cells := map[string]bool{}, map[string]string{}
	once := func(id string, keys ...string) error {
		if id == "" || ids[id] {
			return fmt.Errorf("row %q has no id, or one used twice", id)
		}
		ids[id] = true
		for _, k := range keys {
			if other, taken := cells[k]; taken {
				return fmt.Errorf("rows %s and %s decide the same: %s", other, id, k)
			}
			cells[k] = id
		}
		return nil
	}
	for _, a := range p.Approvals {
		if err := a.check(); err != nil {
			return fmt.Errorf("row %q: %w", a.ID, err)
		}
		if err := once(a.ID, product("approval "+a.Act, a.Classifications, []string{""})...); err != nil {
			return err
		}
	}
	for _, m := range p.Methods {
		if err := m.check(); err != nil {
			return fmt.Errorf("row %q: %w", m.ID, err)
		}
		if err := once(m.ID, product("method "+m.Act, m.Classifications, m.Categories)...); err != nil {
			return err
		}
	}
	return nil
}

// isToken says that s can stand in one line of a trust file: 1 to 64 letters,
// digits, dots, hyphens and underscores.
func isToken(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
	return len(s) >= 1 && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune(allowed, r) })
}

func product(what string, a, b []string) []string {
	var all []string
	for _, x := range a {
		for _, y := range b {
			all = append(all, strings.TrimSpace(what+" "+x+" "+y))
		}
	}
	return all
}

func (a Approval) check() error {
	if err := checkHead(a.Act, a.Classifications, a.Basis); err != nil {
		return err
	}
	if a.Basis.Status == Empty {
		return nil
	}
	if a.Persons < 2 || a.Persons > 8 {
		return fmt.Errorf("%d persons: nobody destroys alone", a.Persons)
	}
	if !slices.Contains(authorities, a.Authority) || a.Retention == "" {
		return fmt.Errorf("authority %q, retention %q", a.Authority, a.Retention)
	}
	return nil
}

// authorities in the order of their reach.
var authorities = []string{"own-leader", "issuer", "superior"}

// Category letters of ISO/IEC 21964-1, clause 4.
var categories = []string{"P", "F", "O", "T", "H", "E"}

func (m Method) check() error {
	if err := checkHead(m.Act, m.Classifications, m.Basis); err != nil {
		return err
	}
	if len(m.Categories) == 0 {
		return fmt.Errorf("no category")
	}
	for i, c := range m.Categories {
		if !slices.Contains(categories, c) || slices.Contains(m.Categories[:i], c) {
			return fmt.Errorf("category %q", c)
		}
	}
	if m.Basis.Status == Empty {
		if len(m.Methods) > 0 || m.MinLevel != 0 || m.MaxAreaMM2 != 0 || m.MaxWidthMM != 0 {
			return fmt.Errorf("it is empty and yet has values")
		}
		return nil
	}
	if len(m.Methods) == 0 || m.MinLevel < 1 || m.MinLevel > 7 || m.MaxAreaMM2 < 0 || m.MaxWidthMM < 0 {
		return fmt.Errorf("methods %v, level %d, area %g mm2, width %g mm", m.Methods, m.MinLevel, m.MaxAreaMM2, m.MaxWidthMM)
	}
	for _, w := range m.Methods {
		if w != "shred" {
			return fmt.Errorf("method %q is not known", w)
		}
	}
	return nil
}

func checkHead(act string, classes []string, b Basis) error {
	if act != "destroy" {
		return fmt.Errorf("act %q is not known", act)
	}
	if len(classes) == 0 {
		return fmt.Errorf("no classification")
	}
	for i, c := range classes {
		if _, ok := custody.ClassificationOf(c); !ok || slices.Contains(classes[:i], c) {
			return fmt.Errorf("classification %q", c)
		}
	}
	if b.Status != Confirmed && b.Status != Unconfirmed && b.Status != Empty {
		return fmt.Errorf("status %q", b.Status)
	}
	if b.Law.missing() || b.Document == "" {
		return fmt.Errorf("no legal basis or document number")
	}
	if b.Status == Empty && b.Note.missing() {
		return fmt.Errorf("it is empty and does not say who fills it in")
	}
	_, err := day(b.Effective)
	return err
}

// day reads a date strictly.
func day(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Format(time.DateOnly) != s {
		return time.Time{}, fmt.Errorf("%q is not a day like 2026-01-31", s)
	}
	return t, nil
}
