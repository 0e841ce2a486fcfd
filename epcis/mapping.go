package epcis

import "slices"

// Kind is a happening in our own words.
type Kind string

// Kinds of happening. A hand-over that both ends sign is Offered, Arrived,
// HandedOver.
const (
	Registered      Kind = "registered"
	Received        Kind = "received"
	Offered         Kind = "offered"
	Arrived         Kind = "arrived"
	HandedOver      Kind = "handed-over"
	Refused         Kind = "refused"
	Dispatched      Kind = "dispatched"
	Consigned       Kind = "consigned"
	Cancelled       Kind = "dispatch-cancelled"
	Stored          Kind = "stored"
	Circulated      Kind = "circulated"
	Lent            Kind = "lent"
	GivenBack       Kind = "given-back"
	CarriedOut      Kind = "carried-out"
	BroughtBack     Kind = "brought-back"
	Packed          Kind = "packed"
	Unpacked        Kind = "unpacked"
	UnpackedDiffers Kind = "unpacked-differs"
	Counted         Kind = "counted"
	SpotCounted     Kind = "spot-counted"
	Inspected       Kind = "inspected"
	InspectedFault  Kind = "inspected-fault"
	Mismatched      Kind = "mismatched"
	Quarantined     Kind = "quarantined"
	Cleared         Kind = "quarantine-lifted"
	Collected       Kind = "collected"
	Destroyed       Kind = "destroyed"
	Unproven        Kind = "destruction-unproven"
	Returned        Kind = "returned"
	Archived        Kind = "archived"
	Transferred     Kind = "transferred"
	Declassified    Kind = "declassified"
	Reclassified    Kind = "reclassified"
	Copied          Kind = "copied"
	Missing         Kind = "missing"
	Lost            Kind = "lost"
	Found           Kind = "found"
)

// Mapping says how one kind of happening stands in an EPCIS event. Step,
// disposition and what is set decide, with type and action; no two rows agree
// in all of them, so the table is read in both directions.
type Mapping struct {
	Kind        Kind
	Zh, En      string
	Type        Type
	Action      Action
	BizStep     string // CBV word, or a name of ours for what CBV has no word for
	Disposition string
	Set, Unset  string // persistent disposition
}

