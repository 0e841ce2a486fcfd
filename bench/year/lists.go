package year

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"time"

	"sexton/transferlist"
)

// Encoding of a transfer list.
type Encoding string

// Encodings. Both is one list in the first, the next in the second.
const (
	UTF8WithBOM Encoding = "utf-8-bom"
	GB18030     Encoding = "gb18030"
	Both        Encoding = "both"
)

// List is one transfer list as a file.
type List struct {
	Name string // of the file
	Rows int
	Data []byte
}

// Headings of a list, in the order of the hand-over sheet.
var Headings = []string{
	"序号", "载体编号", "文件资料名称", "制发单位", "载体类别", "文号", "份号", "密级和保密期限", "页数或容量", "份数或数量", "序列号",
	"成文日期", "印制份数", "知悉范围", "存放地点", "保管人", "须清退", "备注",
}

// Lists are the transfer lists of everything that arrives and is printed, in
// order, of about so many rows each (0: in proportion to the whole). Copies
// are not in them: they are made at the station.
func (l *Life) Lists(rows int, as Encoding) iter.Seq2[List, error] {
	if rows <= 0 {
		rows = min(max(l.c.Carriers/20, 20), 5000)
	}
	return func(yield func(List, error) bool) {
		w := &listWriter{life: l, as: as, d: newDraw(l.c.Seed, streamLists)}
		size := w.size(rows)
		for g := range l.arrivals().consignments() {
			at := 0
			for _, doc := range g.documents {
				for ; at < len(g.carriers) && g.carriers[at].Document == doc.ID; at++ {
					if w.rows == size {
						if !yield(w.close()) {
							return
						}
						size = w.size(rows)
					}
					w.row(g.at, &doc, &g.carriers[at])
				}
			}
		}
		if w.rows > 0 {
			yield(w.close())
		}
	}
}

// listWriter writes one list after the other.
type listWriter struct {
	life   *Life
	as     Encoding
	d      *draw
	rows   int
	number int
	table  [][]string
}

// size is how long the next list is.
func (w *listWriter) size(about int) int { return max(1, w.d.between(about*6/10, about*14/10)) }

// line adds a line as wide as the sheet.
func (w *listWriter) line(cells ...string) {
	w.table = append(w.table, append(cells, make([]string, len(Headings)-len(cells))...))
}

func (w *listWriter) open(at moment) {
	w.number++
	w.table = nil
	w.line("涉密载体移交清单（演练数据 / training data）")
	w.line("移交单位："+w.life.world.Bureau+"（演练）", "", "接收单位：云泽市载体销毁站（演练）", "", fmt.Sprintf("编号：演移〔%d〕%d号", Year, w.number), "", w.life.cal.at(at).Format("2006年1月2日"))
	w.line(Headings...)
}

func (w *listWriter) row(at moment, doc *Document, c *Carrier) {
	if w.rows == 0 {
		w.open(at)
	}
	w.rows++
	world := w.life.world
	place := world.Place(shelf(c.Class))
	mark := c.Class.Zh()
	if c.Class.StateSecret() {
		mark += "★" + doc.Period
	}
	run, back := "", "否"
	if doc.Run > 0 {
		run = fmt.Sprint(doc.Run)
	}
	if doc.MustReturn {
		back = "是"
	}
	w.line(fmt.Sprint(w.rows), c.Number, doc.Title, world.Unit(doc.Unit).Name, c.Kind.Zh(), doc.Number, c.Copy, mark, c.Extent(), "1"+c.Kind.Measure(), c.Serial,
		day8(doc.Dated), run, doc.Scope, place.Name, world.Person(place.Keeper).Name, back, remark(doc))
}

func remark(doc *Document) string {
	if doc.MustReturn {
		return "制发单位要求清退"
	}
	return ""
}

// day8 writes a date as documents do: 2026年3月5日.
func day8(d string) string { return date(d).Format("2006年1月2日") }

// Extent is what the column 页数或容量 says.
func (c *Carrier) Extent() string {
	const mega, giga, tera = 1_000_000, 1_000_000_000, 1_000_000_000_000
	switch {
	case c.Pages > 0:
		return fmt.Sprintf("%d页", c.Pages)
	case c.Bytes >= tera:
		return decimal(c.Bytes, tera, "TB")
	case c.Bytes >= giga:
		return decimal(c.Bytes, giga, "GB")
	}
	return decimal(c.Bytes, mega, "MB")
}

func decimal(n, unit int64, name string) string {
	s := fmt.Sprintf("%d.%d", n/unit, n%unit*10/unit)
	return strings.TrimSuffix(s, ".0") + name
}

func (w *listWriter) close() (List, error) {
	total := make([]string, len(Headings))
	total[0], total[9] = "合计", fmt.Sprint(w.rows)
	w.line(total...)
	w.line("填表说明：一式两份，移交单位、接收单位各存一份。", "移交人：", "接收人：")
	as := w.as
	if as == Both {
		as = []Encoding{GB18030, UTF8WithBOM}[w.number%2]
	}
	var b bytes.Buffer
	if err := transferlist.WriteTable(&b, w.table, string(as)); err != nil {
		return List{}, err
	}
	out := List{Name: fmt.Sprintf("list-%05d.csv", w.number), Rows: w.rows, Data: b.Bytes()}
	w.rows = 0
	return out, nil
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
