package station

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sexton/custody"
	"sexton/forms"
	"sexton/ledger/leaf"
)

// carrier is everything the register says of one carrier, in the words of the forms.
func (x *sheet) carrier(c CarrierRow) (forms.Values, error) {
	open, err := x.openings(x.ctx, c.Event)
	if err != nil {
		return nil, err
	}
	kind, _ := custody.KindOf(c.Kind)
	level, _ := custody.ClassificationOf(c.Level)
	v := forms.Values{"carrier_number": c.Number, "barcode": c.Number, "title": open["title"], "issuer": open["issuer"], "carrier_kind": kind.Zh,
		"document_number": open["document"], "copy_number": open["copy"], "classification": level.Zh, "highest_classification": level.Zh,
		"classification_mark": markOf(c.Level, c.Term), "period": c.Term, "extent": forms.Extent(custody.Extent(c.Extent)), "count": strconv.FormatInt(c.Count, 10),
		"made_on": c.Dated, "serial_number": open["serial"], "remark": open["remark"], "carrier_state": stateOf(c), "due_on": x.day(c.Due)}
	id := forms.Identity{Document: open["document"], Serial: open["serial"], Number: c.Number}
	if c.Extent.Unit == "page" {
		v["pages"] = strconv.FormatInt(c.Extent.Value, 10)
	} else {
		v["secrecy_number"], id.Secrecy = c.Number, c.Number
	}
	v["reference"] = id.Reference()
	if !c.Due.IsZero() && c.Due.Before(x.now()) {
		v["due_state"] = "逾期"
	}
	return v, x.whereabouts(c, v)
}

// stateOf is where a carrier is, in one word.
func stateOf(c CarrierRow) string {
	if c.Where != custody.Nowhere {
		return c.Where.Zh()
	}
	return c.State.Zh()
}

// whereabouts adds in whose hands a carrier is, and since when it is registered.
func (x *sheet) whereabouts(c CarrierRow, v forms.Values) (err error) {
	if v["keeper"], err = x.who(c.Keeper); err != nil {
		return err
	}
	v["responsible"] = v["keeper"]
	if v["holder"], err = x.who(c.With); err != nil {
		return err
	}
	if v["place"], err = x.named(custody.PlaceThing, c.Place); err != nil {
		return err
	}
	unit, _, _, err := x.postOf(c.Keeper)
	if err != nil {
		return err
	}
	v["keeping_unit"], v["using_unit"], v["responsible_unit"], v["section_name"] = unit, unit, unit, unit
	at, err := x.deps.Register.Time(x.ctx, c.LeafIndex)
	v["registered_on"], v["in_use_since"], v["made_at"] = x.day(at), x.day(at), x.time(at)
	return err
}

// selected gives the carriers that the filter of the sheet selects.
func (x *sheet) selected(each func(CarrierRow) error) error {
	n := 0
	return x.eachCarrier(x.ctx, *x.o.Filter, func(c CarrierRow) error {
		if n++; n > forms.MaxRows {
			return tooMany(forms.MaxRows)
		}
		return each(c)
	})
}

// ledgerOfCarriers is F1.
func (x *sheet) ledgerOfCarriers() error {
	if err := x.boxes(forms.Values{"unit": x.c.Unit, "registered_on": x.day(x.now())}); err != nil {
		return err
	}
	return x.listCarriers("carriers", func(CarrierRow) bool { return true }, nil)
}

func (x *sheet) ledgerOfPaper() error {
	return x.listCarriers("carriers", func(c CarrierRow) bool { return c.Kind == "paper" }, x.origin)
}

func (x *sheet) ledgerOfDiscs() error {
	return x.listCarriers("discs", func(c CarrierRow) bool { return c.Kind == "disc" }, x.origin)
}

// ledgerOfMedia is F14a: everything that is no paper.
func (x *sheet) ledgerOfMedia() error {
	return x.listCarriers("media", func(c CarrierRow) bool { return c.Extent.Unit != "page" }, func(c CarrierRow) (forms.Values, error) {
		return forms.Values{"unit": x.c.Unit, "use_state": stateOf(c)}, nil
	})
}

func (x *sheet) listCarriers(table string, is func(CarrierRow) bool, more func(CarrierRow) (forms.Values, error)) error {
	return x.selected(func(c CarrierRow) error {
		if !is(c) {
			return nil
		}
		v, err := x.carrier(c)
		if err != nil {
			return err
		}
		extra := forms.Values{}
		if more != nil {
			if extra, err = more(c); err != nil {
				return err
			}
		}
		return x.row(table, v, extra)
	})
}

