package card

import (
	"time"
)

// Status words: SP 800-73-5 part 1, table 6, and ISO/IEC 7816-4, section 5.6.
const (
	swOK             = 0x9000
	swMore           = 0x6100
	swTries          = 0x63C0
	swLength         = 0x6700
	swNoChaining     = 0x6884
	swSecurity       = 0x6982
	swBlocked        = 0x6983
	swConditions     = 0x6985
	swData           = 0x6A80
	swNotFound       = 0x6A82
	swMemory         = 0x6A84
	swParameters     = 0x6A86
	swReference      = 0x6A88
	swInstruction    = 0x6D00
	swClass          = 0x6E00
	swInternal       = 0x6F00
	maxChain         = 16 << 10 // bytes of one joined command
	maxTrace         = 512      // bytes of one message shown to a trace
	insVerify        = 0x20
	insChangePIN     = 0x24
	insResetRetry    = 0x2C
	insGenerate      = 0x47
	insAuthenticate  = 0x87
	insSelect        = 0xA4
	insGetResponse   = 0xC0
	insGetData       = 0xCB
	insPutData       = 0xDB
	insMetadata      = 0xF7
	insSerial        = 0xF8
	insAttest        = 0xF9
	insSetRetries    = 0xFA
	insFactoryReset  = 0xFB
	insVersion       = 0xFD
	insImport        = 0xFE
	insSetManagement = 0xFF
)

// command is a parsed APDU (ISO/IEC 7816-4, section 5.2).
type command struct {
	cla, ins, p1, p2 byte
	data             []byte
	ne               int // bytes the host will take; 256 when it did not say
}

// parseCommand reads the four short cases and the extended ones.
func parseCommand(b []byte) (command, bool) {
	if len(b) < 4 {
		return command{}, false
	}
	c := command{cla: b[0], ins: b[1], p1: b[2], p2: b[3], ne: 256}
	body := b[4:]
	switch {
	case len(body) == 0:
		return c, true
	case len(body) == 1:
		c.ne = expected(int(body[0]), 256)
		return c, true
	case body[0] != 0:
		n := int(body[0])
		if len(body) == n+2 {
			c.ne = expected(int(body[n+1]), 256)
		} else if len(body) != n+1 {
			return c, false
		}
		c.data = body[1 : 1+n]
		return c, true
	case len(body) == 3: // extended, no data
		c.ne = expected(int(body[1])<<8|int(body[2]), 65536)
		return c, true
	case len(body) == 2: // some hosts write Lc 00 Le 00 for "no data"
		c.ne = expected(int(body[1]), 256)
		return c, true
	}
	n := int(body[1])<<8 | int(body[2])
	if n == 0 {
		return c, false
	}
	switch len(body) {
	case n + 3:
	case n + 5:
		c.ne = expected(int(body[n+3])<<8|int(body[n+4]), 65536)
	default:
		return c, false
	}
	c.data = body[3 : 3+n]
	return c, true
}

func expected(le, zero int) int {
	if le == 0 {
		return zero
	}
	return le
}

// volatile is what a reset forgets.
type volatile struct {
	selected   bool
	verified   bool // PIN verified
	fresh      bool // ... by the command just before
	management bool // 9B authenticated
	witness    []byte
	challenge  []byte
	chain      []byte
	chained    bool
	chainHead  [3]byte // ins, p1, p2 of the chain
	out        []byte  // rest of a long answer
}

func (v *volatile) dropChain() { v.chain, v.chained = nil, false }

// Reply is what the card says to one command.
type Reply struct {
	Data []byte        // answer with SW1 SW2 at its end, as far as a fault left it
	Hang time.Duration // time the card takes before it answers; negative: until its faults are changed or it loses power
	Gone bool          // the card left the reader; there is no answer
}

// Respond answers one command APDU with data and status word. It returns nil
// when the card has no power or left the reader. It waits while a fault lets
// the card hang.
func (c *Card) Respond(apdu []byte) []byte {
	r, release := c.exchange(apdu)
	if r.Gone {
		return nil
	}
	if !hang(r.Hang, release, nil) || c.silent() {
		return nil
	}
	return r.Data
}

// Exchange answers like Respond but leaves waiting and leaving to the caller.
func (c *Card) Exchange(apdu []byte) Reply {
	r, _ := c.exchange(apdu)
	return r
}

// hang waits d, or for ever when d is negative; release ends it early. False
// means that stop ended it.
func hang(d time.Duration, release, stop <-chan struct{}) bool {
	if d == 0 {
		return true
	}
	var end <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		end = t.C
	}
	select {
	case <-end:
	case <-release:
	case <-stop:
		return false
	}
	return true
}

func (c *Card) exchange(apdu []byte) (Reply, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.powered || c.gone {
		return Reply{Gone: true}, c.release
	}
	cmd, ok := parseCommand(apdu)
	var rule *Rule
	if ok && cmd.cla&0x10 == 0 {
		rule = c.matchRule(cmd)
	}
	if rule != nil && rule.Do == CloseBefore {
		c.leave()
		return Reply{Gone: true}, c.release
	}
	var out []byte
	if ok {
		out = c.run(cmd)
	} else {
		c.v.dropChain()
		c.v.fresh, c.v.out = false, nil
		out = status(swLength)
	}
	c.show(apdu, out)
	r := Reply{Data: out}
	if rule != nil {
		r = rule.apply(r)
	}
	if r.Gone {
		c.leave()
	}
	return r, c.release
}

