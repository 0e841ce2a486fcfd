package card

import (
	"fmt"
	"time"
)

// Action is what a Rule does.
type Action string

// Actions. CloseBefore and CloseAfter pull the card: before the command is
// carried out, or after it but before the answer.
const (
	CloseBefore Action = "close-before"
	CloseAfter  Action = "close-after"
	Hang        Action = "hang"     // answer after For; negative: never
	Truncate    Action = "truncate" // only the first Keep bytes of the answer, status word included
	WrongSW     Action = "wrong-sw" // no data, status word SW
)

// Rule is a fault at a chosen command. Of a chained command only the last part
// counts, so a rule meets a command once.
type Rule struct {
	INS   byte          `json:"ins"`             // instruction; 0 meets every instruction
	P2    byte          `json:"p2,omitempty"`    // second parameter, for example the slot; 0 meets every value
	Skip  int           `json:"skip,omitempty"`  // let so many pass first
	Times int           `json:"times,omitempty"` // then strike so many times; 0 means always
	Do    Action        `json:"do"`
	For   time.Duration `json:"for_ns,omitempty"`
	Keep  int           `json:"keep,omitempty"`
	SW    uint16        `json:"sw,omitempty"`
}

// Faults are the switches of a card. The zero value is a healthy card of the
// YubiKey class. They may be changed at any time with SetFaults.
type Faults struct {
	Rules []Rule `json:"rules,omitempty"` // the first that meets the command strikes

	// Another kind of card.
	Plain            bool `json:"plain,omitempty"`               // no vendor instructions at all (F7 to FF), no AA/AB in GENERATE: a plain SP 800-73 card
	NoVersion        bool `json:"no_version,omitempty"`          // only FD is missing
	NoAttestation    bool `json:"no_attestation,omitempty"`      // F9 answers 6D00
	T0               bool `json:"t0,omitempty"`                  // ATR offers T=0 only; a command with data is answered by 61xx, the answer is fetched
	NotPIV           bool `json:"not_piv,omitempty"`             // SELECT of the PIV application answers 6A82
	Gzip             bool `json:"gzip,omitempty"`                // certificates are read compressed (CertInfo 01)
	ClearPINOnSelect bool `json:"clear_pin_on_select,omitempty"` // SELECT forgets PIN and management authentication
	DropOnUnknownAID bool `json:"drop_on_unknown_aid,omitempty"` // SELECT of another application ends the selection
	LastTrySaysC0    bool `json:"last_try_says_c0,omitempty"`    // the failure that blocks says 63C0 instead of 6983

	// Broken or hostile.
	FlipSignatureBit bool `json:"flip_signature_bit,omitempty"`
	Clone            bool `json:"clone,omitempty"`        // another key of the same type signs under the same certificate
	EndlessMore      bool `json:"endless_more,omitempty"` // GET RESPONSE never ends
	GzipBomb         bool `json:"gzip_bomb,omitempty"`    // certificates unpack to bombSize bytes
	BadTLV           bool `json:"bad_tlv,omitempty"`      // lengths inside certificates point past their end
}

// Check refuses a plan that cannot be carried out.
func (f Faults) Check() error {
	for i, r := range f.Rules {
		switch r.Do {
		case CloseBefore, CloseAfter, WrongSW:
		case Hang:
			if r.For == 0 {
				return fmt.Errorf("cannot use rule %d: hang needs a time", i)
			}
		case Truncate:
			if r.Keep < 0 {
				return fmt.Errorf("cannot use rule %d: keep is negative", i)
			}
		default:
			return fmt.Errorf("cannot use rule %d: unknown action %q", i, r.Do)
		}
		if r.Skip < 0 || r.Times < 0 {
			return fmt.Errorf("cannot use rule %d: skip and times cannot be negative", i)
		}
	}
	return nil
}

// matchRule finds the rule that strikes at cmd and counts it.
func (c *Card) matchRule(cmd command) *Rule {
	for i := range c.faults.Rules {
		r := &c.faults.Rules[i]
		if (r.INS != 0 && r.INS != cmd.ins) || (r.P2 != 0 && r.P2 != cmd.p2) {
			continue
		}
		n := c.met[i]
		c.met[i]++
		if n < r.Skip || (r.Times > 0 && n >= r.Skip+r.Times) {
			continue
		}
		return r
	}
	return nil
}

// apply alters a reply.
func (r *Rule) apply(in Reply) Reply {
	switch r.Do {
	case CloseAfter:
		return Reply{Gone: true}
	case Hang:
		in.Hang = r.For
	case Truncate:
		in.Data = in.Data[:min(r.Keep, len(in.Data))]
	case WrongSW:
		in.Data = status(r.SW)
	}
	return in
}
