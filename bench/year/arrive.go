package year

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Shares of what arrives. Those of state secrets among each other, of periods,
// kinds and fates are rules of the exercise; that six in ten carriers are state
// secrets is because a register piece by piece is kept for them above all.
var (
	classShares = []share[Class]{{TopSecret, 60 * 0.02}, {Secret, 60 * 0.24}, {Confidential, 60 * 0.74}, {WorkSecret, 25}, {Internal, 15}}

	kindShares = []share[Kind]{{Paper, 93}, {Disc, 4}, {Key, 1.5}, {Disk, 0.3}, {PortableDisk, 0.4}, {SolidState, 0.3}, {Card, 0.2}, {Tape, 0.2}, {Film, 0.1}}

	periodShares = map[Class][]share[string]{
		Confidential: {{"1年", 10}, {"3年", 10}, {"5年", 25}, {"10年", 50}, {"项目公布前", 5}},
		Secret:       {{"10年", 40}, {"20年", 55}, {"2030年12月31日", 5}},
		TopSecret:    {{"30年", 70}, {"长期", 30}},
	}

	documentShares = []share[string]{
		{"通知", 45}, {"函", 15}, {"意见", 8}, {"通报", 7}, {"报告", 6}, {"请示", 5}, {"批复", 5}, {"纪要", 5},
		{"决定", 1}, {"简报", 1.5}, {"情况专报", 1}, {"参阅资料", 0.5},
	}

	countShares = []share[int]{{1, 70}, {2, 20}, {3, 10}} // of the copies we hold of one document

	issuerShares = []share[UnitID]{{Superior, 30}, {Commerce, 20}, {Customs, 20}, {Data, 12}, {District, 18}}

	// the rest after return and release
	fateShares = []share[Fate]{{Destroyed, 32}, {Archived, 13}, {Transferred, 2}, {Keep, 2}}

	// of twelve months: peaks at both ends
	monthParts = [13]float64{0, 1.4, 1.2, 1.4, 0.9, 0.8, 0.9, 0.8, 0.7, 0.9, 0.8, 1.3, 1.4}
)

// Half of what arrives goes back to its issuer, 绝密 always; one in a hundred is
// released.
const (
	ownPart     = 0.05
	topPart     = 0.60 * 0.02
	returnPart  = (0.50 - topPart) / (1 - topPart)
	releasePart = 0.01 / ((0.60 - topPart) * (1 - returnPart))
)

// series are the short names in document numbers.
var series = map[UnitID]string{Superior: "某财演", Own: "云财演", Commerce: "云商函演", Customs: "云关演", Data: "云数演", District: "青财演"}

var scopes = []string{"局领导及承办科室", "局领导、预算科、国库科", "承办人及其科室负责人", "局长办公会成员", "经批准的承办人员"}

// plan is a document before it is numbered.
type plan struct {
	role  role
	class Class
	kind  Kind
	unit  UnitID
	what  string // kind of document
	fates []Fate // one for each carrier
	must  bool
}

func (p *plan) own() bool { return p.unit == Own }

// consignment is what one issuer sends in one go, or one of our own documents
// fresh from the printer.
type consignment struct {
	at        moment
	unit      UnitID
	documents []Document
	carriers  []Carrier
}

// mostCarriers bounds a consignment, as an envelope does.
const mostCarriers = 40

// arrivals makes everything that enters the register, in order. It does not
// depend on what becomes of it.
type arrivals struct {
	d        *draw
	c        *calendar
	w        *World
	want     int
	carriers CarrierID
	document DocumentID
	numbers  map[string]int // by series
	dated    map[UnitID]int // working day of the last document of a unit
	script   []cue
}

