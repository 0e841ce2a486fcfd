package epcis

import (
	"fmt"
	"slices"
	"strings"
)

// common are the fields that every type of event has; own those it has beside
// them.
var (
	common = strings.Fields(`type eventID eventTime eventTimeZoneOffset recordTime errorDeclaration bizStep disposition readPoint bizLocation
		bizTransactionList sourceList destinationList sensorElementList certificationInfo`)
	own = map[Type][]string{
		ObjectEvent:         strings.Fields("action epcList quantityList ilmd persistentDisposition"),
		AggregationEvent:    strings.Fields("action parentID childEPCs childQuantityList"),
		TransactionEvent:    strings.Fields("action parentID epcList quantityList"),
		TransformationEvent: strings.Fields("inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID ilmd persistentDisposition"),
		AssociationEvent:    strings.Fields("action parentID childEPCs childQuantityList"),
	}
	types    = []string{string(ObjectEvent), string(AggregationEvent), string(TransactionEvent), string(TransformationEvent), string(AssociationEvent)}
	fieldsOf = func() map[Type][]string {
		all := map[Type][]string{}
		for t, names := range own {
			all[t] = append(slices.Clone(common), names...)
		}
		return all
	}()
)

// eventID is an event's ID, of the event itself or of its declaration as wrong.
type eventID struct {
	id    string
	error bool
}

// readEvent reads one event and checks it.
func (p *parser) readEvent(n node) Event {
	if !p.want(n, isObject) {
		return Event{}
	}
	e := Event{Type: p.eventType(n)}
	if e.Type == "" {
		return e
	}
	p.need(n, "eventTime", "eventTimeZoneOffset")
	if e.Type != TransformationEvent {
		p.need(n, "action")
	}
	e.Extra = p.object(n, fieldsOf[e.Type], func(key string, v node) {
		if !p.what(&e, key, v) && !p.why(&e, key, v) {
			p.how(&e, key, v)
		}
	})
	p.checkItems(n, e)
	if ilmd := n.find("ilmd"); ilmd.kind != 0 && e.Type == ObjectEvent && e.Action != Add {
		p.at("ilmd", ilmd, because("event.ilmd", "ilmd 只能出现在 action 为 ADD 的事件中："+clip(string(e.Action)), "ilmd goes with action ADD only, not with "+clip(string(e.Action))))
	}
	p.checkID(n, e)
	return e
}

// eventType finds the type of an event; "" when there is none of ours.
func (p *parser) eventType(n node) Type {
	for _, m := range n.members {
		if m.key != "type" || m.value.kind != isString {
			continue
		}
		if slices.Contains(types, m.value.text) {
			return Type(m.value.text)
		}
		zh, en := "", ""
		if w, ok := nearest(m.value.text, types); ok {
			zh, en = "；是否应为 "+w, "; did you mean "+w+"?"
		}
		p.at("type", m.value, because("event.type", "不认识的事件类型："+clip(m.value.text)+zh, "unknown type of event: "+clip(m.value.text)+en))
		return ""
	}
	p.wrong(n.at, because("field.lacking", "事件缺少 type", "the event has no type"))
	return ""
}

// what reads what an event is about, and when; false when the field is another.
func (p *parser) what(e *Event, key string, v node) bool {
	switch key {
	case "type":
	case "eventID":
		e.ID = p.uri(v)
	case "eventTime":
		e.Time = p.time(v)
	case "recordTime":
		e.Recorded = p.time(v)
	case "eventTimeZoneOffset":
		e.Offset = p.text(v, checkOffset)
	case "action":
		e.Action = Action(p.text(v, checkAction))
	case "parentID":
		e.Parent = p.uri(v)
	case "epcList", "childEPCs", "inputEPCList":
		e.EPCs = p.unique(v, 0, p.uri)
	case "outputEPCList":
		e.OutputEPCs = p.unique(v, 0, p.uri)
	case "quantityList", "childQuantityList", "inputQuantityList":
		e.Quantities = p.quantities(v)
	case "outputQuantityList":
		e.OutputQuantities = p.quantities(v)
	case "transformationID":
		e.TransformationID = p.uri(v)
	default:
		return false
	}
	return true
}

func checkAction(s string) *reason {
	actions := []string{string(Add), string(Observe), string(Delete)}
	if slices.Contains(actions, s) {
		return nil
	}
	return because("event.action", "action 应为 ADD、OBSERVE 或 DELETE："+clip(s), "action is ADD, OBSERVE or DELETE: "+clip(s))
}

// why reads where and in what business an event happened.
func (p *parser) why(e *Event, key string, v node) bool {
	switch key {
	case "bizStep":
		e.BizStep = p.word(v, bizSteps)
	case "disposition":
		e.Disposition = p.word(v, dispositions)
	case "persistentDisposition":
		p.persistent(e, v)
	case "readPoint":
		e.ReadPoint = p.location(v)
	case "bizLocation":
		e.BizLocation = p.location(v)
	case "bizTransactionList":
		e.Transactions = p.typed(v, "bizTransaction", transactionTypes, "bizTransaction")
	case "sourceList":
		e.Sources = p.typed(v, "source", partyTypes, "type", "source")
	case "destinationList":
		e.Destinations = p.typed(v, "destination", partyTypes, "type", "destination")
	default:
		return false
	}
	return true
}

// how reads measurements, certificates and what else is known.
func (p *parser) how(e *Event, key string, v node) {
	switch key {
	case "sensorElementList":
		p.list(v, 0, func(item node) { e.Sensors = append(e.Sensors, p.sensorElement(item)) })
	case "certificationInfo":
		if v.kind == isArray {
			e.Certificates = p.unique(v, 1, p.uri)
		} else {
			e.Certificates = []string{p.uri(v)}
		}
	case "ilmd":
		e.ILMD = p.object(v, nil, nil)
	case "errorDeclaration":
		e.Error = p.errorDeclaration(v)
	}
}

