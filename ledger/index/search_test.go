package index_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sexton/custody"
	"sexton/ledger/index"
	"sexton/ledger/leaf"
)

// judge answers searches by looking at every carrier.
type judge struct {
	*filler
	names map[string]string // of persons
	at    func(n int) time.Time
	keys  map[string][]byte // what was collated
	folds map[string]string // what was folded, titles with a mark
}

func (j *judge) key(s string) []byte { return remembered(j.keys, s, index.CollationKey) }

func (j *judge) number(s string) string { return remembered(j.folds, s, index.FoldNumber) }

func (j *judge) title(s string) string {
	return remembered(j.folds, "title "+s, func(string) string { return index.FoldTitle(s) })
}

func remembered[T any](in map[string]T, s string, make func(string) T) T {
	v, ok := in[s]
	if !ok {
		v = make(s)
		in[s] = v
	}
	return v
}

func (j *judge) meets(n int, s index.Search) bool {
	c, x := j.carriers[n], j.texts[n]
	in := func(value string, of []string) bool { return len(of) == 0 || slices.Contains(of, value) }
	is := func(value, want string) bool { return want == "" || value == want }
	has := func(text, part string) bool { return part == "" || strings.Contains(text, part) }
	flag := func(want, got bool) bool { return !want || got }
	department := func(person string) string {
		var i int
		if _, err := fmt.Sscanf(person, "p%03d", &i); err != nil {
			return ""
		}
		return departmentID(i % fillDepartments)
	}
	of := department(c.Keeper)
	if c.Place != "" {
		of = department("p" + c.Place[1:])
	}
	state := len(s.States) == 0 || slices.Contains(s.States, c.State)
	where := len(s.Wheres) == 0 || slices.Contains(s.Wheres, c.Where)
	return strings.HasPrefix(c.Number, s.Number) && has(j.number(c.Number), j.number(s.Part)) &&
		is(c.Document, s.Document) && is(j.number(x.DocumentNumber), j.number(s.DocumentNumber)) &&
		strings.HasPrefix(j.number(x.DocumentNumber), j.number(s.DocumentPrefix)) &&
		has(j.title(x.Title), j.title(s.Title)) && is(x.Serial, s.Serial) && is(c.Parent, s.Parent) &&
		is(c.List, s.List) && is(c.Batch, s.Batch) && in(c.Kind, s.Kinds) && in(c.Level, s.Levels) && state && where &&
		is(c.Keeper, s.Keeper) && is(c.With, s.Holder) && (s.Person == "" || c.Keeper == s.Person || c.With == s.Person) &&
		(s.KeeperName == "" || c.Keeper != "" && has(j.names[c.Keeper], s.KeeperName)) &&
		(s.HolderName == "" || c.With != "" && has(j.names[c.With], s.HolderName)) &&
		is(c.Place, s.Place) && is(of, s.Department) && flag(s.NoPlace, c.Place == "") &&
		is(c.Campaign, s.Campaign) && is(c.Fate, s.Fate) && flag(s.NoCampaign, c.Campaign == "") &&
		(s.DueBefore.IsZero() || !c.Due.IsZero() && c.Due.Before(s.DueBefore)) && flag(s.Order == index.ByDue, !c.Due.IsZero()) &&
		(s.EnteredFrom.IsZero() || !j.at(n).Before(s.EnteredFrom)) && (s.EnteredBefore.IsZero() || j.at(n).Before(s.EnteredBefore)) &&
		flag(s.Held, !c.State.Terminal()) && flag(s.OpenCase, c.Case != "") && flag(s.MustReturn, c.MustReturn) &&
		flag(s.Spoiled, c.Spoiled) && flag(s.Copies, c.Request != "")
}

