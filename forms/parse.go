package forms

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
)

// Format is the first line of every file of forms.
const Format = "sexton-forms/1"

// maxFile bounds a file of forms or of a unit's wording, bytes.
const maxFile = 1 << 20

// decode reads strictly: UTF-8, bounded, no unknown key.
func decode(data []byte, into any) error {
	if len(data) > maxFile {
		return fmt.Errorf("%d bytes are too many", len(data))
	}
	if !utf8.Valid(data) {
		return fmt.Errorf("not UTF-8")
	}
	meta, err := toml.Decode(string(data), into)
	if err != nil {
		return err
	}
	if extra := meta.Undecoded(); len(extra) > 0 {
		return fmt.Errorf("unknown key %s", extra[0])
	}
	return nil
}

// parse reads the forms of one file.
func parse(data []byte) ([]*Form, error) {
	var file struct {
		Format string  `toml:"format"`
		Forms  []*Form `toml:"form"`
	}
	if err := decode(data, &file); err != nil {
		return nil, err
	}
	if file.Format != Format {
		return nil, fmt.Errorf("format %q, this program reads %s", file.Format, Format)
	}
	for _, f := range file.Forms {
		if err := f.complete(); err != nil {
			return nil, fmt.Errorf("form %q: %w", f.ID, err)
		}
		if err := f.check(); err != nil {
			return nil, fmt.Errorf("form %q: %w", f.ID, err)
		}
	}
	return file.Forms, nil
}

// complete adds what the vocabulary knows of each key.
func (f *Form) complete() error {
	if err := completeFields(f.Head); err != nil {
		return err
	}
	for i := range f.Sections {
		s := &f.Sections[i]
		if err := completeFields(s.Fields); err != nil {
			return err
		}
		for j := range s.Signers {
			g := &s.Signers[j]
			t, ok := TermOf(g.Role)
			if !ok {
				return fmt.Errorf("role %q is not in the vocabulary", g.Role)
			}
			g.Zh, g.En, g.Persons = orElse(g.Zh, t.Zh), orElse(g.En, t.En), max(g.Persons, 1)
		}
		if s.Sum != nil {
			s.Sum.Zh, s.Sum.En = orElse(s.Sum.Zh, "合计"), orElse(s.Sum.En, "total")
		}
	}
	return nil
}

