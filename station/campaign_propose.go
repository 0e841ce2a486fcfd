package station

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"sexton/custody"
	"sexton/internal/fault"
	"sexton/ledger/leaf"
)

// keepReasonsZh are the reasons for which a carrier is kept; they stand in the ledger in clear.
var keepReasonsZh = map[string]string{"in-use": "工作需要，仍在使用", "to-archive": "待整理归档", "inquiry": "查办案件需要", "audit": "审计、巡视需要", otherCode: "其他"}

// proposal is one carrier's fate.
type proposal struct {
	carrier      CarrierRow
	fate, reason string
}

// proposalsAtOnce is how many leaves of proposals go into one transaction.
const proposalsAtOnce = 16

// Propose implements Campaigns.
func (s *Station) Propose(ctx context.Context, o ProposeOptions) (ProposeView, error) {
	v := ProposeView{Proposed: map[string]int64{}, Bad: []RowFault{}}
	err := s.act(ctx, "campaign-propose", o.Session, func() error {
		x, role, err := s.gate(ctx, o.Session, "campaign-propose")
		if err != nil {
			return err
		}
		if slices.Contains(x.person.Roles, leaf.RoleSecrecy) {
			role = leaf.RoleSecrecy // who may audit a clear-out proposes as such
		}
		c, _, opened, err := numbered[custody.Campaign](ctx, s, "clear-out", o.Campaign)
		if err != nil {
			return err
		}
		all, bad, err := s.proposals(ctx, c, opened, o)
		v.Bad = append(v.Bad, bad...)
		if err != nil {
			return err
		}
		if len(bad) > 0 {
			return fault.New("list.bad-rows", nil, len(bad))
		}
		if err := s.enterProposals(ctx, c, all, x.asserts(role)); err != nil {
			return err
		}
		for _, p := range all {
			v.Proposed[p.fate]++
		}
		v.Campaign, err = s.campaign(ctx, c.ID)
		return err
	})
	if err == nil {
		s.hub.send(Event{Type: "campaign", Subject: v.Campaign.ID, What: "proposed", Zh: "已提出处置意见", En: "fates were proposed"})
	}
	return v, err
}

// proposals works out what is proposed: by the plain rules, by a list, or for all that a filter selects.
func (s *Station) proposals(ctx context.Context, c custody.Campaign, opened leaf.Payload, o ProposeOptions) ([]proposal, []RowFault, error) {
	ids, err := s.selected(ctx, opened)
	if err != nil {
		return nil, nil, err
	}
	in := map[string]bool{}
	for _, id := range ids {
		in[id] = true
	}
	var all []proposal
	var bad []RowFault
	switch {
	case o.Auto && o.List == nil && o.Filter == nil:
		all, err = s.proposePlain(ctx, c, ids)
	case o.List != nil && !o.Auto && o.Filter == nil:
		all, bad, err = s.proposeListed(ctx, in, o.List)
	case o.Filter != nil && !o.Auto && o.List == nil:
		all, err = s.proposeFiltered(ctx, c, in, o)
	default:
		err = fault.New("usage.bad-request", nil, "proposals by rule, list or filter")
	}
	if err == nil && len(bad) == 0 && len(all) == 0 {
		err = fault.New("campaign.nothing", nil)
	}
	return all, bad, err
}

// proposable says whether a carrier can be given a fate now.
func proposable(c CarrierRow) bool {
	return (c.State == custody.Received || c.State == custody.Counted) && c.Index < 0
}

// proposePlain proposes by two rules that need no judgement: what must go back goes back, what is spoiled is destroyed. Only carriers without a proposal
// are looked at.
func (s *Station) proposePlain(ctx context.Context, c custody.Campaign, ids []string) ([]proposal, error) {
	var all []proposal
	for _, id := range ids {
		row, err := s.carrierRow(ctx, id)
		if err != nil {
			return nil, err
		}
		switch {
		case !proposable(row) || row.Campaign == c.ID:
		case row.MustReturn:
			all = append(all, proposal{row, custody.ActReturn, ""})
		case row.Spoiled:
			all = append(all, proposal{row, custody.ActDestroy, ""})
		}
	}
	return all, nil
}

// proposeFiltered proposes one fate for all that the filter selects of the clear-out, have no proposal yet, and may meet it. What must go back or is spoiled
// is passed over: it has rules of its own.
func (s *Station) proposeFiltered(ctx context.Context, c custody.Campaign, in map[string]bool, o ProposeOptions) ([]proposal, error) {
	if err := checkFate(o.Fate, o.Reason); err != nil {
		return nil, err
	}
	var all []proposal
	err := s.eachCarrier(ctx, *o.Filter, func(row CarrierRow) error {
		if in[row.ID] && proposable(row) && row.Campaign != c.ID && !row.MustReturn && !row.Spoiled {
			all = append(all, proposal{row, o.Fate, o.Reason})
		}
		return nil
	})
	return all, err
}

// checkFate refuses a fate or a reason that is no code.
func checkFate(fate, reason string) error {
	if !slices.Contains(custody.Fates(), fate) {
		return fault.New("usage.bad-request", nil, "fate "+fate)
	}
	if (reason == "" && fate == custody.ActKeep) || (reason != "" && keepReasonsZh[reason] == "") {
		return fault.New("usage.bad-request", nil, "reason for keeping "+reason)
	}
	return nil
}

// fateWord is the wire word of a fate given by it or by its Chinese term.
func fateWord(given string) string {
	for _, f := range custody.Fates() {
		if given == f || given == fault.Term(f) {
			return f
		}
	}
	return given
}

