package station

import (
	"context"
	"time"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// Kinds and results of incidents; they stand in the ledger in clear.
var (
	incidentsZh = map[string]string{"lost": "丢失", "leaked": "泄露", "damaged": "损毁", "found": "拾得", "tampered": "被拆动"}
	resultsZh   = map[string]string{"found": "已找到", "written-off": "核销", "no-harm": "未造成危害", "reported-upward": "已上报"}
)

// ReportIncident implements Incidents.
func (s *Station) ReportIncident(ctx context.Context, o IncidentOptions) (IncidentView, error) {
	id, err := s.newID()
	if err != nil {
		return IncidentView{}, toFault(err)
	}
	err = s.assertAct(ctx, "incident-report", o.Session, func(x *session, _ leaf.Role) (note, error) {
		return s.incidentNote(ctx, id, o, x.asserts(leaf.RoleReporting))
	})
	if err != nil {
		return IncidentView{}, err
	}
	s.hub.send(Event{Type: "incident", Subject: id, What: "reported", Zh: "已报告事件：" + incidentsZh[o.What], En: "an incident was reported: " + o.What})
	return s.Incident(ctx, id)
}

func (s *Station) incidentNote(ctx context.Context, id string, o IncidentOptions, by leaf.Actor) (note, error) {
	if incidentsZh[o.What] == "" {
		return note{}, fault.New("usage.bad-request", nil, "kind of incident "+o.What)
	}
	if o.Text == "" {
		return note{}, fault.New("usage.bad-request", nil, "text")
	}
	now := s.now()
	if o.Discovered.IsZero() {
		o.Discovered = now
	}
	if o.Discovered.After(now) {
		return note{}, fault.New("usage.bad-request", nil, "discovered")
	}
	if len(o.Carriers) > leaf.MaxCarriers {
		return note{}, fault.New("usage.bad-request", nil, "too many carriers")
	}
	if err := newNumber[custody.Incident](ctx, s, "incident", o.Number); err != nil {
		return note{}, err
	}
	subjects := []string{leaf.IncidentSubject + id}
	for _, number := range o.Carriers {
		c, err := s.carrierRow(ctx, number)
		if err != nil {
			return note{}, err
		}
		subjects = append(subjects, leaf.CarrierSubject+c.ID)
	}
	sec := s.secrets()
	return note{kind: leaf.IncidentReported, actors: []leaf.Actor{by}, subjects: subjects,
		body: &leaf.Incident{Incident: id, Number: o.Number, What: o.What, Discovered: o.Discovered.UTC().Truncate(time.Second).Format(time.RFC3339),
			Text: sec.of("text", o.Text)}, openings: sec.openings}, sec.err
}

// CloseIncident implements Incidents.
func (s *Station) CloseIncident(ctx context.Context, incident, result, measures string, by Signer) (IncidentView, error) {
	var id string
	_, err := s.signAct(ctx, "incident-close", by, func(x *session, role leaf.Role) (note, error) {
		i, _, _, err := numbered[custody.Incident](ctx, s, "incident", incident)
		if err != nil {
			return note{}, err
		}
		if resultsZh[result] == "" || measures == "" {
			return note{}, fault.New("usage.bad-request", nil, "result, measures")
		}
		id = i.ID
		subjects := []string{leaf.IncidentSubject + i.ID}
		for _, c := range i.Carriers {
			subjects = append(subjects, leaf.CarrierSubject+c)
		}
		sec := s.secrets()
		return note{kind: leaf.IncidentClosed, actors: []leaf.Actor{x.signs(role)}, subjects: subjects,
			body: &leaf.IncidentEnd{Incident: i.ID, Result: result, Measures: sec.of("measures", measures)}, openings: sec.openings}, sec.err
	})
	if err != nil {
		return IncidentView{}, err
	}
	s.hub.send(Event{Type: "incident", Subject: id, What: "closed", Zh: "事件已结案：" + resultsZh[result], En: "an incident was closed: " + result})
	return s.Incident(ctx, id)
}

// Incident implements Incidents.
func (s *Station) Incident(ctx context.Context, id string) (IncidentView, error) {
	i, row, _, err := numbered[custody.Incident](ctx, s, "incident", id)
	if err != nil {
		return IncidentView{}, toFault(err)
	}
	v, err := s.incidentView(ctx, i, row)
	return v, toFault(err)
}

// IncidentList implements Incidents.
func (s *Station) IncidentList(ctx context.Context) ([]IncidentView, error) {
	out, err := views(ctx, s, s.incidentView)
	return out, toFault(err)
}

func (s *Station) incidentView(ctx context.Context, i custody.Incident, row ThingRow) (IncidentView, error) {
	v := IncidentView{ID: i.ID, What: i.What, WhatZh: incidentsZh[i.What], Reporter: i.Reporter, At: i.At, Carriers: []string{}, Closed: i.Closed,
		Result: i.Result, ResultZh: resultsZh[i.Result]}
	p, err := s.payloadAt(ctx, row.Index)
	if err != nil {
		return v, err
	}
	if b, ok := p.Body.(*leaf.Incident); ok {
		v.Number = b.Number
		if v.Discovered, err = time.Parse(time.RFC3339, b.Discovered); err != nil {
			return v, err
		}
	}
	for _, id := range i.Carriers {
		c, err := s.carrierRow(ctx, id)
		if err != nil {
			return v, err
		}
		v.Carriers = append(v.Carriers, c.Number)
	}
	if v.Text, err = s.opened(ctx, row.Event, "/body/text"); err != nil || !i.Closed {
		return v, err
	}
	events, err := s.deps.Register.Events(ctx, leaf.IncidentSubject+i.ID)
	if err != nil {
		return v, err
	}
	v.Measures, err = s.lastSaid(ctx, events, leaf.IncidentClosed, "/body/measures")
	return v, err
}