func status(sw uint16) []byte { return []byte{byte(sw >> 8), byte(sw)} }

// run joins chains, executes and splits.
func (c *Card) run(cmd command) []byte {
	v := &c.v
	if cmd.cla != 0x00 && cmd.cla != 0x10 {
		v.dropChain()
		v.fresh, v.out = false, nil
		return status(swClass)
	}
	if cmd.ins == insGetResponse {
		v.dropChain()
		v.fresh = false
		return c.more(cmd)
	}
	v.out = nil
	head := [3]byte{cmd.ins, cmd.p1, cmd.p2}
	if v.chained && v.chainHead != head {
		v.dropChain()
	}
	if cmd.cla == 0x10 {
		return c.collect(cmd, head)
	}
	if v.chained {
		cmd.data = append(v.chain, cmd.data...)
		v.dropChain()
		if len(cmd.data) > maxChain {
			v.fresh = false
			return status(swLength)
		}
	}
	data, sw := c.execute(cmd)
	if cmd.ins != insVerify {
		v.fresh = false
	}
	if c.faults.T0 && len(cmd.data) > 0 {
		cmd.ne = 0 // T=0 sends or fetches, never both: ISO/IEC 7816-3, section 12.2.1, case 4
	}
	return c.split(data, sw, cmd.ne)
}

// collect stores one part of a chained command (ISO/IEC 7816-4, section 5.3.3).
func (c *Card) collect(cmd command, head [3]byte) []byte {
	v := &c.v
	if cmd.ins != insAuthenticate {
		v.fresh = false
	}
	switch cmd.ins {
	case insAuthenticate, insPutData, insImport, insGenerate:
	default:
		return status(swNoChaining)
	}
	if len(v.chain)+len(cmd.data) > maxChain {
		v.dropChain()
		return status(swLength)
	}
	v.chained, v.chainHead = true, head
	v.chain = append(v.chain, cmd.data...)
	return status(swOK)
}

// split hands out the first ne bytes and keeps the rest for GET RESPONSE.
func (c *Card) split(data []byte, sw uint16, ne int) []byte {
	if sw != swOK {
		return status(sw)
	}
	if len(data) <= ne {
		return append(append(make([]byte, 0, len(data)+2), data...), 0x90, 0x00)
	}
	c.v.out = append([]byte(nil), data[ne:]...)
	return append(append(make([]byte, 0, ne+2), data[:ne]...), byte(swMore>>8), c.rest())
}

// rest is SW2 of 61xx: bytes waiting, 00 for 256 and more.
func (c *Card) rest() byte {
	if n := len(c.v.out); n < 256 {
		return byte(n)
	}
	return 0
}

// more answers GET RESPONSE.
func (c *Card) more(cmd command) []byte {
	if c.faults.EndlessMore && len(c.v.out) > 0 {
		return append(make([]byte, 256), byte(swMore>>8), 0)
	}
	if len(c.v.out) == 0 {
		return status(swConditions)
	}
	out := c.v.out
	c.v.out = nil
	return c.split(out, swOK, cmd.ne)
}

// execute runs a whole command. Before the applet is selected only SELECT
// works.
func (c *Card) execute(cmd command) ([]byte, uint16) {
	if cmd.ins == insSelect {
		return c.selectApplet(cmd)
	}
	if !c.v.selected {
		if cmd.ins == insGetData {
			return nil, swNotFound
		}
		return nil, swInstruction
	}
	switch cmd.ins {
	case insVerify:
		return c.verify(cmd)
	case insChangePIN:
		return c.change(cmd)
	case insResetRetry:
		return c.unblock(cmd)
	case insGetData:
		return c.getData(cmd)
	case insPutData:
		return c.putData(cmd)
	case insAuthenticate:
		return c.authenticate(cmd)
	case insGenerate:
		return c.generate(cmd)
	}
	return c.vendor(cmd)
}

// pivAID: SP 800-73-5 part 1, section 2.2: RID, application, version 1.0.
var pivAID = []byte{0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00}

// selectApplet: SP 800-73-5 part 2, section 3.1.1. A partial AID of at least the
// five bytes of the RID selects too.
func (c *Card) selectApplet(cmd command) ([]byte, uint16) {
	if cmd.p1 != 0x04 || cmd.p2 != 0x00 {
		return nil, swParameters
	}
	n := len(cmd.data)
	if c.faults.NotPIV || n < 5 || n > len(pivAID) || string(cmd.data) != string(pivAID[:n]) {
		if c.faults.DropOnUnknownAID {
			c.v = volatile{}
		}
		return nil, swNotFound
	}
	if c.faults.ClearPINOnSelect {
		c.v = volatile{}
	}
	c.v.selected = true
	return tlv(0x61, tlv(0x4F, pivAID[5:]), tlv(0x79, tlv(0x4F, pivAID[:5]))), swOK
}