// consignments runs through them.
func (a *arrivals) consignments() iter.Seq[consignment] {
	return func(yield func(consignment) bool) {
		done := 0
		total, part := 0.0, 0.0
		parts := a.parts()
		for _, p := range parts {
			total += p
		}
		for i, p := range parts {
			if p == 0 {
				continue
			}
			part += p
			quota := int(float64(a.want)*part/total + 0.5)
			var plans []plan
			for done < quota {
				p := a.plan(i, a.want-done)
				done += len(p.fates)
				plans = append(plans, p)
			}
			for _, s := range a.cut(i, plans) {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// parts are the weights of the working days: the weight of a month, divided by
// its days of exchange. Nothing arrives after the year.
func (a *arrivals) parts() []float64 {
	open := [13]float64{}
	parts := make([]float64, len(a.c.days))
	for pass := range 2 {
		for i, d := range a.c.days {
			switch {
			case d.Year() != Year || !a.c.exchanges(i):
			case pass == 0:
				open[d.Month()]++
			default:
				parts[i] = monthParts[d.Month()] / open[d.Month()]
			}
		}
	}
	return parts
}

// plan draws a document with at most so many carriers.
func (a *arrivals) plan(dayIndex, most int) plan {
	d := a.d
	p := plan{class: pickShare(d, classShares), kind: pickShare(d, kindShares), what: pickShare(d, documentShares), unit: pickShare(d, issuerShares)}
	n := pickShare(d, countShares)
	if d.chance(ownPart) {
		p.unit = Own
	}
	if len(a.script) > 0 && dayIndex*day >= int(a.script[0].after) {
		p.role, a.script = a.script[0].role, a.script[1:]
		n = p.cast(n)
	}
	if p.class == TopSecret || p.own() {
		p.kind = Paper
	}
	switch {
	case p.own():
		n = d.between(4, 8)
		p.class = max(p.class, Secret)
	case p.what == "请示" || p.what == "报告":
		p.unit = District // these go upwards
	case p.class == TopSecret || p.what == "批复" || p.what == "决定" || p.unit == District && p.what != "函" && p.what != "简报":
		p.unit = Superior // these come down
	}
	p.fates = a.fates(&p, min(n, most))
	return p
}

func (a *arrivals) fates(p *plan, n int) []Fate {
	d := a.d
	fates := make([]Fate, n)
	p.must = !p.own() && (p.class == TopSecret || d.chance(returnPart))
	release := p.class.StateSecret() && d.chance(releasePart)
	for i := range fates {
		fates[i] = pickShare(d, fateShares)
		switch {
		case p.own() && i == 0:
			fates[i] = Archived
		case p.own():
			fates[i] = Dispatched
		case p.must:
			fates[i] = Returned
		case release:
			fates[i] = Declassified
		}
	}
	if f := p.role.fate(); f != NoFate {
		p.must = f == Returned
		for i := range fates {
			fates[i] = f
		}
	}
	return fates
}

// cut sorts a day's documents by who sent them, cuts them into consignments,
// and numbers everything in the order in which it is entered.
func (a *arrivals) cut(dayIndex int, plans []plan) []consignment {
	slices.SortStableFunc(plans, func(x, y plan) int {
		return cmp.Or(-cmp.Compare(boolInt(x.own()), boolInt(y.own())), cmp.Compare(x.unit, y.unit))
	})
	var out []consignment
	morning, afternoon := moment(dayIndex*day+30), moment(dayIndex*day+exchange)
	for i, p := range plans {
		fresh := i == 0 || p.own() || plans[i-1].unit != p.unit || len(out[len(out)-1].carriers)+len(p.fates) > mostCarriers
		if fresh {
			s := consignment{unit: p.unit}
			at := &afternoon
			if p.own() {
				at = &morning
			}
			s.at = *at
			*at = min(*at+moment(a.d.IntN(8)), moment(dayIndex*day)+exchange+90) // it closes at 15:30
			if p.own() {
				*at = min(*at, moment(dayIndex*day)+exchange-30)
			}
			out = append(out, s)
		}
		a.enter(&out[len(out)-1], dayIndex, p)
	}
	return out
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (a *arrivals) next(series string) int {
	a.numbers[series]++
	return a.numbers[series]
}

// enter turns a plan into a document and its carriers.
func (a *arrivals) enter(s *consignment, dayIndex int, p plan) {
	d := a.d
	a.document++
	a.dated[p.unit] = max(a.dated[p.unit], dayIndex-d.between(0, 6))
	doc := Document{
		ID: a.document, Unit: p.unit, Class: p.class, Dated: a.c.days[max(a.dated[p.unit], 0)].Format(time.DateOnly), MustReturn: p.must,
	}
	name, month := a.w.Unit(p.unit).Name, int(a.c.days[dayIndex].Month())
	if p.kind == Paper {
		doc.Title = title(d, month, name, p.what)
		doc.Number = fmt.Sprintf("%s〔%d〕%d号", series[p.unit], Year, a.next(series[p.unit]))
	} else {
		doc.Title = mediumTitle(d, month, name, p.kind)
	}
	if p.class.StateSecret() {
		doc.Period, doc.Scope = pickShare(d, periodShares[p.class]), pick(d, scopes)
	}
	if !p.own() {
		book := "演收"
		if p.class.StateSecret() {
			book = "演密收"
		}
		doc.Receipt = fmt.Sprintf("%d-%s-%04d", Year, book, a.next(book))
	}
	copies := a.copies(&doc, p)
	pages := d.pages()
	if p.what == "简报" {
		pages = d.between(2, 8)
	}
	for i, fate := range p.fates {
		a.carriers++
		c := Carrier{ID: a.carriers, Document: doc.ID, Kind: p.kind, Class: p.class, fate: fate, role: p.role, index: uint8(i)}
		c.Number = fmt.Sprintf("YZCZ-演-%s-%d-%06d", p.kind.letter(), Year, a.next("carrier "+p.kind.letter()))
		if copies != nil {
			c.Copy = fmt.Sprintf("%06d", copies[i])
		}
		a.measure(&c, pages)
		s.carriers = append(s.carriers, c)
	}
	s.documents = append(s.documents, doc)
}

// copies draws which of the issuer's run we hold: never two in a row. We hold
// all of our own.
func (a *arrivals) copies(doc *Document, p plan) []int {
	n := len(p.fates)
	if !p.class.StateSecret() || p.kind != Paper {
		return nil
	}
	if p.own() {
		doc.Run = n
		all := make([]int, n)
		for i := range all {
			all[i] = i + 1
		}
		return all
	}
	doc.Run = 20 + 10*a.d.IntN(11)
	have := []int{}
	for len(have) < n {
		k := a.d.between(1, doc.Run)
		if !slices.ContainsFunc(have, func(h int) bool { return k >= h-1 && k <= h+1 }) {
			have = append(have, k)
		}
	}
	slices.Sort(have)
	return have
}

// measure gives a carrier extent, serial number and mass. A sheet of A4 is 5 g
// and bears two pages; the masses of media are what makers print.
func (a *arrivals) measure(c *Carrier, pages int) {
	d := a.d
	const giga = 1_000_000_000
	switch c.Kind {
	case Paper:
		c.Pages = pages
		c.Mass = int64((pages + 1) / 2 * 5)
		return
	case Film:
		c.Pages = d.between(1, 36)
		c.Mass = int64(c.Pages)
		return
	case Disc:
		c.Bytes, c.Mass = pick(d, []int64{700_000_000, 4_700_000_000}), 15
	case Key:
		c.Bytes, c.Mass = pick(d, []int64{16, 32, 64, 128})*giga, int64(d.between(8, 20))
	case Disk, PortableDisk:
		c.Bytes, c.Mass = pick(d, []int64{500, 1000, 2000})*giga, 100
	case SolidState:
		c.Bytes, c.Mass = pick(d, []int64{512, 1000})*giga, 50
	case Card:
		c.Bytes, c.Mass = pick(d, []int64{32, 64})*giga, 2
	case Tape:
		c.Bytes, c.Mass = pick(d, []int64{1500, 2500})*giga, 220
	}
	c.Serial = fmt.Sprintf("演SN%s%08X", c.Kind.letter(), a.next("serial"))
}
