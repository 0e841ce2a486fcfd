package station

import (
	"context"
	"net/url"
	"slices"

	"sexton/custody"
	"sexton/epcis"
	"sexton/ledger/leaf"
)

// uri names a person, place or body of ours to other systems.
func uri(kind, id string) string {
	if id == "" {
		return ""
	}
	return epcis.Namespace + kind + "/" + url.PathEscape(id)
}

// happening is a leaf in the words of EPCIS; false for one that other systems have no use for. Of the carriers it names only those of the export are told.
func (s *Station) happening(ctx context.Context, p leaf.Payload, of map[string]CarrierRow, titles bool) (epcis.Happening, bool, error) {
	h := epcis.Happening{ID: p.ID, At: p.At.In(s.cfg.Zone), Recorded: p.At}
	for _, id := range carriersOf(p) {
		if _, ok := of[id]; ok {
			h.Carriers = append(h.Carriers, id)
		}
	}
	if len(p.Actors) > 0 {
		h.From = uri("person", p.Actors[0].Person)
	}
	switch b := p.Body.(type) {
	case *leaf.Registered:
		return s.registration(ctx, h, b, of, titles)
	case *leaf.Received:
		h.Kind, h.To, h.From = epcis.Received, h.From, ""
		for id, c := range of {
			if c.List == b.List {
				h.Carriers = append(h.Carriers, id)
			}
		}
		slices.Sort(h.Carriers)
	case *leaf.Reclassified:
		if b.Release {
			return h, false, nil // each carrier's declassification follows
		}
		h.Kind, h.Mark, h.From = epcis.Reclassified, epcis.Mark{Classification: b.Classification, Period: b.Period}, ""
	case *leaf.Movement:
		h.Kind, h.To = epcis.Offered, uri("person", b.To)
		if b.Act == custody.ActDispatch {
			h.Kind = epcis.Dispatched
		}
		if b.Outside {
			h.To = uri("firm", b.To)
		}
	case *leaf.MovementStep:
		if err := s.movementHappening(ctx, &h, p, b); err != nil {
			return h, false, err
		}
	case *leaf.Stored:
		h.Kind, h.Place = epcis.Stored, uri("place", b.Place)
	case *leaf.Outcome:
		h.Kind, h.Batch, h.Evidence, h.From = epcis.Unproven, b.Batch, evidenceOf(b.Evidence), ""
		if p.Kind == leaf.CarrierDestroyed {
			h.Kind = epcis.Destroyed
		}
	default:
		h.Kind = plainHappenings[p.Kind]
		if r, ok := p.Body.(*leaf.Resolved); ok && r.Resolution == "destroyed" {
			h.Kind = epcis.Destroyed
		}
	}
	return h, h.Kind != "" && len(h.Carriers) > 0, nil
}

// plainHappenings are leaves that need nothing but their name.
var plainHappenings = map[leaf.Kind]epcis.Kind{leaf.CarrierCounted: epcis.Counted, leaf.CarrierMissing: epcis.Missing, leaf.CarrierFound: epcis.Found,
	leaf.CarrierArchived: epcis.Archived, leaf.CarrierTransferred: epcis.Transferred, leaf.CarrierReturned: epcis.Returned, leaf.CarrierConsigned: epcis.Consigned,
	leaf.CarrierDeclassified: epcis.Declassified, leaf.CarrierLost: epcis.Lost, leaf.FindingEntered: epcis.InspectedFault}

// registration enters a carrier, or says that it is a copy of another.
func (s *Station) registration(ctx context.Context, h epcis.Happening, b *leaf.Registered, of map[string]CarrierRow, titles bool) (epcis.Happening, bool, error) {
	c, ok := of[b.Carrier]
	if !ok {
		return h, false, nil
	}
	h.From, h.Approval = "", b.Request
	if b.Parent != "" {
		h.Kind, h.Parent = epcis.Copied, b.Parent
		return h, true, nil
	}
	row, err := s.asListed(ctx, c, titles)
	if err != nil {
		return h, false, err
	}
	row.Classification, row.Period = b.Classification, b.Period // as it was registered: its marks follow
	h.Kind, h.Entry = epcis.Registered, &epcis.Entry{Row: row, Clear: titles}
	return h, true, nil
}

// movementHappening says what accepting, refusing or returning means for the act of the movement.
func (s *Station) movementHappening(ctx context.Context, h *epcis.Happening, p leaf.Payload, b *leaf.MovementStep) error {
	m, _, err := thing[custody.Movement](ctx, s, "movement", b.Movement)
	if err != nil {
		return err
	}
	h.To, h.From = h.From, uri("person", m.From)
	switch p.Kind {
	case leaf.MovementAccepted:
		h.Kind = map[string]epcis.Kind{custody.ActCirculate: epcis.Circulated, custody.ActLend: epcis.Lent, custody.ActCarryOut: epcis.CarriedOut,
			custody.ActHandOver: epcis.HandedOver}[m.Act]
		if h.Kind == "" { // another unit has it; what that means follows
			h.Kind, h.To = epcis.Arrived, ""
		}
	case leaf.MovementReturned:
		h.Kind = epcis.GivenBack
		if m.Act == custody.ActCarryOut {
			h.Kind = epcis.BroughtBack
		}
		h.From = uri("person", m.To)
	case leaf.MovementRefused:
		h.Kind = epcis.Refused
	case leaf.MovementCancelled:
		h.Kind = epcis.Cancelled
	}
	return nil
}

// evidenceOf is what the machine measured for one carrier.
func evidenceOf(e *custody.Evidence) *epcis.Evidence {
	if e == nil {
		return nil
	}
	return &epcis.Evidence{Machine: uri("machine", e.Machine), Items: e.Feed, MassMG: -1, EnergyJ: e.EnergyJ, MinMA: -1, MaxMA: -1, MeanMA: -1}
}