// Three traps of the vocabulary: killing ends a radio tag and decommissioning
// an identifier, neither destroys anything; collecting with disposed means
// handed in for disposal, not destroyed; accepting is where possession changes,
// so it is not mixed with shipping.
var mappings = []Mapping{
	{Registered, "登记", "registered on arrival", ObjectEvent, Add, "commissioning", "active", "", ""},
	{Received, "接收", "received and signed for", ObjectEvent, Observe, "receiving", "in_progress", "", ""},
	{Offered, "交出", "handed out, not yet signed for", ObjectEvent, Observe, "departing", "in_transit", "", ""},
	{Arrived, "送达", "arrived at the receiver", ObjectEvent, Observe, "arriving", "in_progress", "", ""},
	{HandedOver, "移交", "signed for by the receiver: possession changes", ObjectEvent, Observe, "accepting", "in_progress", "", ""},
	{Refused, "拒收", "refused by the receiver", ObjectEvent, Observe, "sexton:refusing", "in_progress", "", ""},
	{Dispatched, "发出", "sent out, possession stays", ObjectEvent, Observe, "shipping", "in_transit", "", ""},
	{Consigned, "交运", "sent out, possession goes with it", ObjectEvent, Observe, "consigning", "in_transit", "", ""},
	{Cancelled, "撤销发出", "dispatch cancelled", ObjectEvent, Observe, "void_shipping", "in_progress", "", ""},
	{Stored, "入柜", "put on its shelf", ObjectEvent, Observe, "storing", "in_progress", "", ""},
	{Circulated, "传阅", "given to a reader", ObjectEvent, Observe, "sexton:circulating", "in_progress", "", ""},
	{Lent, "借出", "lent", ObjectEvent, Observe, "sexton:lending", "in_progress", "", ""},
	{GivenBack, "归还", "given back by reader or borrower", ObjectEvent, Observe, "sexton:giving_back", "in_progress", "", ""},
	{CarriedOut, "外带", "carried outside the unit", ObjectEvent, Observe, "sexton:carrying_out", "in_transit", "", ""},
	{BroughtBack, "带回", "brought back", ObjectEvent, Observe, "sexton:bringing_back", "in_progress", "", ""},
	{Packed, "封装", "packed and sealed", AggregationEvent, Add, "packing", "container_closed", "", ""},
	{Unpacked, "启封", "bag opened, contents agree", AggregationEvent, Delete, "unpacking", "completeness_verified", "", ""},
	{UnpackedDiffers, "启封不符", "bag opened, contents differ", AggregationEvent, Delete, "unpacking", "mismatch_quantity", "", ""},
	{Counted, "盘点", "counted by rule", ObjectEvent, Observe, "stock_taking", "", "", ""},
	{SpotCounted, "抽查", "counted informally", ObjectEvent, Observe, "cycle_counting", "", "", ""},
	{Inspected, "检查", "inspected, agrees", ObjectEvent, Observe, "inspecting", "conformant", "", ""},
	{InspectedFault, "检查不符", "inspected, at fault", ObjectEvent, Observe, "inspecting", "non_conformant", "", ""},
	{Mismatched, "与登记不符", "another carrier than the register says", ObjectEvent, Observe, "inspecting", "mismatch_instance", "", ""},
	{Quarantined, "隔离", "set aside, facts contradict", ObjectEvent, Observe, "holding", "non_conformant", "non_conformant", ""},
	{Cleared, "解除隔离", "quarantine lifted", ObjectEvent, Observe, "inspecting", "conformant", "", "non_conformant"},
	{Collected, "待销毁", "handed in for disposal, not destroyed", ObjectEvent, Observe, "collecting", "disposed", "", ""},
	{Destroyed, "销毁", "destroyed; a later event on it is an error", ObjectEvent, Delete, "destroying", "destroyed", "", ""},
	{Unproven, "销毁未证实", "fed into the machine, destruction not proven", ObjectEvent, Observe, "sexton:feeding", "unknown", "", ""},
	{Returned, "清退", "returned to its issuer", ObjectEvent, Observe, "shipping", "returned", "", ""},
	{Archived, "归档", "filed to the archive", ObjectEvent, Delete, "sexton:archiving", "inactive", "", ""},
	{Transferred, "移交他单位", "handed to another body, which answers for it now", ObjectEvent, Observe, "sexton:transferring", "in_progress", "", ""},
	{Declassified, "解密", "declassified and released", ObjectEvent, Delete, "sexton:declassifying", "inactive", "", ""},
	{Reclassified, "密级变更", "classification or period changed", ObjectEvent, Observe, "sexton:reclassifying", "in_progress", "", ""},
	// A transformation would say that the original is used up; an association
	// ties the copies to the original, which stays what it is.
	{Copied, "复制", "copies made of a parent", AssociationEvent, Add, "sexton:copying", "active", "", ""},
	{Missing, "未找到", "not found where it should be", ObjectEvent, Observe, "inspecting", "unknown", "", ""},
	{Lost, "核销", "written off as lost", ObjectEvent, Observe, "sexton:writing_off", "unknown", "", ""},
	{Found, "找回", "found again", ObjectEvent, Observe, "inspecting", "in_progress", "", ""},
}

// Mappings is the table.
func Mappings() []Mapping { return slices.Clone(mappings) }

func (k Kind) mapping() (Mapping, bool) {
	i := slices.IndexFunc(mappings, func(m Mapping) bool { return m.Kind == k })
	if i < 0 {
		return Mapping{}, false
	}
	return mappings[i], true
}

// mappingOf finds the row an event agrees with.
func mappingOf(e Event) (Mapping, bool) {
	one := func(list []string, word string) bool {
		if word == "" {
			return len(list) == 0
		}
		return len(list) == 1 && list[0] == word
	}
	for _, m := range mappings {
		if m.Type == e.Type && m.Action == e.Action && m.BizStep == e.BizStep && m.Disposition == e.Disposition && one(e.Set, m.Set) && one(e.Unset, m.Unset) {
			return m, true
		}
	}
	return Mapping{}, false
}
