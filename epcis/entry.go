package epcis

import (
	"strconv"
	"strings"

	"sexton/custody"
	"sexton/transferlist"
)

// Entry is what the register says of a carrier when it is entered.
type Entry struct {
	Row transferlist.Row
	// Clear writes the fields of Row that the ledger holds only as commitments:
	// title, issuer, document, copy, serial, scope, keeper, place and remark.
	// Without it none of them leaves the station.
	Clear bool
}

// entryField is one field of ilmd under our prefix.
type entryField struct {
	name    string // without the prefix
	heading string // of transferlist, for what it says of the field
	clear   bool
	write   func(transferlist.Row) Value
	read    func(*transferlist.Row, Value) bool
}

func textField(name, heading string, clear bool, at func(*transferlist.Row) *string) entryField {
	return entryField{name, heading, clear,
		func(r transferlist.Row) Value { return TextOf(*at(&r)) },
		func(r *transferlist.Row, v Value) bool { *at(r) = v.Text; return v.Kind == TextValue }}
}

func wordField(name, heading string, at func(*transferlist.Row) *string, known func(string) bool) entryField {
	f := textField(name, heading, false, at)
	read := f.read
	f.read = func(r *transferlist.Row, v Value) bool { return read(r, v) && known(v.Text) }
	return f
}

func numberField(name, heading string, at func(*transferlist.Row) *int64) entryField {
	return entryField{name, heading, false,
		func(r transferlist.Row) Value {
			if *at(&r) == 0 {
				return Value{}
			}
			return NumberOf(Integer(*at(&r)))
		},
		func(r *transferlist.Row, v Value) (ok bool) {
			n, err := strconv.ParseInt(v.Text, 10, 64)
			*at(r) = n
			return v.Kind == NumberValue && err == nil
		}}
}

// entryFields are what ilmd may hold under our prefix.
var entryFields = []entryField{
	textField("number", "载体编号", false, func(r *transferlist.Row) *string { return &r.Number }),
	wordField("kind", "载体类别", func(r *transferlist.Row) *string { return &r.Kind }, func(w string) bool { _, ok := custody.KindOf(w); return ok }),
	wordField("classification", "密级和保密期限", func(r *transferlist.Row) *string { return &r.Classification }, func(w string) bool { _, ok := custody.ClassificationOf(w); return ok }),
	textField("period", "密级和保密期限", false, func(r *transferlist.Row) *string { return &r.Period }),
	numberField("extent", "页数或容量", func(r *transferlist.Row) *int64 { return &r.Extent.Value }),
	wordField("extentUnit", "页数或容量", func(r *transferlist.Row) *string { return &r.Extent.Unit }, func(w string) bool { return w == "page" || w == "byte" }),
	numberField("count", "份数或数量", func(r *transferlist.Row) *int64 { return &r.Count }),
	{"mustReturn", "须清退", false, func(r transferlist.Row) Value { return BoolOf(r.MustReturn) },
		func(r *transferlist.Row, v Value) bool { r.MustReturn = v.Text == "true"; return v.Kind == BoolValue }},
	textField("dated", "成文日期", false, func(r *transferlist.Row) *string { return &r.Dated }),
	numberField("made", "印制份数", func(r *transferlist.Row) *int64 { return &r.Made }),
	textField("title", "文件资料名称", true, func(r *transferlist.Row) *string { return &r.Title }),
	textField("issuer", "制发单位", true, func(r *transferlist.Row) *string { return &r.Issuer }),
	textField("document", "文号或编号", true, func(r *transferlist.Row) *string { return &r.Document }),
	textField("copy", "份号", true, func(r *transferlist.Row) *string { return &r.Copy }),
	textField("serial", "序列号", true, func(r *transferlist.Row) *string { return &r.Serial }),
	textField("scope", "知悉范围", true, func(r *transferlist.Row) *string { return &r.Scope }),
	textField("keeper", "保管人", true, func(r *transferlist.Row) *string { return &r.Keeper }),
	textField("place", "存放地点", true, func(r *transferlist.Row) *string { return &r.Place }),
	textField("remark", "备注", true, func(r *transferlist.Row) *string { return &r.Remark }),
}

func entryFieldOf(name string) (entryField, bool) {
	for _, f := range entryFields {
		if Prefix+":"+f.name == name {
			return f, true
		}
	}
	return entryField{}, false
}

// ilmd writes an entry.
func (e Entry) ilmd() (list []Field) {
	for _, f := range entryFields {
		if f.clear && !e.Clear {
			continue
		}
		if v := f.write(e.Row); v.Text != "" {
			list = append(list, Field{Prefix + ":" + f.name, v})
		}
	}
	return list
}

// entryOf reads the fields of ilmd that are ours. Those that are wrong are
// named; names of other prefixes are none of ours.
func entryOf(ilmd []Field) (e Entry, wrong []Field) {
	e.Row.Count = 1 // one identifier is one piece, unless the event says more
	for _, f := range ilmd {
		own, known := entryFieldOf(f.Name)
		switch {
		case known && own.read(&e.Row, f.Value):
			e.Clear = e.Clear || own.clear
		case known || strings.HasPrefix(f.Name, Prefix+":"):
			wrong = append(wrong, f)
		}
	}
	k, _ := custody.KindOf(e.Row.Kind)
	e.Row.Medium = k.Medium
	return e, wrong
}
