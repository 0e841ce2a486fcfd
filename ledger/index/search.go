package index

import (
	"database/sql"
	"errors"
	"fmt"
	"sort"
	"strings"
	"time"

	"sexton/custody"
)

// Search says which carriers are wanted: those that meet all that is set; the
// zero value wants all. A list means any of its words.
type Search struct {
	Number string // beginning of the carrier's number
	Part   string // part of it, at least 2 characters

	Document       string // id
	DocumentNumber string // 文号; brackets and spaces as one likes
	DocumentPrefix string // beginning of it
	Title          string // part of it, at least 2 letters
	Serial         string // of a medium
	Parent         string // copies made of this carrier

	List, Batch string
	Kinds       []string
	Levels      []string // classification as it is now
	States      []custody.State
	Wheres      []custody.Where

	Keeper, Holder string // person id
	Person         string // keeper or holder
	KeeperName     string // part of it
	HolderName     string
	Place          string
	Department     string // of the place; of the keeper while a carrier has no place
	NoPlace        bool

	Campaign   string
	Fate       string // in Campaign
	NoCampaign bool   // in no clear-out

	DueBefore     time.Time // to be back, or receipted, before this moment: overdue at it
	EnteredFrom   time.Time // by the time of the registration; exact as far as
	EnteredBefore time.Time // the clock never went back

	Held       bool // no disposition yet
	OpenCase   bool
	MustReturn bool
	Spoiled    bool
	Copies     bool // made here

	Order  Order
	After  string // Next of the page before
	Offset int64  // further hits to pass over
	Limit  int64  // 0 = 100, at most MaxPage
}

// Order is the order of an answer. All end in the order of entry, which never
// changes, so that pages fit each other.
type Order int

// Orders.
const (
	ByNumber         Order = iota
	ByNewest               // entered last comes first
	ByEntered              // entered first comes first
	ByDue                  // only carriers with a date
	ByTitle                // Chinese collation
	ByDocumentNumber       // 文号; those without come first
	ByKeeper               // by name, Chinese collation; those without come last
	ByHolder
)

// Errors of a search, beside those of the database.
var (
	ErrShort  = errors.New("a part of a text to search has at least 2 letters or digits")
	ErrCursor = errors.New("the page mark belongs to another search")
)

// found is the answer to a search before it is put in order.
type found struct {
	set   set
	check []partOf // texts to be looked at: set may have too many
}

// partOf is a part that a text must have.
type partOf struct {
	f    gramField
	part string // folded
}

// find turns a search into a set of ordinals. Every term is a look into an
// index; what is left to check is in found.check.
func (r *Reader) find(sc scope, s Search) (found, error) {
	f := found{set: all(sc.n)}
	for _, term := range []func(scope, Search, *found) error{r.findNumber, r.findTexts, findPlain, findTags, findPeople, findPlaces, findTimes} {
		if err := term(sc, s, &f); err != nil {
			return found{}, err
		}
	}
	return f, nil
}

// only keeps what is in a set, too.
func (f *found) only(s set, err error) error {
	if err == nil {
		f.set.and(s)
	}
	return err
}

func (r *Reader) findNumber(sc scope, s Search, f *found) error {
	if s.Number != "" {
		if err := f.only(r.prefix(sc, orderNumber, []byte(s.Number))); err != nil {
			return err
		}
	}
	if s.Part == "" {
		return nil
	}
	return f.having(sc, numberGrams, s.Part)
}

// having keeps those whose text has a part.
func (f *found) having(sc scope, g gramField, part string) error {
	if g.shortPart(part) {
		return fmt.Errorf("%q: %w", part, ErrShort)
	}
	s, certain, err := sc.part(g, part)
	if err == nil && !certain {
		f.check = append(f.check, partOf{g, g.fold(part)})
	}
	return f.only(s, err)
}

func (r *Reader) findTexts(sc scope, s Search, f *found) error {
	if s.Title != "" {
		if err := f.having(sc, titleGrams, s.Title); err != nil {
			return err
		}
	}
	if s.DocumentPrefix != "" {
		if err := f.only(r.prefix(sc, orderDocument, []byte(foldNumber(s.DocumentPrefix)))); err != nil {
			return err
		}
	}
	for field, value := range map[string]string{fieldNumber: s.DocumentNumber, fieldSerial: s.Serial} {
		if value == "" {
			continue
		}
		query := `SELECT n FROM ix_order WHERE space = ? AND field = ? AND key = ?`
		if err := f.only(sc.listed(query, carrierSpace, field, []byte(foldNumber(value)))); err != nil {
			return err
		}
	}
	return nil
}

func findPlain(sc scope, s Search, f *found) error {
	for _, t := range []struct{ value, query string }{
		{s.Document, `SELECT n FROM ix_carrier WHERE document = ? AND document <> ''`},
		{s.Parent, `SELECT n FROM ix_carrier WHERE parent = ? AND parent <> ''`},
		{s.List, `SELECT n FROM ix_carrier WHERE list = ?`},
		{s.Batch, `SELECT n FROM ix_carrier WHERE batch = ? AND batch <> ''`},
	} {
		if t.value == "" {
			continue
		}
		if err := f.only(sc.listed(t.query, t.value)); err != nil {
			return err
		}
	}
	return nil
}