func (j *judge) compare(a, b int, o index.Order) int {
	x, y := j.carriers[a], j.carriers[b]
	name := func(id string) []byte {
		if id == "" {
			return []byte{0xff}
		}
		return j.key(j.names[id])
	}
	switch o {
	case index.ByNumber:
		return cmp.Compare(x.Number, y.Number)
	case index.ByNewest:
		return b - a
	case index.ByDue:
		return cmp.Or(x.Due.Compare(y.Due), a-b)
	case index.ByTitle:
		return cmp.Or(bytes.Compare(j.key(j.texts[a].Title), j.key(j.texts[b].Title)), a-b)
	case index.ByDocumentNumber:
		return cmp.Or(cmp.Compare(j.number(j.texts[a].DocumentNumber), j.number(j.texts[b].DocumentNumber)), a-b)
	case index.ByKeeper:
		return cmp.Or(bytes.Compare(name(x.Keeper), name(y.Keeper)), cmp.Compare(x.Keeper, y.Keeper), a-b)
	case index.ByHolder:
		return cmp.Or(bytes.Compare(name(x.With), name(y.With)), cmp.Compare(x.With, y.With), a-b)
	}
	return a - b
}

func (j *judge) search(s index.Search) []string {
	var ns []int
	for n := range j.carriers {
		if j.meets(n, s) {
			ns = append(ns, n)
		}
	}
	slices.SortFunc(ns, func(a, b int) int { return j.compare(a, b, s.Order) })
	out := make([]string, len(ns))
	for i, n := range ns {
		out[i] = j.carriers[n].Number
	}
	return out
}

// ask draws a search that at least one carrier meets, mostly.
func (j *judge) ask(r *rand.Rand) index.Search {
	n := r.IntN(len(j.carriers))
	c, x := j.carriers[n], j.texts[n]
	cut := func(s string, least int) string {
		runes := []rune(s)
		if len(runes) < least {
			return ""
		}
		size := least + r.IntN(min(5, len(runes)-least+1))
		from := r.IntN(len(runes) - size + 1)
		return string(runes[from : from+size])
	}
	s := index.Search{Order: index.Order(r.IntN(int(index.ByHolder) + 1)), Limit: int64(1 + r.IntN(len(j.carriers)/4))}
	terms := []func(){
		func() { s.Number = c.Number[:r.IntN(len(c.Number)+1)] },
		func() { s.Part = strings.ToLower(cut(c.Number, 2)) },
		func() { s.Document = c.Document },
		func() {
			s.DocumentNumber = strings.NewReplacer("〔", pick(r, []string{"[", "（", "〔"}), "〕", pick(r, []string{"]", "）", " 〕"})).Replace(x.DocumentNumber)
		},
		func() { s.DocumentPrefix = string([]rune(x.DocumentNumber)[:1+r.IntN(5)]) },
		func() { s.Title = cut(j.title(x.Title), 2) },
		func() { s.Serial = x.Serial },
		func() { s.List = c.List },
		func() { s.Batch = c.Batch },
		func() { s.Kinds = []string{c.Kind} },
		func() { s.Levels = []string{c.Level, "secret"} },
		func() { s.States = []custody.State{c.State, custody.Missing} },
		func() { s.Wheres = []custody.Where{c.Where} },
		func() { s.Keeper = c.Keeper },
		func() { s.Holder = c.With },
		func() { s.Person = cmp.Or(c.With, c.Keeper) },
		func() { s.KeeperName = cut(j.names[c.Keeper], 1) },
		func() { s.HolderName = cut(j.names[c.With], 1) },
		func() { s.Place = c.Place },
		func() { s.Department = departmentID(r.IntN(fillDepartments)) },
		func() { s.NoPlace = c.Place == "" },
		func() { s.Campaign, s.Fate = c.Campaign, pick(r, []string{"", c.Fate}) },
		func() { s.NoCampaign = c.Campaign == "" && s.Campaign == "" },
		func() { s.DueBefore = c.Due.Add(time.Hour * time.Duration(r.IntN(1000))) },
		func() { s.EnteredFrom = j.at(r.IntN(n + 1)) },
		func() { s.EnteredBefore = j.at(n).Add(time.Minute) },
		func() { s.Held = !c.State.Terminal() },
		func() { s.MustReturn = c.MustReturn },
		func() { s.Copies, s.Spoiled = c.Request != "", c.Spoiled },
		func() { s.Parent = c.Parent },
		func() { s.OpenCase = c.Case != "" },
	}
	for range r.IntN(5) {
		terms[r.IntN(len(terms))]()
	}
	if c.Due.IsZero() {
		s.DueBefore = time.Time{}
	}
	return s
}

