package station

import (
	"context"

	"sexton/custody"
	"sexton/ledger/leaf"
)

// Balance implements Documents.
func (s *Station) Balance(ctx context.Context, document string) (BalanceView, error) {
	v, err := s.balance(ctx, document)
	return v, toFault(err)
}

func (s *Station) balance(ctx context.Context, document string) (BalanceView, error) {
	head := s.deps.Book.Head() // what comes after it is not looked at
	d, err := s.documentRow(ctx, document)
	if err != nil {
		return BalanceView{}, err
	}
	var carriers []custody.Carrier
	numbers := map[string]string{}
	entries := int64(0)
	err = s.eachCopy(ctx, d.ID, func(c CarrierRow) error {
		carriers, numbers[c.ID] = append(carriers, c.Carrier), c.Number
		events, err := s.deps.Register.Events(ctx, leaf.CarrierSubject+c.ID)
		entries += int64(len(events))
		return err
	})
	if err != nil {
		return BalanceView{}, err
	}
	b := custody.Balance(d.Document, carriers)
	v := BalanceView{At: s.now(), Made: b.Made, Registered: b.Registered, Held: map[string]int64{}, Open: b.Open, Disposed: map[string]int64{},
		Spoiled: b.Spoiled, Balanced: b.Balanced, Edges: []EdgeView{}, Searched: SearchedView{Size: head.Size, Root: head.Root, Entries: entries}}
	if b.Made > b.Registered {
		v.Elsewhere = b.Made - b.Registered
	}
	for where, n := range b.Held {
		v.Held[where.String()] = n
	}
	for how, n := range b.Disposed {
		v.Disposed[how.String()] = n
	}
	for _, e := range b.Edges {
		words := edges[e.What]
		v.Edges = append(v.Edges, EdgeView{Carrier: numbers[e.Carrier], What: string(e.What), Broken: e.Broken, Since: e.Since, Zh: words[0], En: words[1]})
	}
	if v.Document, err = s.documentView(ctx, d.ID, false); err != nil {
		return BalanceView{}, err
	}
	v.Copies, err = s.copyViews(ctx, d.ID)
	return v, err
}

// edges says every kind of link that does not close.
var edges = map[custody.EdgeKind][2]string{
	custody.EdgeUnsigned:   {"已登记，尚未签收", "registered, and nobody has signed for it yet"},
	custody.EdgeOffered:    {"已交出，对方尚未签收", "handed out, and the other end has not signed"},
	custody.EdgeInTransit:  {"运输中，回执未到", "on its way, and the receipt is due"},
	custody.EdgeMissing:    {"未找到，须找到或核销", "missing: to be found or written off"},
	custody.EdgeReleased:   {"已放行，结果未记录", "released to the machine, and its outcome is due"},
	custody.EdgeOpenCase:   {"结果有未结事项", "its outcome is an open case"},
	custody.EdgeConsigned:  {"已送销，销毁证明未到", "consigned, and the destruction body's certificate is due"},
	custody.EdgeForeign:    {"不是该文件的份，或重复", "no copy of this document, or there twice"},
	custody.EdgeUnkept:     {"在册，但无保管人或去向", "held, but nobody keeps it or it is nowhere"},
	custody.EdgeKept:       {"已处置，但仍有人保管", "disposed of, but somebody still keeps it"},
	custody.EdgeMark:       {"密级标志与文件不一致", "does not bear the mark of the document"},
	custody.EdgeCount:      {"登记份数与文件记载不符", "the document counts another number of copies"},
	custody.EdgeUnentered:  {"制作的份数未全部登记", "copies were made and not all are registered"},
	custody.EdgeOverPrints: {"登记份数超过印制份数", "more copies are registered than were made"},
}