// origin says who made a carrier, and what became of it.
func (x *sheet) origin(c CarrierRow) (forms.Values, error) {
	v := forms.Values{"making_approval": c.Request}
	if c.Spoiled {
		v["making_result"] = "废品"
	}
	if c.Request != "" {
		v["making_method"] = "复制"
	}
	end, err := x.ended(c)
	if err != nil {
		return nil, err
	}
	v["closed_at"], v["closed_by"] = x.time(end.at), end.person
	if c.State.Disposition() == custody.DispositionDestroyed {
		v["destroyed_on"] = x.day(end.at)
	}
	return v, nil
}

// ending is when and by whom custody of a carrier ended.
type ending struct {
	at     time.Time
	person string // name
	kind   leaf.Kind
}

func (x *sheet) ended(c CarrierRow) (ending, error) {
	if !c.State.Terminal() {
		return ending{}, nil
	}
	events, err := x.deps.Register.Events(x.ctx, leaf.CarrierSubject+c.ID)
	if err != nil {
		return ending{}, err
	}
	for _, e := range slices.Backward(events) {
		if !disposing[e.Kind] && e.Kind != leaf.CarrierLost {
			continue
		}
		p, err := x.payloadAt(x.ctx, e.Index)
		if err != nil {
			return ending{}, err
		}
		end := ending{at: p.At, kind: e.Kind}
		if len(p.Actors) > 0 {
			end.person, err = x.who(p.Actors[0].Person)
		}
		return end, err
	}
	return ending{}, nil
}

// received is F2 and F2a: what was signed for in the period, by reference number.
func (x *sheet) received() error {
	from, to, err := x.period()
	if err != nil {
		return err
	}
	lists, err := x.deps.Register.Lists(x.ctx)
	if err != nil {
		return err
	}
	slices.Reverse(lists) // oldest first
	for _, l := range lists {
		_, p, err := x.said(leaf.ListSubject+l.List, leaf.ListReceived)
		if err != nil {
			return err
		}
		if p.At.Before(from) || !p.At.Before(to) {
			continue
		}
		if err := x.receivedList(l, p.At); err != nil {
			return err
		}
	}
	return nil
}

func (x *sheet) receivedList(l ListRow, at time.Time) error {
	r, err := x.receipt(x.ctx, l.List)
	if err != nil {
		return err
	}
	receiver, err := x.who(l.Receiver)
	if err != nil {
		return err
	}
	ids, err := x.deps.Register.Listed(x.ctx, l.List)
	if err != nil {
		return err
	}
	for i, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		v, err := x.carrier(c)
		if err != nil {
			return err
		}
		end, err := x.ended(c)
		if err != nil {
			return err
		}
		more := forms.Values{"received_on": x.day(at), "signed_for_by": receiver, "signed_for_at": x.time(at), "handling_unit": v["keeping_unit"], "closed_by": end.person,
			"disposed_on": x.day(end.at), "classification": levelZh(c.Classification), "classification_mark": markOf(c.Classification, c.Period), "period": c.Period} // as received
		if end.kind == leaf.CarrierArchived {
			more["filed_on"] = x.day(end.at)
		}
		if r.Series != "" {
			if more["receipt_number"], err = forms.SeriesNumber(int(r.Year), r.Series, int(r.First)+i); err != nil {
				return err
			}
		}
		if err := x.row("documents", v, more); err != nil {
			return err
		}
	}
	return nil
}

// period is the time between the first moment of From and the end of To.
func (x *sheet) period() (from, to time.Time, err error) { return x.Station.period(x.o.From, x.o.To) }

// listMembers adds the carriers with these ids to a table.
func (x *sheet) listMembers(table string, ids []string, more func(CarrierRow) (forms.Values, error)) error {
	for _, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return err
		}
		v, err := x.carrier(c)
		if err != nil {
			return err
		}
		extra, err := more(c)
		if err != nil {
			return err
		}
		if err := x.row(table, v, extra); err != nil {
			return err
		}
	}
	return nil
}

// highest is the mark of several carriers together.
func (x *sheet) highest(ids []string) (forms.Values, error) {
	var marks []string
	for _, id := range ids {
		c, err := x.carrierRow(x.ctx, id)
		if err != nil {
			return nil, err
		}
		marks = append(marks, markOf(c.Level, c.Term))
	}
	top, _, err := custody.CollectionMark(marks)
	return forms.Values{"classification": top.Zh, "highest_classification": top.Zh, "stored_classification": top.Zh}, err
}

// joined names persons one after another.
func (x *sheet) joined(persons []string) (string, error) {
	var out []string
	for _, p := range persons {
		n, err := x.who(p)
		if err != nil {
			return "", err
		}
		out = append(out, n)
	}
	return strings.Join(out, "、"), nil
}
