package forms

import "slices"

// Term is one entry of the vocabulary: what a key means, and its wording where
// a form has none of its own.
type Term struct {
	Key     Key
	Kind    Kind
	Zh      string
	En      string
	Options []Text // of a choice
}

// TermOf finds a key.
func TermOf(k Key) (Term, bool) { t, ok := terms[k]; return t, ok }

var terms = func() map[Key]Term {
	all := map[Key]Term{}
	for _, t := range vocabulary {
		all[t.Key] = t
	}
	return all
}()

// Vocabulary lists every key in the order of its subject.
func Vocabulary() []Term { return slices.Clone(vocabulary) }

func text(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindText, Zh: zh, En: en} }
func number(k Key, zh, en string) Term { return Term{Key: k, Kind: KindNumber, Zh: zh, En: en} }
func date(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindDate, Zh: zh, En: en} }
func sign(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindSignature, Zh: zh, En: en} }
func mark(k Key, zh, en string) Term   { return Term{Key: k, Kind: KindMark, Zh: zh, En: en} }
func choice(k Key, zh, en string, options ...Text) Term {
	return Term{Key: k, Kind: KindChoice, Zh: zh, En: en, Options: options}
}

var (
	yes      = Text{"是", "yes"}
	no       = Text{"否", "no"}
	present  = Text{"有", "present"}
	absent   = Text{"无", "absent"}
	core     = Text{"核心", "core"}
	weighty  = Text{"重要", "important"}
	ordinary = Text{"一般", "general"}
)

// The words are those of the law and of forms in use. Where forms use several,
// the law's word stands here, and a unit may rename it on its own sheets.
var vocabulary = slices.Concat(carrierTerms, personTerms, movementTerms, placeTerms, copyingTerms, destructionTerms, checkTerms, reportTerms, officeTerms)