func findTags(sc scope, s Search, f *found) error {
	tags := map[string][]string{tagKind: s.Kinds, tagLevel: s.Levels}
	for _, state := range s.States {
		tags[tagState] = append(tags[tagState], state.String())
	}
	for _, where := range s.Wheres {
		tags[tagWhere] = append(tags[tagWhere], where.String())
	}
	for name, value := range map[string]string{tagKeeper: s.Keeper, tagHolder: s.Holder, tagPlace: s.Place} {
		if value != "" {
			tags[name] = []string{value}
		}
	}
	switch {
	case s.NoCampaign:
		tags[tagCampaign] = []string{""}
	case s.Campaign != "" && s.Fate != "":
		tags[tagFate] = []string{fateValue(s.Campaign, s.Fate)}
	case s.Campaign != "":
		tags[tagCampaign] = []string{s.Campaign}
	}
	if s.NoPlace {
		tags[tagPlace] = []string{""}
	}
	for name, values := range tags {
		if len(values) == 0 {
			continue
		}
		if err := f.only(sc.tagged(name, values...)); err != nil {
			return err
		}
	}
	for flag, on := range map[string]bool{flagHeld: s.Held, flagCase: s.OpenCase, flagMustReturn: s.MustReturn, flagSpoiled: s.Spoiled,
		flagCopy: s.Copies, flagDue: s.Order == ByDue} {
		if !on {
			continue
		}
		if err := f.only(sc.tagged(tagFlag, flag)); err != nil {
			return err
		}
	}
	return nil
}

func findPeople(sc scope, s Search, f *found) error {
	if s.Person != "" {
		if err := f.only(outstanding(sc, s.Person)); err != nil {
			return err
		}
	}
	for name, part := range map[string]string{tagKeeper: s.KeeperName, tagHolder: s.HolderName} {
		if part == "" {
			continue
		}
		named, err := namesLike(sc, custody.PostThing, part)
		if err != nil {
			return err
		}
		ids := make([]string, len(named))
		for i, n := range named {
			ids[i] = n.ID
		}
		if err := f.only(sc.tagged(name, ids...)); err != nil {
			return err
		}
	}
	return nil
}

// findPlaces: a carrier is of the department its place belongs to, and while it
// has no place, of that of its keeper's post.
func findPlaces(sc scope, s Search, f *found) error {
	if s.Department == "" {
		return nil
	}
	places, err := idsTagged(sc, custody.PlaceThing, TagDepartment, s.Department)
	if err != nil {
		return err
	}
	there, err := sc.tagged(tagPlace, places...)
	if err != nil {
		return err
	}
	persons, err := idsTagged(sc, custody.PostThing, TagDepartment, s.Department)
	if err != nil {
		return err
	}
	loose, err := sc.tagged(tagLoose, persons...)
	return f.only(there.or(loose), err)
}

// idsTagged lists the ids of the things of a kind with a tag.
func idsTagged(sc scope, kind custody.ThingKind, name Tag, value string) ([]string, error) {
	of, err := newScope(sc.ctx, sc.tx, string(kind))
	if err != nil {
		return nil, err
	}
	s, err := of.tagged(string(name), value)
	if err != nil {
		return nil, err
	}
	var ids []string
	for n := s.next(0); n >= 0; n = s.next(n + 1) {
		var id string
		if err := sc.tx.QueryRowContext(sc.ctx, `SELECT id FROM ix_thing WHERE kind = ? AND n = ?`, string(kind), n).Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func findTimes(sc scope, s Search, f *found) error {
	if !s.DueBefore.IsZero() {
		if err := f.only(sc.listed(`SELECT n FROM ix_carrier WHERE due <> '' AND due < ?`, storeTime(s.DueBefore))); err != nil {
			return err
		}
	}
	if s.EnteredFrom.IsZero() && s.EnteredBefore.IsZero() {
		return nil
	}
	from, to := int64(0), sc.n
	var err error
	if !s.EnteredFrom.IsZero() {
		from, err = enteredAt(sc, s.EnteredFrom)
	}
	if !s.EnteredBefore.IsZero() && err == nil {
		to, err = enteredAt(sc, s.EnteredBefore)
	}
	return f.only(newSet(sc.n).fill(from, to), err)
}

// enteredAt is the first ordinal that was entered at a moment or later.
func enteredAt(sc scope, t time.Time) (int64, error) {
	want := storeTime(t)
	st, err := sc.tx.PrepareContext(sc.ctx, `SELECT e.at FROM ix_carrier c JOIN ix_event e ON e.idx = c.idx WHERE c.n = ?`)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	n := sort.Search(int(sc.n), func(n int) bool {
		var at string
		if e := st.QueryRowContext(sc.ctx, n).Scan(&at); e != nil && !errors.Is(e, sql.ErrNoRows) {
			err = e
		}
		return strings.Compare(at, want) >= 0
	})
	return int64(n), err
}
