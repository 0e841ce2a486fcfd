package card_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"testing"

	bench "sexton/bench/card"
	"sexton/token"
	"sexton/token/card"
)

// Every kind of PIV card we know must work through the same client.
func TestAnyCard(t *testing.T) {
	for name, s := range map[string]bench.Spec{
		"P-256":             {},
		"P-384":             {Key9A: bench.P384, Key9C: bench.P384},
		"RSA-2048":          {Key9A: bench.RSA2048, Key9C: bench.RSA2048},
		"RSA-3072":          {Key9A: bench.RSA3072, Key9C: bench.P384},
		"no vendor command": {Faults: bench.Faults{Plain: true}},
		"T=0":               {Key9C: bench.RSA2048, Faults: bench.Faults{T0: true, Plain: true}},
		"gzip":              {Key9A: bench.RSA2048, Faults: bench.Faults{Gzip: true}},
		"forgetful SELECT":  {Faults: bench.Faults{ClearPINOnSelect: true, DropOnUnknownAID: true}},
		"without CHUID":     {FlawCard: bench.CHUIDMissing},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCard(t, s)
			h := &host{c: c, t0: s.Faults.T0}
			k, ctx := card.New(h), context.Background()
			_, left, err := k.Fresh(ctx)
			if err != nil || left != 3 {
				t.Fatalf("Fresh: %d, %v", left, err)
			}
			id, err := k.ReadIdentity(ctx)
			if err != nil {
				t.Fatal(err)
			}
			checkIdentity(t, id, c, s)
			if err := k.Verify(ctx, mustPIN(t, goodPIN), left); err != nil {
				t.Fatal(err)
			}
			signAndJudge(t, k, token.SlotAuth, id.Auth)
			if err := k.Verify(ctx, mustPIN(t, goodPIN), card.Verified); err != nil {
				t.Fatal(err)
			}
			signAndJudge(t, k, token.SlotSign, id.Sign)
			if _, err := k.Sign(ctx, token.SlotSign, id.Sign, []byte("again")); token.KindOf(err) != token.PINNeeded {
				t.Errorf("9C without VERIFY just before: %v", err)
			}
		})
	}
}

func checkIdentity(t *testing.T, id token.Identity, c *bench.Card, s bench.Spec) {
	t.Helper()
	if s.FlawCard == bench.CHUIDMissing {
		if id.GUID != "" || id.FASCN != nil || !id.CHUIDExpires.IsZero() {
			t.Errorf("identity out of nothing: %+v", id)
		}
	} else if id.GUID != c.GUID() || hex.EncodeToString(id.FASCN) != hex.EncodeToString(c.FASCN()) || id.CHUIDExpires.IsZero() {
		t.Errorf("GUID %s FASC-N %x expires %v, card has %s %x", id.GUID, id.FASCN, id.CHUIDExpires, c.GUID(), c.FASCN())
	}
	serial := c.Serial()
	if s.Faults.Plain {
		serial = 0
	}
	if id.Serial != serial {
		t.Errorf("serial %d, want %d", id.Serial, serial)
	}
	if !id.Auth.Equal(c.Certificate(0x9A)) || !id.Sign.Equal(c.Certificate(0x9C)) {
		t.Error("certificates differ from those on the card")
	}
}

// signAndJudge checks a signature with the standard library alone.
func signAndJudge(t *testing.T, k *card.Card, slot byte, cert *x509.Certificate) {
	t.Helper()
	message := []byte("what the person saw")
	sig, err := k.Sign(context.Background(), slot, cert, message)
	if err != nil {
		t.Fatal(err)
	}
	d256, d384 := sha256.Sum256(message), sha512.Sum384(message)
	ok := false
	switch pub := cert.PublicKey.(type) {
	case *ecdsa.PublicKey:
		digest := d256[:]
		if sig.Alg == token.ES384 {
			digest = d384[:]
		}
		ok = ecdsa.VerifyASN1(pub, digest, sig.Value)
	case *rsa.PublicKey:
		ok = rsa.VerifyPSS(pub, crypto.SHA256, d256[:], sig.Value, nil) == nil && sig.Alg == token.PS256
	}
	if !ok {
		t.Errorf("slot %X: %s signature does not verify", slot, sig.Alg)
	}
}

func TestPINTries(t *testing.T) {
	c := mustCard(t, bench.Spec{})
	k, ctx := card.New(&host{c: c}), context.Background()
	try := func(pin string, last bool) error {
		_, left, err := k.Fresh(ctx)
		if err != nil {
			t.Fatal(err)
		}
		p := mustPIN(t, pin)
		p.AllowLastTry = last
		return k.Verify(ctx, p, left)
	}
	if e := wantKind(t, try("999998", false), token.PINWrong); e.Left != 2 || e.SW != 0x63C2 {
		t.Errorf("first wrong PIN: %v", e)
	}
	if e := wantKind(t, try("999998", false), token.PINWrong); e.Left != 1 {
		t.Errorf("second wrong PIN: %v", e)
	}
	wantKind(t, try(goodPIN, false), token.LastTry)
	if c.TriesLeft() != 1 {
		t.Fatalf("a refused last try was used up: %d left", c.TriesLeft())
	}
	if err := try(goodPIN, true); err != nil || c.TriesLeft() != 3 {
		t.Fatalf("right PIN on the last try: %v, %d left", err, c.TriesLeft())
	}
	for range 3 {
		_ = try("999998", true)
	}
	wantKind(t, try(goodPIN, true), token.PINBlocked)
}