// pages reads an answer to its end.
func (j *judge) pages(s index.Search) (numbers []string, first index.Found) {
	j.t.Helper()
	for page := 0; ; page++ {
		found, err := j.r.Search(context.Background(), s)
		if err != nil {
			j.t.Fatalf("%+v: %v", s, err)
		}
		if page == 0 {
			first = found
		}
		for _, h := range found.Hits {
			numbers = append(numbers, h.Number)
		}
		if int64(len(found.Hits)) > s.Limit || found.Next != "" && int64(len(found.Hits)) < s.Limit {
			j.t.Fatalf("%+v: a page of %d", s, len(found.Hits))
		}
		if s.After = found.Next; s.After == "" {
			return numbers, first
		}
	}
}

func newJudge(t *testing.T, n int) *judge {
	f := newFiller(t, openDB(t))
	f.remember = true
	f.found()
	for from := 0; from < n; from += 500 {
		f.do(func() {
			for i := from; i < min(from+500, n); i++ {
				f.carrier(i, n)
			}
		})
	}
	j := &judge{filler: f, names: map[string]string{}, keys: map[string][]byte{}, folds: map[string]string{}, at: func(i int) time.Time { return fillTime(i, n) }}
	names, err := f.r.Names(context.Background(), custody.PostThing, "")
	if err != nil || len(names) != fillPersons {
		t.Fatalf("%d names, %v", len(names), err)
	}
	for _, name := range names {
		j.names[name.ID] = name.Name
	}
	return j
}

// check compares answers with those of the judge.
func (j *judge) check(r *rand.Rand, times int) {
	j.t.Helper()
	some := 0
	for range times {
		s := j.ask(r)
		want := j.search(s)
		got, first := j.pages(s)
		if !slices.Equal(got, want) {
			at := 0
			for at < min(len(got), len(want)) && got[at] == want[at] {
				at++
			}
			j.t.Fatalf("%+v\nfound %d, the judge %d; they part at %d: %q, %q", s, len(got), len(want), at, got[at:min(at+3, len(got))], want[at:min(at+3, len(want))])
		}
		if first.Exact && first.Count != int64(len(want)) || !first.Exact && first.Count > int64(len(want)) {
			j.t.Fatalf("%+v: %d in all, exact %v, the judge says %d", s, first.Count, first.Exact, len(want))
		}
		if first.Entries != int64(len(j.carriers)) || first.Size != j.next || first.Root == "" {
			j.t.Fatalf("searched %+v", first.Searched)
		}
		if len(want) > 0 {
			some++
		}
	}
	if some < times/2 {
		j.t.Errorf("only %d of %d searches found anything", some, times)
	}
}

// TestSearch compares every kind of search, in every order and page by page,
// with a judge that looks at each carrier; again after the register has grown
// and carriers have moved.
func TestSearch(t *testing.T) {
	n := index.BlockSize + 1200
	if testing.Short() {
		n = 2500
	}
	j := newJudge(t, n)
	r := rand.New(rand.NewPCG(3, 4))
	j.check(r, 100)

	// A few in the middle of the numbers, without document; and moves.
	j.do(func() {
		for i := range 40 {
			at := j.at(n - 1)
			c := custody.Carrier{ID: carrierID(n + i), Index: -1, Level: "secret", State: custody.Received, Where: custody.OnShelf, Keeper: personID(5), Case: hash("case"),
				Entry: custody.Entry{Number: fmt.Sprintf("YZCZ-G-2023-9%04d", r.IntN(10000)*40/10000*100+i), Kind: "disc", Classification: "secret", Request: fakeID(3),
					Parent: carrierID(i % 3), Spoiled: i%2 == 0}}
			j.entered(c, at, map[string]string{"title": "复制件" + fmt.Sprint(i%7), "serial": "SN1"})
		}
		for i := 0; i < n; i += 7 {
			c := j.carriers[i]
			c.Level, c.Term = "internal", ""
			if c.State == custody.Received {
				c.Where, c.With, c.Keeper, c.Due = custody.CarriedOut, personID(i%fillPersons), personID(i%50), epoch.AddDate(6, 0, i%90)
			}
			j.carriers[i] = c
			j.keep(leaf.CarrierStored, j.at(n-1), &leaf.Stored{}, custody.Change{Carriers: []custody.Carrier{c}}, nil)
		}
	})
	at := j.at
	j.at = func(i int) time.Time { return at(min(i, n-1)) }
	j.check(r, 60)
	fresh := index.NewReader(j)
	j.r = fresh
	j.check(r, 10)
}

