package card_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"sexton/bench/card"
)

// Every row is a script: commands with the status word each must get, and, after "=",
// the data it must return (a prefix when it ends with *). "reset" and "off/on" act on the
// card. A row starts with the applet selected unless its name begins with "unselected".
func TestCommandTable(t *testing.T) {
	const verify, wrong = "0020008008323731383238FFFF 9000", "0020008008393939393939FFFF "
	rows := []struct {
		name   string
		script string
	}{
		{"select by RID", "00A4040005A000000308 9000 = 61114F0600001000010079074F05A000000308"},
		{"select by RID with Le", "00A4040005A00000030800 9000 = 6111*"},
		{"select by full AID", "00A404000BA000000308000010000100 9000"},
		{"select by AID without version", "00A4040009A00000030800001000 9000"},
		{"select of a longer AID", "00A404000CA00000030800001000010000 6A82"},
		{"select by four bytes", "00A4040004A0000003 6A82"},
		{"select with other parameters", "00A4000002 6A86; 00A400000A3F003F003F003F003F00 6A86"},
		{"other applications keep the selection", "00A4040009627601FF00000000000000 6700; 00A4040007627601FF000000 6A82; 00A4040006A00000000101 6A82; " +
			"00A404000CE82B0601040181C31F020100 6A82; 00A4040008A000000527200101 6A82; 00A4040008A000000527471117 6A82; 00CB3FFF035C017E 9000"},
		{"unselected", "00CB3FFF035C017E 6A82; 0020008000 6D00; 00FD000000 6D00; 008711 6700; 00A4040005A000000308 9000; 00FD000000 9000 = 050403"},
		{"CPLC probe", "00CADF3005 6D00"},
		{"version", "00FD000000 9000 = 050403; 00FD0000 9000 = 050403"},
		{"serial", "00F8000000 9000 = 0012D687"},
		{"unknown instruction and class", "00120000 6D00; 80200080 6E00; 0C200080 6E00; 01200080 6E00"},
		{"short and malformed commands", "00 6700; 0020 6700; 002000 6700; 002000800801 6700; 0020008000000A01 6700"},
		{"verify query", "00200080 63C3; 0020008000 63C3; " + verify + "; 00200080 9000; 0020008000 9000"},
		{"verify with other references", "0020000008323731383238FFFF 6A88; 0020008108323731383238FFFF 6A88; 0020010008 6A88; 0020018008323731383238FFFF 6A86"},
		{"wrong PIN counts", wrong + "63C2; 00200080 63C2; " + wrong + "63C1; " + wrong + "6983; 00200080 6983; 0020008008323731383238FFFF 6983"},
		{"right PIN restores the counter", wrong + "63C2; " + wrong + "63C1; " + verify + "; 0020FF80 9000; 00200080 63C3"},
		{"wrong PIN ends verification", verify + "; " + wrong + "63C2; 00200080 63C2"},
		{"PIN of another length costs no try", "0020008006323731383238 6A80; 00200080 63C3"},
		{"de-authenticate", verify + "; 0020FF80 9000; 00200080 63C3; 0020FF8001AA 6A80"},
		{"reset forgets", verify + "; reset; 00200080 6D00; 00A4040005A000000308 9000; 00200080 63C3"},
		{"power cycle forgets", verify + "; off/on; 00A4040005A000000308 9000; 00200080 63C3"},
		{"select again keeps the PIN", verify + "; 00A4040005A000000308 9000; 00200080 9000"},
		{"change PIN", "0024008010323731383238FFFF333134313539FFFF 9000; 0020008008333134313539FFFF 9000; " + wrong + "63C2"},
		{"change PIN with a wrong one", "0024008010393939393939FFFF333134313539FFFF 63C2; 0020008008323731383238FFFF 9000"},
		{"change PIN to nonsense", "0024008010323731383238FFFF3331FFFFFFFFFFFF 6A80; 00240080083237313832383233 6A80; 0024008210323731383238FFFF333134313539FFFF 6A88; 0024018010323731383238FFFF333134313539FFFF 6A86"},
		{"change PUK", "002400811038373635343332313131313131313131 9000; 002C0080103131313131313131333134313539FFFF 9000; 0020008008333134313539FFFF 9000"},
		{"unblock", wrong + "63C2; " + wrong + "63C1; " + wrong + "6983; 002C0080103837363534333231333134313539FFFF 9000; 00200080 63C3; 0020008008333134313539FFFF 9000"},
		{"wrong PUK counts", "002C0080103030303030303030333134313539FFFF 63C2; 002C0080103030303030303030333134313539FFFF 63C1; 002C0080103030303030303030333134313539FFFF 6983; 002C0080103837363534333231333134313539FFFF 6983"},
		{"unblock to nonsense", "002C00801038373635343332313131FFFFFFFFFFFF 6A80; 002C0081103837363534333231333134313539FFFF 6A88"},
		{"discovery", "00CB3FFF035C017E 9000 = 7E124F0BA0000003080000100001005F2F024000; 00CB3FFF035C017E08 610C = 7E124F0BA0000003; 00C000000C 9000 = 080000100001005F2F024000*"},
		{"key history", "00CB3FFF055C035FC10C 9000 = 5308C10100C20100FE00"},
		{"CCC", "00CB3FFF055C035FC107 9000 = 5337F015A000000116FF02*"},
		{"absent objects", "00CB3FFF055C035FC10B 6A82; 00CB3FFF055C035FC106 6A82; 00CB3FFF055C035FC10D 6A82; 00CB3FFF055C035FC120 6A82"},
		{"malformed object requests", "00CB3FFF045C025FC1 6A80; 00CB3FFF025C00 6A80; 00CB3FFF035C017D 6A80; 00CB3FFF065C035FC1050 6700; 00CB3FFF065C035FC10500 6A80; 00CB0000055C035FC105 6A86"},
		{"printed information needs the PIN", "00CB3FFF055C035FC109 6982; " + verify + "; 00CB3FFF055C035FC109 9000 = 53*"},
		{"GET RESPONSE without anything waiting", "00C0000000 6985"},
		{"a command in between drops the rest", "00CB3FFF055C035FC10508 61*; 00200080 63C3; 00C0000000 6985"},
		{"PUT DATA needs management", "00DB3FFF095C035FC10653020102 6982; 10DB3FFF055C035FC106 9000; 00DB3FFF0453020102 6982"},
		{"GENERATE needs management", "0047009A05AC03800111 6982; 0047009B05AC03800111 6A88; 0047019A05AC03800111 6A86"},
		{"vendor instructions need management", "00FA0303 6982; 00FFFFFF 6982; 00FFFFFF03039B00 6982; 00FE119A020600 6982"},
		{"factory reset needs both blocked", "00FB0000 6985"},
		{"metadata of the PIN", "00F7008000 9000 = 0101FF0501000602030 3; " + wrong + "63C2; 00F7008000 9000 = 0101FF05010006020302"},
		{"metadata of the PUK and management key", "00F7008100 9000 = 0101FF05010006020303; 00F7009B00 9000 = 010103020200010501 01"},
		{"metadata of keys", "00F7009A00 9000 = 0101110202020103010104 43864104*; 00F7009C00 9000 = 0101110202030103010104438641*; 00F7009D00 6A88; 00F7019A00 6A86"},
		{"attestation of an empty slot", "00F99D0000 6A88; 00F99A0100 6A86; 00F99B0000 6A88"},
		{"sign without PIN", "0087119A0A7C0882008104DEADBEEF 6982"},
		{"sign with 9A again and again", verify + "; 0087119A0A7C0882008104DEADBEEF 9000 = 7C*; 0087119A0A7C0882008104DEADBEEF 9000 = 7C*"},
		{"tags in the other order", verify + "; 0087119A0A7C088104DEADBEEF8200 9000 = 7C*"},
		{"sign after de-authentication", verify + "; 0020FF80 9000; 0087119A0A7C0882008104DEADBEEF 6982"},
		{"algorithm of another key", verify + "; 0087149A0A7C0882008104DEADBEEF 6A80; 0087079A0A7C0882008104DEADBEEF 6A80"},
		{"sign with an empty slot", verify + "; 0087119D0A7C0882008104DEADBEEF 6A88; 0087118A0A7C0882008104DEADBEEF 6A88; 008711F90A7C0882008104DEADBEEF 6A88"},
		{"malformed templates", verify + "; 0087119A027C00 6A80; 0087119A047C028200 6A80; 0087119A067C0481028200 6A80; 0087119A067C0482008100 6A80; 0087119A0A7D0882008104DEADBEEF 6A80; 0087119A0A7C0882008104DEADBEEF00 9000"},
		{"digest longer than the field", verify + "; 0087119A277C2582008121" + strings.Repeat("AA", 33) + " 6A80"},
		{"point that is none", verify + "; 0087119A477C4582008541" + strings.Repeat("04", 65) + " 6A80"},
		{"9C needs VERIFY immediately before", verify + "; 0087119C0A7C0882008104DEADBEEF 9000; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C after another command", verify + "; 00CB3FFF035C017E 9000; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C after a query", verify + "; 00200080 9000; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C after GET RESPONSE", verify + "; 00C0000000 6985; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C after a signature with 9A", verify + "; 0087119A0A7C0882008104DEADBEEF 9000; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C after malformed bytes", verify + "; 00 6700; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"9C in a chain", verify + "; 1087119C047C088200 9000; 0087119C068104DEADBEEF 9000 = 7C*; 0087119C0A7C0882008104DEADBEEF 6982"},
		{"chain broken by another instruction", verify + "; 1087119A047C088200 9000; 00200080 9000; 0087119A068104DEADBEEF 6A80"},
		{"chain broken by another slot", verify + "; 1087119A047C088200 9000; 0087119C068104DEADBEEF 6A80"},
		{"chaining where there is none", "1020008008323731383238FFFF 6884; 10A4040005A000000308 6884; 00200080 63C3"},
		{"extended length", verify + "; 0087119A00000A7C0882008104DEADBEEF0000 9000 = 7C*; 0087119A00000A7C0882008104DEADBEEF 9000 = 7C*"},
		{"management with another algorithm", "00870C9B047C028000 6A80; 0087089B047C028000 6A80; 0087119B047C028000 6A80"},
		{"management answer without a question", "0087039B167C148008000000000000000081080000000000000000 6982; 0087039B0C7C0A82080000000000000000 6982"},
		{"management malformed", "0087039B027C00 6A80; 0087039B047C028200 6A80; 0087039B067C0480008100 6A80"},
	}
	ca := newCA(t)
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			c := newCard(t, card.Spec{CA: ca, PUK: "87654321", Serial: 1234567})
			h := host{t: t, c: c}
			if !strings.HasPrefix(row.name, "unselected") {
				h.do(selectPIV, 0x9000)
			}
			for _, line := range strings.Split(row.script, ";") {
				h.line(strings.TrimSpace(line))
			}
		})
	}
}

