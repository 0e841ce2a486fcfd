package epcis

import (
	"fmt"
	"slices"
	"strings"

	"sexton/custody"
	"sexton/transferlist"
)

// Rows gives the carriers a document brings in, as rows for registration:
// ObjectEvents with action ADD and step commissioning or receiving, one item
// each, with what the register needs under sexton: in ilmd. Row.Line is the
// number of the event. The rows are judged by the rules of a transfer list,
// also against each other. Every other event is in the problems with the reason
// why it is not imported; Skipped tells those apart from faults.
func Rows(d Document) ([]transferlist.Row, []Problem) {
	r := rows{gone: map[string]int{}, wrong: map[string]bool{}, bad: map[int]bool{}, named: map[string]bool{}}
	for i, e := range d.Events {
		r.look(i+1, e)
	}
	for i, e := range d.Events {
		r.event(i+1, e)
	}
	checked, faults := transferlist.Check(r.list, transferlist.Options{PlaceZh: "第 %d 个事件", PlaceEn: "event %d", MaxErrors: 32*len(r.list) + 1})
	for _, f := range faults {
		name := headingNames[f.Heading]
		if strings.HasPrefix(f.Code, "period.") {
			name = "period"
		}
		if pointer := ilmdPointer(f.Line, name); !r.named[pointer] {
			r.fault(f.Line, d.Events[f.Line-1], pointer, because(f.Code, f.Zh, f.En))
		}
	}
	good := checked[:0]
	for _, row := range checked {
		if !r.bad[row.Line] {
			good = append(good, row)
		}
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Event - b.Event })
	return good, r.problems
}

// Skipped says that the event was left out because it registers nothing, not
// because it is wrong.
func (p Problem) Skipped() bool { return strings.HasPrefix(p.Code, "skip.") }

// headingNames gives the field of ilmd for a heading of a transfer list.
var headingNames = func() map[string]string {
	m := map[string]string{}
	for _, f := range entryFields {
		if m[f.heading] == "" {
			m[f.heading] = f.name
		}
	}
	return m
}()

func ilmdPointer(event int, name string) string {
	p := fmt.Sprintf("/epcisBody/eventList/%d/ilmd", event-1)
	if name != "" {
		p += "/" + Prefix + ":" + name
	}
	return p
}

type rows struct {
	list     []transferlist.Row
	problems []Problem
	bad      map[int]bool    // events with a fault
	named    map[string]bool // pointers with a fault
	gone     map[string]int  // EPC -> event after which there is no such thing any more
	wrong    map[string]bool // IDs of events declared wrong
}

// look notes what a document says of its own events and things.
func (r *rows) look(n int, e Event) {
	if e.Error != nil && e.ID != "" {
		r.wrong[e.ID] = true
	}
	if e.Type == ObjectEvent && e.Action == Delete && e.Error == nil {
		for _, epc := range e.EPCs {
			r.gone[epc] = n
		}
	}
}

func (r *rows) fault(n int, e Event, pointer string, why *reason) {
	r.bad[n], r.named[pointer] = true, true
	r.problems = append(r.problems, Problem{Event: n, Pointer: pointer, Line: e.Line, Column: e.Column, Code: why.code, Zh: why.zh, En: why.en})
}

func (r *rows) skip(n int, e Event, code, zh, en string) {
	r.problems = append(r.problems, Problem{Event: n, Pointer: fmt.Sprintf("/epcisBody/eventList/%d", n-1), Line: e.Line, Column: e.Column, Code: "skip." + code, Zh: "未导入：" + zh, En: "not imported: " + en})
}

// event turns one event into a row, or says why not.
func (r *rows) event(n int, e Event) {
	switch {
	case e.Type != ObjectEvent:
		r.skip(n, e, "type", fmt.Sprintf("%s 不登记载体", e.Type), fmt.Sprintf("a %s registers no carrier", e.Type))
	case e.Error != nil || r.wrong[e.ID]:
		r.skip(n, e, "error", "发送方已声明该事件有误", "its sender declared the event wrong")
	case e.Action != Add:
		r.skip(n, e, "action", fmt.Sprintf("action 为 %s；只有 ADD 登记载体", e.Action), fmt.Sprintf("action is %s; only ADD registers a carrier", e.Action))
	case e.BizStep != "commissioning" && e.BizStep != "receiving":
		r.skip(n, e, "step", "业务步骤不是 commissioning 或 receiving："+clip(e.BizStep), "the business step is neither commissioning nor receiving: "+clip(e.BizStep))
	case len(e.EPCs) == 1 && r.gone[e.EPCs[0]] > 0:
		gone := r.gone[e.EPCs[0]]
		r.skip(n, e, "gone", fmt.Sprintf("第 %d 个事件表明该物件已不存在", gone), fmt.Sprintf("event %d says that there is no such thing any more", gone))
	default:
		r.row(n, e)
	}
}

func (r *rows) row(n int, e Event) {
	base := fmt.Sprintf("/epcisBody/eventList/%d", n-1)
	if len(e.EPCs) != 1 || len(e.Quantities) > 0 {
		r.fault(n, e, base+"/epcList", because("row.items", fmt.Sprintf("每个登记事件应恰有一个物件，实有 %d 个", len(e.EPCs)+len(e.Quantities)),
			fmt.Sprintf("an event registers exactly one item, this one names %d", len(e.EPCs)+len(e.Quantities))))
		return
	}
	entry, wrong := entryOf(e.ILMD)
	if !slices.ContainsFunc(e.ILMD, func(f Field) bool { return strings.HasPrefix(f.Name, Prefix+":") }) {
		r.fault(n, e, ilmdPointer(n, ""), because("row.no-entry", "ilmd 中没有 sexton: 登记项（number、kind、classification 等）", "ilmd holds none of the fields of a registration (sexton:number, sexton:kind, …)"))
		return
	}
	for _, f := range wrong {
		r.fault(n, e, base+"/ilmd/"+f.Name, wrongEntry(f))
	}
	entry.Row.Line = n
	r.list = append(r.list, entry.Row)
}

// wrongEntry says what is wrong with a field of ilmd under our prefix.
func wrongEntry(f Field) *reason {
	name := strings.TrimPrefix(f.Name, Prefix+":")
	var words []string
	switch name {
	case "kind":
		for _, k := range custody.CarrierKinds() {
			words = append(words, k.Word)
		}
	case "classification":
		for _, c := range custody.Classifications() {
			words = append(words, c.Word)
		}
	case "extentUnit":
		words = []string{"page", "byte"}
	default:
		if _, known := entryFieldOf(f.Name); known {
			return because("row.kind-of-value", "该项的类型不对："+clip(f.Name), "this field holds another kind of value: "+clip(f.Name))
		}
		for _, f := range entryFields {
			words = append(words, f.name)
		}
		zh, en := vocabulary{words: words}.hint(name)
		return because("row.unknown-field", "不认识的登记项："+clip(f.Name)+zh, "unknown field of a registration: "+clip(f.Name)+en)
	}
	zh, en := vocabulary{words: words}.hint(f.Value.Text)
	list := strings.Join(words, " ")
	return because("row.unknown-word", "不认识的代码："+clip(f.Value.Text)+zh+"（应为 "+list+"）", "unknown code: "+clip(f.Value.Text)+en+" (one of "+list+")")
}
