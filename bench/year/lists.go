package year

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"sexton/custody"
	"sexton/epcis"
	"sexton/transferlist"
)

// List is one transfer list as a registry office sends it.
type List struct {
	Number string // 演移〔2026〕3号
	Unit   string // that sends it
	Date   time.Time
	Rows   []transferlist.Row

	first CarrierID
	seed  uint64
	at    []time.Time // of each row
}

// Lists are the transfer lists of everything that arrives and is printed, in
// order, of about so many rows each (0: in proportion to the whole). Copies
// are not in them: they are made at the station.
func (l *Life) Lists(rows int) iter.Seq[List] {
	if rows <= 0 {
		rows = min(max(l.c.Carriers/20, 20), 5000)
	}
	return func(yield func(List) bool) {
		d := newDraw(l.c.Seed, streamLists)
		size := func() int { return max(1, d.between(rows*6/10, rows*14/10)) }
		var list List
		number, full := 0, size()
		for g := range l.arrivals().consignments() {
			docs := g.documents
			for i := range g.carriers {
				c := &g.carriers[i]
				for docs[0].ID != c.Document {
					docs = docs[1:]
				}
				if len(list.Rows) == full {
					if !yield(list) {
						return
					}
					list, full = List{}, size()
				}
				if len(list.Rows) == 0 {
					number++
					list = List{Number: fmt.Sprintf("演移〔%d〕%d号", Year, number), Unit: l.world.Bureau, Date: l.cal.at(g.at), first: c.ID, seed: l.c.Seed}
				}
				list.Rows, list.at = append(list.Rows, l.row(&docs[0], c)), append(list.at, l.cal.at(g.at))
			}
		}
		if len(list.Rows) > 0 {
			yield(list)
		}
	}
}

// Consignment is the transfer list that came with one consignment, from its happening Entered; n numbers the sheet.
func (l *Life) Consignment(e Event, n int) (List, error) {
	list := List{Number: fmt.Sprintf("演移〔%d〕%d号", Year, n), Date: e.At.In(Zone), seed: l.c.Seed}
	if e.What != Entered || len(e.Documents) == 0 || len(e.Entries) == 0 {
		return list, fmt.Errorf("cannot make a list of happening %d: it enters nothing", e.Seq)
	}
	list.Unit, list.first = l.world.Unit(e.Documents[0].Unit).Name, e.Entries[0].ID
	docs := map[DocumentID]*Document{}
	for i := range e.Documents {
		docs[e.Documents[i].ID] = &e.Documents[i]
	}
	for i := range e.Entries {
		doc := docs[e.Entries[i].Document]
		if doc == nil {
			return list, fmt.Errorf("cannot make a list of happening %d: carrier %d is of no document in it", e.Seq, e.Entries[i].ID)
		}
		list.Rows, list.at = append(list.Rows, l.row(doc, &e.Entries[i])), append(list.at, e.At)
	}
	return list, nil
}

// row is what a transfer list says of a carrier.
func (l *Life) row(doc *Document, c *Carrier) transferlist.Row {
	kind := kinds[c.Kind-1]
	place := l.world.Place(shelf(c.Class))
	r := transferlist.Row{
		Number: c.Number, Title: doc.Title, Issuer: l.world.Unit(doc.Unit).Name, Kind: kind.Word, Medium: kind.Medium, Document: doc.Number, Copy: c.Copy,
		Classification: c.Class.String(), Period: doc.Period, Extent: custody.Extent{Value: max(int64(c.Pages), c.Bytes), Unit: kind.Unit}, Count: 1,
		Serial: c.Serial, Keeper: l.world.Person(place.Keeper).Name, MustReturn: doc.MustReturn, Dated: doc.Dated, Made: int64(doc.Run), Scope: doc.Scope, Place: place.Name,
	}
	if r.MustReturn {
		r.Remark = "制发单位要求清退"
	}
	return r
}

// headings of a list, in the order of the hand-over sheet.
var headings = []string{
	"序号", "载体编号", "文件资料名称", "制发单位", "载体类别", "文号", "份号", "密级和保密期限", "页数或容量", "份数或数量", "序列号",
	"成文日期", "印制份数", "知悉范围", "存放地点", "保管人", "须清退", "备注",
}