// line runs one line of a script.
func (h host) line(line string) {
	h.t.Helper()
	switch line {
	case "reset":
		h.c.Reset()
		return
	case "off/on":
		h.c.PowerOff()
		if r := h.c.Respond([]byte{0, 0xFD, 0, 0}); r != nil {
			h.t.Fatalf("a card without power answers %X", r)
		}
		h.c.PowerOn()
		return
	}
	left, data, hasData := strings.Cut(line, "=")
	f := strings.Fields(left)
	apdu, sw := strings.Join(f[:len(f)-1], ""), f[len(f)-1]
	b, err := hex.DecodeString(apdu)
	if err != nil {
		b, err = hex.DecodeString(apdu[:len(apdu)-1]) // half a byte too many: a command cut short
	}
	if err != nil {
		h.t.Fatal(err)
	}
	out, got := h.raw(b)
	if want, prefix := strings.CutSuffix(sw, "*"); !strings.HasPrefix(strings.ToUpper(hex.EncodeToString([]byte{byte(got >> 8), byte(got)})), want) || (!prefix && len(want) != 4) {
		h.t.Fatalf("%s: status %04X, want %s", apdu, got, sw)
	}
	if !hasData {
		return
	}
	want, prefix := strings.CutSuffix(strings.ReplaceAll(data, " ", ""), "*")
	w, err := hex.DecodeString(want)
	if err != nil {
		h.t.Fatal(err)
	}
	if !bytes.HasPrefix(out, w) || (!prefix && len(out) != len(w)) {
		h.t.Fatalf("%s: answer %X, want %s", apdu, out, data)
	}
}