func (p *parser) quantities(n node) (list []Quantity) {
	p.list(n, 1, func(item node) {
		var q Quantity
		p.need(item, "epcClass")
		p.closed(item, []string{"epcClass", "quantity", "uom"}, func(key string, v node) {
			switch key {
			case "epcClass":
				q.Class = p.uri(v)
			case "quantity":
				if q.Amount = p.number(v); strings.HasPrefix(string(q.Amount), "-") {
					p.wrong(v.at, because("number.range", "数量不得为负："+clip(v.text), "a quantity is not negative: "+clip(v.text)))
				}
			case "uom":
				q.Unit = p.text(v, checkUOM)
			}
		})
		list = append(list, q)
	})
	return list
}

// closed reads an object that may not be extended.
func (p *parser) closed(n node, names []string, read func(key string, v node)) {
	for _, m := range n.members {
		if strings.Contains(m.key, ":") {
			p.push(m.key)
			p.wrong(m.at, because("field.not-extensible", "此处不得有扩展字段："+clip(m.key), "no extension may stand here: "+clip(m.key)))
			p.pop()
		}
	}
	p.object(n, names, read)
}

// persistent reads persistentDisposition.
func (p *parser) persistent(e *Event, n node) {
	word := func(item node) string { return p.word(item, dispositions) }
	p.closed(n, []string{"set", "unset"}, func(key string, v node) {
		if key == "set" {
			e.Set = p.unique(v, 1, word)
		} else {
			e.Unset = p.unique(v, 1, word)
		}
	})
	if n.kind == isObject && !n.has("set") && !n.has("unset") {
		p.wrong(n.at, because("disposition.empty", "persistentDisposition 应有 set 或 unset", "persistentDisposition has set, unset or both"))
	}
	for _, w := range e.Set {
		if w != "" && slices.Contains(e.Unset, w) {
			p.wrong(n.at, because("disposition.contradiction", "同一状态不得既设置又取消："+clip(w), "one disposition is both set and unset: "+clip(w)))
		}
	}
}

func (p *parser) location(n node) (l Location) {
	if n.kind == isString {
		p.wrong(n.at, because("location.string", `地点应写为 {"id": …}，不是字符串`, `a place is written {"id": …}, not as a string`))
		return l
	}
	p.need(n, "id")
	l.Extra = p.object(n, []string{"id"}, func(_ string, v node) { l.ID = p.uri(v) })
	return l
}

// typed reads a list of transactions, sources or destinations.
func (p *parser) typed(n node, name string, types vocabulary, needs ...string) (list []Typed) {
	p.list(n, 0, func(item node) {
		var t Typed
		p.need(item, needs...)
		p.closed(item, []string{"type", name}, func(key string, v node) {
			if key == "type" {
				t.Type = p.word(v, types)
			} else {
				t.ID = p.uri(v)
			}
		})
		list = append(list, t)
	})
	return list
}

func (p *parser) errorDeclaration(n node) *ErrorDeclaration {
	d := &ErrorDeclaration{}
	p.need(n, "declarationTime")
	d.Extra = p.object(n, []string{"declarationTime", "reason", "correctiveEventIDs"}, func(key string, v node) {
		switch key {
		case "declarationTime":
			d.Time = p.time(v)
		case "reason":
			d.Reason = p.word(v, errorReasons)
		case "correctiveEventIDs":
			d.Corrections = p.unique(v, 0, p.uri)
		}
	})
	return d
}

// checkItems: an event is about something. The schema lets an empty epcList
// and an event of measurements alone pass; a register can do nothing with
// either.
func (p *parser) checkItems(n node, e Event) {
	for _, m := range n.members {
		if m.value.kind != isArray && (strings.HasSuffix(m.key, "List") || m.key == "childEPCs") {
			return // reported already
		}
	}
	items := len(e.EPCs)+len(e.Quantities) > 0
	lacking := ""
	switch {
	case e.Type == TransactionEvent && len(e.Transactions) == 0:
		lacking = "bizTransactionList"
	case e.Type == AssociationEvent && e.Parent == "", e.Type == AggregationEvent && e.Parent == "" && e.Action != Observe:
		lacking = "parentID"
	case e.Type == AssociationEvent || e.Type == AggregationEvent:
		if !items && e.Action != Delete {
			lacking = "childEPCs"
		}
	case e.Type == TransactionEvent && !items && e.Parent == "", e.Type == ObjectEvent && !items:
		lacking = "epcList"
	case e.Type == TransformationEvent:
		out := len(e.OutputEPCs)+len(e.OutputQuantities) > 0
		if !items && (!out || e.TransformationID == "") {
			lacking = "inputEPCList"
		} else if !out && e.TransformationID == "" {
			lacking = "outputEPCList"
		}
	}
	if lacking != "" {
		p.wrong(n.at, because("event.no-item", fmt.Sprintf("%s 没有说明涉及哪个物件：缺少 %s，或为空", e.Type, lacking), fmt.Sprintf("the %s is about nothing: %s is lacking or empty", e.Type, lacking)))
	}
}

// checkID: no two events have one ID, but for an event and its declaration as
// wrong.
func (p *parser) checkID(n node, e Event) {
	if e.ID == "" {
		return
	}
	id := eventID{e.ID, e.Error != nil}
	if first, ok := p.ids[id]; ok {
		p.at("eventID", n.find("eventID"), because("event.id-twice", fmt.Sprintf("eventID 与第 %d 个事件重复", first), fmt.Sprintf("event %d has the same eventID", first)))
		return
	}
	p.ids[id] = p.event
}