func TestSearchRefuses(t *testing.T) {
	j := newJudge(t, 300)
	ctx := context.Background()
	for name, s := range map[string]index.Search{"title of one letter": {Title: "税"}, "title of signs": {Title: "《》 "}, "part of one": {Part: "1"}} {
		if _, err := j.r.Search(ctx, s); !errors.Is(err, index.ErrShort) {
			t.Errorf("%s: %v", name, err)
		}
	}
	a, err := j.r.Search(ctx, index.Search{Limit: 10})
	if err != nil || a.Next == "" {
		t.Fatalf("%+v, %v", a, err)
	}
	for name, s := range map[string]index.Search{"of another order": {Limit: 10, Order: index.ByTitle, After: a.Next}, "of another filter": {Held: true, After: a.Next},
		"no mark": {After: "x"}, "cut": {After: a.Next[:len(a.Next)-2]}} {
		if _, err := j.r.Search(ctx, s); !errors.Is(err, index.ErrCursor) {
			t.Errorf("mark %s: %v", name, err)
		}
	}
	if b, err := j.r.Search(ctx, index.Search{Limit: 20, After: a.Next}); err != nil || len(b.Hits) != 20 {
		t.Errorf("another page size: %d, %v", len(b.Hits), err)
	}
	if _, err := j.r.Search(ctx, index.Search{Order: 99}); err == nil {
		t.Error("an order that is none")
	}
	none, err := j.r.Search(ctx, index.Search{DocumentNumber: "某税发〔1999〕1号"})
	if err != nil || none.Count != 0 || !none.Exact || none.Entries != 300 || none.Size != j.next {
		t.Errorf("nothing found: %+v, %v", none, err)
	}
	if _, err := j.r.CarrierByNumber(ctx, "x' OR 1=1 --"); !errors.Is(err, index.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

func TestFolding(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{index.FoldTitle("Ａ年度“计划”（2026）、ﾃｽﾄ"), "a年度计划2026テスト"}, {index.FoldTitle("Ab《计划》—c"), "ab计划c"}, {index.FoldTitle("e\u0301"), "é"},
		{index.FoldNumber("国税发〔2026〕12号"), "国税发〔2026〕12号"}, {index.FoldNumber("国税发[２０２６] 12 号"), "国税发〔2026〕12号"},
		{index.FoldNumber("国税发（2026）12号"), "国税发〔2026〕12号"}, {index.FoldNumber("yzcz-u"), index.FoldNumber("ＹＺＣＺ-Ｕ")},
		{index.FoldTitle("关于印发《2026年 计划》的通知"), "关于印发2026年计划的通知"}, {index.FoldTitle("ＡＢＣ（x）"), "abcx"}, {index.FoldTitle("《》—·"), ""},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestPlainFolding: the short way gives what the long way gives.
func TestPlainFolding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("税务局年度aZ09《》〔〕（）【】“”、，。：；—· -_./\x00"))).Draw(t, "s")
		if got, long := index.FoldTitle(s), index.FoldTitle(s+"ﾃ"); got+"テ" != long {
			t.Fatalf("%q and %q", got, long)
		}
	})
}

// TestCollationKeys pins the library's data: the keys are in the tables, so
// another edition is another name of the projection.
func TestCollationKeys(t *testing.T) {
	for _, c := range []struct{ text, key string }{
		{"王伟", "9676ed9677c1"}, {"曾国藩", "9609a896262f961c34"}, {"关于2026年", "96248096905114e814e614e814ec965379"},
	} {
		if got := fmt.Sprintf("%x", index.CollationKey(c.text)); got != c.key {
			t.Errorf("%s: %s", c.text, got)
		}
	}
	names := strings.Fields("安然 白雪 曾国藩 陈晨 单雄信 方圆 葛优 何炅 李四 欧阳修 王伟 张三 赵六")
	if !slices.IsSortedFunc(names, func(a, b string) int { return bytes.Compare(index.CollationKey(a), index.CollationKey(b)) }) {
		t.Error("not in the order of pinyin")
	}
	if !bytes.Equal(index.CollationKey("ＡＢ"), index.CollationKey("ab")) {
		t.Error("case and width count")
	}
}