// CSV writes the list as a hand-over sheet: title, units and number above the
// heading, a sum row and a note below. The encoding is "utf-8-bom" or "gb18030".
func (l *List) CSV(w io.Writer, encoding string) error {
	table := [][]string{
		wide("涉密载体移交清单（演练数据 / training data）"),
		wide("移交单位："+l.Unit+watermark, "", "接收单位：云泽市载体销毁站（演练）", "", "编号："+l.Number, "", l.Date.Format(dayZh)),
		headings,
	}
	for i := range l.Rows {
		table = append(table, cells(i, &l.Rows[i]))
	}
	n := fmt.Sprint(len(l.Rows))
	table = append(table, wide("合计", "", "", "", "", "", "", "", "", n), wide("填表说明：一式两份，移交单位、接收单位各存一份。", "移交人：", "接收人："))
	return transferlist.WriteTable(w, table, encoding)
}

const dayZh = "2006年1月2日"

// wide makes a line as wide as the sheet.
func wide(cells ...string) []string {
	return append(cells, make([]string, len(headings)-len(cells))...)
}

// cells writes a row as offices do, which is not quite as transferlist does.
func cells(i int, r *transferlist.Row) []string {
	kind, _ := custody.KindOf(r.Kind)
	run, back := "", "否"
	if r.Made > 0 {
		run = fmt.Sprint(r.Made)
	}
	if r.MustReturn {
		back = "是"
	}
	return []string{fmt.Sprint(i + 1), r.Number, r.Title, r.Issuer, kind.Zh, r.Document, r.Copy, r.Mark(), extent(r.Extent), "1" + kind.Measure, r.Serial,
		date(r.Dated).Format(dayZh), run, r.Scope, r.Place, r.Keeper, back, r.Remark}
}

// extent is what the column 页数或容量 says.
func extent(e custody.Extent) string {
	if e.Unit == "page" {
		return fmt.Sprintf("%d页", e.Value)
	}
	for _, u := range []struct {
		name  string
		bytes int64
	}{{"TB", 1_000_000_000_000}, {"GB", 1_000_000_000}} {
		if e.Value >= u.bytes {
			return strings.TrimSuffix(fmt.Sprintf("%d.%d", e.Value/u.bytes, e.Value%u.bytes*10/u.bytes), ".0") + u.name
		}
	}
	return fmt.Sprintf("%dMB", e.Value/1_000_000)
}

// EPCIS writes the list as a document of EPCIS 2.0, as another document system
// would hand it over: one event for each carrier, everything in clear.
func (l *List) EPCIS(w io.Writer) error {
	d := epcis.Document{Version: "2.0", Created: l.Date}
	for i, r := range l.Rows {
		n := uint64(l.first) + uint64(i)
		h := epcis.Happening{ID: uuid(l.seed, 1, n), Kind: epcis.Registered, At: l.at[i], Carriers: []string{uuid(l.seed, 2, n)}, Entry: &epcis.Entry{Row: r, Clear: true}}
		e, err := h.Event()
		if err != nil {
			return fmt.Errorf("cannot write carrier %s: %w", r.Number, err)
		}
		d.Events = append(d.Events, e)
	}
	return epcis.Write(w, d)
}

// uuid is one of version 8 (RFC 9562, 5.8): the same for the same arguments.
func uuid(seed, what, n uint64) string {
	hi, lo := mix(mix(seed+what)^n), mix(mix(seed-what)^n)
	return fmt.Sprintf("%08x-%04x-8%03x-%04x-%012x", hi>>32, hi>>16&0xFFFF, hi&0xFFF, lo>>48&0x3FFF|0x8000, lo&0xFFFFFFFFFFFF)
}

// People is the cast as a table: numbers, names, departments, roles, grades, dates.
func (w *World) People() [][]string {
	rows := [][]string{{"人员编号", "姓名", "部门", "角色", "涉密等级", "培训有效期至", "培训更新日期", "到岗日期", "离岗日期"}}
	for _, p := range w.Persons {
		rows = append(rows, []string{p.Number, p.Name, w.Departments[p.Department], strings.Join(p.Roles, " "), p.Grade.Zh(), dayOf(p.Trained), dayOf(p.Retrained), dayOf(p.Joins), dayOf(p.Leaves)})
	}
	return rows
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

// PlacesTable is the rooms and cabinets.
func (w *World) PlacesTable() [][]string {
	rows := [][]string{{"地点编号", "名称", "用途", "部门", "最高密级", "保管人编号", "保管人"}}
	for _, p := range w.Places {
		k := w.Person(p.Keeper)
		rows = append(rows, []string{fmt.Sprintf("演-%02d", p.ID), p.Name, p.Use, w.Departments[p.Department], p.Highest.Zh(), k.Number, k.Name})
	}
	return rows
}