// proposeListed reads a list of number, fate and reason; its first row names the columns.
func (s *Station) proposeListed(ctx context.Context, in map[string]bool, list []byte) ([]proposal, []RowFault, error) {
	text, err := decodeText(list)
	if err != nil {
		return nil, nil, both(fault.New("list.unreadable", err, "it is neither UTF-8 nor GB18030"), "清单无法读取：%s", "既不是 UTF-8 也不是 GB18030")
	}
	r := csv.NewReader(strings.NewReader(text))
	head, err := r.Read()
	col := map[string]int{}
	for i, h := range head {
		col[proposalColumns[strings.TrimSpace(h)]] = i + 1
	}
	if err != nil || col["number"] == 0 || col["fate"] == 0 {
		return nil, nil, both(fault.New("list.unreadable", err, "its first row does not name the columns number and fate"), "清单无法读取：%s", "首行应有“载体编号”“处置意见”两栏")
	}
	var all []proposal
	var bad []RowFault
	seen := map[string]bool{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all, bad, nil
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			return nil, nil, both(fault.New("list.unreadable", err, "it is no CSV file"), "清单无法读取：%s", "不是 CSV 文件")
		}
		p := proposal{fate: fateWord(strings.TrimSpace(rec[col["fate"]-1]))}
		if i := col["reason"]; i > 0 {
			p.reason = reasonWord(strings.TrimSpace(rec[i-1]))
		}
		number := strings.TrimSpace(rec[col["number"]-1])
		row, known, err := s.deps.Register.CarrierByNumber(ctx, number)
		if err != nil {
			return nil, nil, err
		}
		p.carrier = row
		if why := proposalFault(p, known, in[row.ID], seen[number]); why != nil {
			why.Line = line
			bad = append(bad, *why)
			continue
		}
		seen[number] = true
		all = append(all, p)
	}
}

// proposalColumns are the headings of a list of proposals.
var proposalColumns = map[string]string{"载体编号": "number", "编号": "number", "number": "number", "处置意见": "fate", "处置方式": "fate", "fate": "fate",
	"理由": "reason", "留用理由": "reason", "reason": "reason"}

// reasonWord is the code of a reason given by it or by its Chinese term.
func reasonWord(given string) string {
	for code, zh := range keepReasonsZh {
		if given == zh {
			return code
		}
	}
	return given
}

// proposalFault says what is wrong with one row of a list of proposals; nil when nothing is.
func proposalFault(p proposal, known, selected, twice bool) *RowFault {
	bad := func(column, zh, en string) *RowFault { return &RowFault{Column: column, Zh: zh, En: en} }
	switch {
	case !known:
		return bad("载体编号", "没有登记这个载体", "the carrier is not registered")
	case !selected:
		return bad("载体编号", "不在本次清理范围", "the carrier is not in this clear-out")
	case twice:
		return bad("载体编号", "重复", "the carrier is named twice")
	case !proposable(p.carrier):
		return bad("载体编号", "当前为“"+p.carrier.State.Zh()+"”，不能处置", "the carrier is "+p.carrier.State.String())
	case checkFate(p.fate, "in-use") != nil:
		return bad("处置意见", "没有这种处置方式", "there is no such fate")
	case checkFate(p.fate, p.reason) != nil:
		return bad("理由", "留用须写明理由代码", "keeping needs a code as its reason")
	case p.carrier.MustReturn && p.fate != custody.ActReturn && p.fate != custody.ActKeep:
		return bad("处置意见", "须清退，不得自行处置", "it must be returned to its issuer")
	case p.carrier.Spoiled && p.fate != custody.ActDestroy && p.fate != custody.ActConsign && p.fate != custody.ActReturn:
		return bad("处置意见", "废件只能销毁、送销或清退", "a spoiled copy can only be destroyed, consigned or returned")
	}
	return nil
}

// decodeText reads UTF-8, with or without a byte order mark, or GB18030.
func decodeText(b []byte) (string, error) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if utf8.Valid(b) {
		return string(b), nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(b)
	if err == nil && bytes.ContainsRune(out, utf8.RuneError) {
		err = errors.New("bytes that are no GB18030")
	}
	return string(out), err
}

// enterProposals writes the proposals, as many carriers a leaf as fit.
func (s *Station) enterProposals(ctx context.Context, c custody.Campaign, all []proposal, by leaf.Actor) error {
	chunks := slices.Collect(slices.Chunk(all, leaf.MaxCarriers))
	for some := range slices.Chunk(chunks, proposalsAtOnce) {
		if err := s.enterSome(ctx, c, some, by); err != nil {
			return err
		}
		// Crash here: these have their proposal; asking again proposes for the rest.
	}
	return nil
}

func (s *Station) enterSome(ctx context.Context, c custody.Campaign, chunks [][]proposal, by leaf.Actor) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := s.pen()
	for _, chunk := range chunks {
		body := &leaf.Proposal{Campaign: c.ID}
		subjects := []string{leaf.CampaignSubject + c.ID}
		for _, x := range chunk {
			body.Items = append(body.Items, leaf.ProposalItem{Carrier: x.carrier.ID, Fate: x.fate, Reason: x.reason})
			subjects = append(subjects, leaf.CarrierSubject+x.carrier.ID)
		}
		if _, err := p.write(ctx, note{kind: leaf.CampaignProposed, actors: []leaf.Actor{by}, subjects: subjects, body: body}); err != nil {
			return err
		}
	}
	_, err := s.deps.Book.Append(ctx, p.entries...)
	return err
}
