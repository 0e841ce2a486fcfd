package index

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// What people type is compared in a folded form: compatibility forms are one
// (NFKC), letter case and white space do not count.

// foldTitle is a title as it is searched: its letters, marks and digits.
func foldTitle(s string) string {
	if out, ok := foldPlain(s); ok {
		return out
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// foldPlain folds what nearly all titles are made of, several times faster:
// unified ideographs, ASCII, and signs that are left out in every form.
func foldPlain(s string) (string, bool) {
	out := make([]byte, 0, len(s))
	for i, r := range s {
		switch {
		case r >= 0x4e00 && r <= 0x9fff:
			out = append(out, s[i:i+3]...)
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			out = append(out, byte(r))
		case r >= 'A' && r <= 'Z':
			out = append(out, byte(r)+'a'-'A')
		case r < 0x80 || strings.ContainsRune("《》〔〕（）【】“”、，。：；—·", r):
		default:
			return "", false
		}
	}
	return string(out), true
}

// brackets are written in many ways around the year of a document number
// (GB/T 9704-2012, 7.2.5 wants U+3014 and U+3015).
const opening, closing = "([{〔【〈《「『〖", ")]}〕】〉》」』〗"

// foldNumber is a number as it is searched.
func foldNumber(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(opening, r):
			return '〔'
		case strings.ContainsRune(closing, r):
			return '〕'
		case unicode.IsSpace(r):
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(s))
}

// A part of a text is found by grams: runs of runes of one length, each with
// the set of those that have it. Titles have runs of two, which Chinese words
// mostly are; numbers runs of three, since two digits tell nothing.
type gramField struct {
	name string
	size int
	fold func(string) string
}

var (
	titleGrams  = gramField{"title", 2, foldTitle}
	numberGrams = gramField{"number", 3, foldNumber}
)

// minPart is the shortest part of a text that can be searched, in runes.
const minPart = 2

// endMark follows the text of a number, so that its last two runes begin a run.
const endMark = "\n"

// grams lists the runs of a text, each once.
func (f gramField) grams(s string) []string {
	s = f.fold(s)
	if f.size > minPart {
		s += endMark
	}
	starts := make([]int, 0, len(s)+1)
	for i := range s {
		starts = append(starts, i)
	}
	starts = append(starts, len(s))
	var out []string
	for i := 0; i+f.size < len(starts); i++ {
		out = append(out, s[starts[i]:starts[i+f.size]])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// cover gives runs that every text with the part has, and whether these texts
// have the part for certain. A part shorter than a run gives the beginning of
// one.
func (f gramField) cover(part string) (runs []string, begins, certain bool) {
	r := []rune(f.fold(part))
	if len(r) < f.size {
		return []string{string(r)}, true, true
	}
	for i := 0; i < len(r); i += f.size {
		i = min(i, len(r)-f.size)
		runs = append(runs, string(r[i:i+f.size]))
	}
	slices.Sort(runs)
	return slices.Compact(runs), false, len(r) == f.size
}

// shortPart says that a part is too short to be searched.
func (f gramField) shortPart(part string) bool {
	return utf8.RuneCountInString(f.fold(part)) < minPart
}

// collator gives keys whose byte order is the order of the Chinese dictionary:
// by pinyin (CLDR, zh, collation pinyin); case, width and accents do not count.
// It is not safe for concurrent use. The keys are in the tables: another
// edition of the library's data is another projection, see TestCollationKeys.
type collator struct {
	c   *collate.Collator
	buf collate.Buffer
}

func newCollator() *collator {
	return &collator{c: collate.New(language.MustParse("zh-u-co-pinyin"), collate.Loose)}
}

func (c *collator) key(s string) []byte {
	c.buf.Reset()
	return slices.Clone(c.c.KeyFromString(&c.buf, s))
}