// A blocked card must not see another VERIFY with data.
func TestBlockedCardIsNotAsked(t *testing.T) {
	c := mustCard(t, bench.Spec{PINLeft: -1})
	h := &host{c: c}
	k, ctx := card.New(h), context.Background()
	_, left, err := k.Fresh(ctx)
	if err != nil || left != 0 {
		t.Fatalf("%d, %v", left, err)
	}
	wantKind(t, k.Verify(ctx, mustPIN(t, goodPIN), left), token.PINBlocked)
	for _, cmd := range h.sent {
		if cmd[1] == 0x20 && len(cmd) > 5 {
			t.Errorf("a PIN was sent: %X", cmd[:5])
		}
	}
}

// A verified card takes a wrong PIN for a right one unless it is made to forget first.
func TestFreshForgetsThePIN(t *testing.T) {
	for _, ignore := range []bool{false, true} {
		h := &host{c: mustCard(t, bench.Spec{}), ignoreFF: ignore}
		k, ctx := card.New(h), context.Background()
		if _, left, err := k.Fresh(ctx); err != nil {
			t.Fatal(err)
		} else if err := k.Verify(ctx, mustPIN(t, goodPIN), left); err != nil {
			t.Fatal(err)
		}
		if left, err := k.TriesLeft(ctx); err != nil || left != card.Verified {
			t.Fatalf("the fixture is not verified: %d, %v", left, err)
		}
		_, left, err := k.Fresh(ctx)
		if err != nil || left != 3 {
			t.Fatalf("ignoring %v: %d, %v", ignore, left, err)
		}
		if want := map[bool]int{true: 1}[ignore]; h.resets != want {
			t.Errorf("ignoring %v: %d resets, want %d", ignore, h.resets, want)
		}
		id, err := k.ReadIdentity(ctx)
		if err != nil {
			t.Fatal(err)
		}
		_, err = k.Sign(ctx, token.SlotAuth, id.Auth, []byte("x"))
		wantKind(t, err, token.PINNeeded)
	}
}

// What a broken or hostile card does must end in a typed error, never in a signature.
func TestHostileCards(t *testing.T) {
	read := func(k *card.Card) error {
		_, err := k.ReadIdentity(context.Background())
		return err
	}
	for name, row := range map[string]struct {
		faults bench.Faults
		slot   byte
		kind   token.Kind
	}{
		"not PIV":           {faults: bench.Faults{NotPIV: true}, kind: token.NotPIV},
		"endless 61xx":      {faults: bench.Faults{EndlessMore: true}, kind: token.Protocol},
		"gzip bomb":         {faults: bench.Faults{GzipBomb: true}, kind: token.Protocol},
		"malformed TLV":     {faults: bench.Faults{BadTLV: true}, kind: token.Protocol},
		"truncated":         {faults: bench.Faults{Rules: []bench.Rule{{INS: 0xCB, Do: bench.Truncate, Keep: 9}}}, kind: token.Protocol},
		"cut to nothing":    {faults: bench.Faults{Rules: []bench.Rule{{INS: 0xCB, Do: bench.Truncate, Keep: 0}}}, kind: token.Protocol},
		"odd status":        {faults: bench.Faults{Rules: []bench.Rule{{INS: 0xCB, Do: bench.WrongSW, SW: 0x6F00}}}, kind: token.Protocol},
		"flipped bit":       {faults: bench.Faults{FlipSignatureBit: true}, slot: 0x9A, kind: token.Mismatch},
		"clone":             {faults: bench.Faults{Clone: true}, slot: 0x9A, kind: token.Mismatch},
		"clone 9C":          {faults: bench.Faults{Clone: true}, slot: 0x9C, kind: token.Mismatch},
		"signature cut":     {faults: bench.Faults{Rules: []bench.Rule{{INS: 0x87, Do: bench.Truncate, Keep: 20}}}, slot: 0x9A, kind: token.Protocol},
		"leaves at signing": {faults: bench.Faults{Rules: []bench.Rule{{INS: 0x87, Do: bench.CloseBefore}}}, slot: 0x9A, kind: token.Removed},
	} {
		t.Run(name, func(t *testing.T) {
			c := mustCard(t, bench.Spec{})
			h := &host{c: c}
			k, ctx := card.New(h), context.Background()
			if row.slot == 0 {
				if err := c.SetFaults(row.faults); err != nil {
					t.Fatal(err)
				}
				_, _, err := k.Fresh(ctx)
				if err == nil {
					err = read(k)
				}
				wantKind(t, err, row.kind)
				return
			}
			if _, _, err := k.Fresh(ctx); err != nil {
				t.Fatal(err)
			}
			if err := c.SetFaults(row.faults); err != nil {
				t.Fatal(err)
			}
			if err := k.Verify(ctx, mustPIN(t, goodPIN), 3); err != nil {
				t.Fatal(err)
			}
			s, err := k.Sign(ctx, row.slot, c.Certificate(row.slot), []byte("x"))
			wantKind(t, err, row.kind)
			if s.Value != nil {
				t.Error("an error came with a signature")
			}
		})
	}
}

// Keys outside the supported sizes are named before a card is asked to use them.
func TestKeysWeDoNotUse(t *testing.T) {
	c := mustCard(t, bench.Spec{Key9A: bench.RSA1024, Key9C: bench.RSA4096})
	for _, slot := range []byte{0x9A, 0x9C} {
		wantKind(t, card.Supported(c.Certificate(slot)), token.WrongCard)
	}
	wantKind(t, card.Supported(nil), token.WrongCard)
}