func completeFields(fields []Field) error {
	for i := range fields {
		c := &fields[i]
		t, ok := TermOf(c.Key)
		if !ok {
			return fmt.Errorf("key %q is not in the vocabulary", c.Key)
		}
		c.Zh, c.En, c.Kind, c.Options = orElse(c.Zh, t.Zh), orElse(c.En, t.En), t.Kind, t.Options
	}
	return nil
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// check refuses what could not be printed or filled.
func (f *Form) check() error {
	if !isID(f.ID) || f.Title.missing() || f.Retention.missing() {
		return fmt.Errorf("id, title or retention is missing or malformed")
	}
	if f.Status != Confirmed && f.Status != Unconfirmed {
		return fmt.Errorf("status %q", f.Status)
	}
	if _, ok := papers[f.Paper]; !ok {
		return fmt.Errorf("paper %q", f.Paper)
	}
	for _, t := range []Text{f.Numbered, f.Secret} {
		if !t.Empty() && t.missing() {
			return fmt.Errorf("%q lacks a language", t.Zh+t.En)
		}
	}
	if err := checkWording(f.Title.Zh, f.Title.En); err != nil {
		return err
	}
	for _, list := range [][]Text{f.Copies, f.Notes} {
		if err := bothLanguages(list); err != nil {
			return err
		}
	}
	boxes := f.Boxes()
	if err := distinct(boxes); err != nil {
		return err
	}
	if err := checkComputed(boxes); err != nil {
		return err
	}
	ids := map[string]bool{}
	for i := range f.Sections {
		s := &f.Sections[i]
		if err := s.check(); err != nil {
			return fmt.Errorf("section %d: %w", i+1, err)
		}
		if s.Kind == Table {
			if !isID(s.ID) || ids[s.ID] {
				return fmt.Errorf("section %d: a table needs an id of its own", i+1)
			}
			ids[s.ID] = true
		}
	}
	return f.checkSigners()
}

func (f *Form) checkSigners() error {
	seen := map[Key]bool{}
	for _, g := range f.Signers() {
		if seen[g.Role] {
			return fmt.Errorf("role %s signs twice", g.Role)
		}
		if err := checkWording(g.Zh, g.En); err != nil {
			return err
		}
		if g.Persons > 4 {
			return fmt.Errorf("%d persons in role %s", g.Persons, g.Role)
		}
		seen[g.Role] = true
	}
	return nil
}

func (s *Section) check() error {
	if !s.Title.Empty() && s.Title.missing() {
		return fmt.Errorf("its title lacks a language")
	}
	has := map[SectionKind]bool{Boxes: len(s.Fields) > 0, Table: len(s.Fields) > 0, Clauses: len(s.Clauses) > 0, Sign: len(s.Signers) > 0}
	if !has[s.Kind] {
		return fmt.Errorf("kind %q is unknown or it is empty", s.Kind)
	}
	if (s.Kind != Boxes && s.Kind != Table && len(s.Fields) > 0) || (s.Kind != Clauses && len(s.Clauses) > 0) || (s.Kind != Sign && len(s.Signers) > 0) ||
		(s.Kind != Table && (s.Sum != nil || len(s.Presets) > 0 || s.ID != "")) {
		return fmt.Errorf("it holds what a section of kind %s does not have", s.Kind)
	}
	if err := bothLanguages(s.Clauses); err != nil {
		return err
	}
	if s.Kind != Table {
		return nil // boxes are compared over the whole form
	}
	if err := distinct(s.Fields); err != nil {
		return err
	}
	for _, p := range s.Presets {
		if c := s.Column(p.Key); c == nil || c.Kind != KindText || p.missing() {
			return fmt.Errorf("preset of %q has no text column or lacks a language", p.Key)
		}
	}
	return s.checkSum()
}

// checkComputed: what is computed needs its numbers among the same fields.
func checkComputed(fields []Field) error {
	for _, c := range fields {
		if c.Computed() && c.Kind != KindNumber {
			return fmt.Errorf("%q is computed but no number", c.Key)
		}
		parts := slices.Concat(c.Plus, c.Minus)
		if err := numbers(fields, parts); err != nil {
			return err
		}
		if slices.ContainsFunc(parts, func(k Key) bool { return column(fields, k).Computed() }) {
			return fmt.Errorf("%q is computed from a computed figure", c.Key)
		}
		if c.Measure && (c.Kind != KindNumber || column(fields, "carrier_kind") == nil) {
			return fmt.Errorf("%q has no carrier kind beside it", c.Key)
		}
	}
	return nil
}

// numbers: each key is a column of numbers that is filled in or computed.
func numbers(fields []Field, keys []Key) error {
	for _, k := range keys {
		if c := column(fields, k); c == nil || c.Kind != KindNumber {
			return fmt.Errorf("%q is added up but is no number here", k)
		}
	}
	return nil
}

func (s *Section) checkSum() error {
	if err := checkComputed(s.Fields); err != nil {
		return err
	}
	if s.Sum == nil {
		return nil
	}
	if s.Sum.ByKind && (s.Column("carrier_kind") == nil || s.Column("count") == nil) {
		return fmt.Errorf("a sum by kind needs the columns carrier_kind and count")
	}
	if err := numbers(s.Fields, s.Sum.Totals); err != nil {
		return err
	}
	for _, d := range s.Sum.Differences {
		if d.missing() || len(d.Plus) == 0 {
			return fmt.Errorf("a difference lacks its name or its parts")
		}
		if err := numbers(s.Fields, slices.Concat(d.Plus, d.Minus)); err != nil {
			return err
		}
	}
	return nil
}

// Column finds a column by its key.
func (s *Section) Column(k Key) *Field { return column(s.Fields, k) }

func column(fields []Field, k Key) *Field {
	for i := range fields {
		if fields[i].Key == k {
			return &fields[i]
		}
	}
	return nil
}

// distinct: a key stands once where it is filled once.
func distinct(fields []Field) error {
	seen := map[Key]bool{}
	for _, c := range fields {
		if seen[c.Key] {
			return fmt.Errorf("key %s stands twice", c.Key)
		}
		seen[c.Key] = true
		if c.Width < 0 || c.Width > 100 || c.Tall < 0 || c.Tall > maxTall {
			return fmt.Errorf("key %s: width %d, lines %d", c.Key, c.Width, c.Tall)
		}
		if err := checkWording(c.Zh, c.En); err != nil {
			return fmt.Errorf("key %s: %w", c.Key, err)
		}
	}
	return nil
}

func bothLanguages(list []Text) error {
	for _, t := range list {
		if err := checkWording(t.Zh, t.En); err != nil {
			return err
		}
	}
	return nil
}

// checkWording checks one heading, note or title.
func checkWording(zh, en string) error {
	for _, s := range []string{zh, en} {
		if strings.TrimSpace(s) == "" || strings.TrimSpace(s) != s || utf8.RuneCountInString(s) > 600 || !printable(s, false) {
			return fmt.Errorf("wording %q is empty, too long or holds what cannot be seen", clip(s))
		}
	}
	return nil
}

// printable: every character can be seen; nothing invisible, bidirectional,
// private or unassigned. Line breaks where they are allowed.
func printable(s string, lines bool) bool {
	for _, r := range s {
		switch {
		case r == '\n' && lines:
		case r == utf8.RuneError || r == '\u3164' || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) || !unicode.IsGraphic(r):
			return false
		}
	}
	return utf8.ValidString(s)
}

// clip shortens a cell for a message.
func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if !printable(string(r), false) {
			return '\uFFFD'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > 24 {
		s = string(r[:24]) + "…"
	}
	return s
}

// isID: 1 to 32 ASCII letters, digits and hyphens.
func isID(s string) bool {
	return len(s) >= 1 && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-')
	})
}
