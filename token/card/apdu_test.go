package card_test

import (
	"context"
	"testing"

	"sexton/token"
	"sexton/token/card"
)

const (
	select9  = "00 A4 04 00 09 A0 00 00 03 08 00 00 10 00"
	select11 = "00 A4 04 00 0B A0 00 00 03 08 00 00 10 00 01 00"
	select5  = "00 A4 04 00 05 A0 00 00 03 08"
	template = "61 11 4F 06 00 00 10 00 01 00 79 07 4F 05 A0 00 00 03 08"
)

// Transcripts of ISO/IEC 7816-4 transport as both protocols do it.
func TestTranscripts(t *testing.T) {
	for name, row := range map[string]struct {
		t0   bool
		rows [][2]string
		want token.Kind // 0: no error
	}{
		"T=1 has Le":              {rows: [][2]string{{select9 + " 00", template + " 90 00"}}},
		"T=0 has none, then 61xx": {t0: true, rows: [][2]string{{select9, "61 13"}, {"00 C0 00 00 13", template + " 90 00"}}},
		"T=0 GET RESPONSE corrected": {t0: true, rows: [][2]string{
			{select9, "61 00"}, {"00 C0 00 00 00", "6C 13"}, {"00 C0 00 00 13", template + " 90 00"}}},
		"T=1 parts":   {rows: [][2]string{{select9 + " 00", "61 11 61 11"}, {"00 C0 00 00 11", template[6:] + " 90 00"}}},
		"second name": {rows: [][2]string{{select9 + " 00", "6A 82"}, {select11 + " 00", template + " 90 00"}}},
		"third name, silent": {rows: [][2]string{
			{select9 + " 00", "6A 82"}, {select11 + " 00", "6A 82"}, {select5 + " 00", "90 00"}}},
		"no PIV": {want: token.NotPIV, rows: [][2]string{
			{select9 + " 00", "6A 82"}, {select11 + " 00", "6A 82"}, {select5 + " 00", "6D 00"}}},
		"says yes to everything":    {want: token.NotPIV, rows: [][2]string{{select9 + " 00", "6F 02 84 00 90 00"}}},
		"asks for the length twice": {want: token.Protocol, rows: [][2]string{{select9 + " 00", "6C 05"}, {select9 + " 05", "6C 06"}}},
		"promises and sends none":   {want: token.Protocol, rows: [][2]string{{select9 + " 00", "61 10"}, {"00 C0 00 00 10", "61 10"}}},
		"one byte":                  {want: token.Protocol, rows: [][2]string{{select9 + " 00", "90"}}},
		"more than it may":          {want: token.Protocol, rows: [][2]string{{select9 + " 00", "257x00 90 00"}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &script{t: t, t0: row.t0, rows: row.rows}
			err := card.New(s).Select(context.Background())
			if row.want == 0 && err != nil || token.KindOf(err) != row.want {
				t.Errorf("%v, want kind %v", err, row.want)
			}
			if len(s.rows) != 0 {
				t.Errorf("%d commands were not sent, next %s", len(s.rows), s.rows[0][0])
			}
		})
	}
}

// VERIFY without data is a case 1 command: four bytes, with P3 = 00 in T=0.
func TestStatusQueryOnBothProtocols(t *testing.T) {
	for _, row := range []struct {
		t0        bool
		cmd, resp string
		left      int
		kind      token.Kind
	}{
		{false, "00 20 00 80", "63 C5", 5, 0},
		{true, "00 20 00 80 00", "63 CF", 15, 0},
		{false, "00 20 00 80", "69 83", 0, 0},
		{false, "00 20 00 80", "90 00", card.Verified, 0},
		{false, "00 20 00 80", "6A 88", 0, token.Protocol},
	} {
		s := &script{t: t, t0: row.t0, rows: [][2]string{{row.cmd, row.resp}}}
		left, err := card.New(s).TriesLeft(context.Background())
		if left != row.left || token.KindOf(err) != row.kind {
			t.Errorf("%s: %d, %v", row.resp, left, err)
		}
	}
}

// A PIN verdict in every dialect.
func TestVerdicts(t *testing.T) {
	const cmd = "00 20 00 80 08 34 37 32 39 31 36 FF FF"
	for resp, want := range map[string]token.Error{
		"63 C9": {Kind: token.PINWrong, Left: 9, SW: 0x63C9},
		"63 C0": {Kind: token.PINBlocked, SW: 0x63C0},
		"69 83": {Kind: token.PINBlocked, SW: 0x6983},
		"63 00": {Kind: token.PINWrong, Left: -1, SW: 0x6300},
		"69 82": {Kind: token.Protocol, SW: 0x6982},
		"6A 80": {Kind: token.Protocol, SW: 0x6A80},
	} {
		s := &script{t: t, rows: [][2]string{{cmd, resp}}}
		e := wantKind(t, card.New(s).Verify(context.Background(), mustPIN(t, goodPIN), 3), want.Kind)
		if e.Left != want.Left || e.SW != want.SW {
			t.Errorf("%s: %v", resp, e)
		}
	}
}

// The client stops between two commands when its context has ended.
func TestContextStopsBetweenCommands(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := &script{t: t}
	wantKind(t, card.New(s).Select(ctx), token.Canceled)
	ctx, cancel = context.WithTimeout(context.Background(), 0)
	defer cancel()
	wantKind(t, card.New(s).Select(ctx), token.Timeout)
}

// Objects a card may lack, deleted objects, and PIN usage policy.
func TestOptionalObjects(t *testing.T) {
	get := func(tag, answer string) [2]string {
		n := map[int]string{2: "03 5C 01 ", 8: "05 5C 03 "}[len(tag)]
		return [2]string{"00 CB 3F FF " + n + tag + " 00", answer}
	}
	serial := [2]string{"00 F8 00 00 00", "6D 00"}
	bare := [][2]string{get("7E", "6A 82"), get("5F C1 02", "6A 82"), get("5F C1 05", "53 00 90 00"), get("5F C1 0A", "6A 88"), serial}
	s := &script{t: t, rows: bare}
	id, err := card.New(s).ReadIdentity(context.Background())
	if err != nil || id.Auth != nil || id.Sign != nil || id.GUID != "" || id.Serial != 0 {
		t.Errorf("bare card: %+v, %v", id, err)
	}
	s = &script{t: t, rows: [][2]string{get("7E", "7E 05 5F 2F 02 20 00 90 00")}}
	_, err = card.New(s).ReadIdentity(context.Background())
	wantKind(t, err, token.WrongCard)
	for _, odd := range []string{"53 07 7E 05 5F 2F 02 40 00 90 00", "6D 00", "6B 00", "7E 05 5F 2F 90 00"} {
		bare[0][1] = odd
		s = &script{t: t, rows: bare}
		if _, err := card.New(s).ReadIdentity(context.Background()); err != nil {
			t.Errorf("discovery %s: %v", odd, err)
		}
	}
}
